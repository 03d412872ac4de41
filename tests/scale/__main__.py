"""`python -m tests.scale [--callers 1,16,64,256,1000]`: how many items a second the store moves on DynamoDB.

Simulates it (tests/scale/simulation.py), and writes `docs/scale/today.json`, the picture and the tables of
`docs/scale.md`, beside the figures of earlier designs that are kept there.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from tests.scale.picture import picture, table, units_table
from tests.scale.simulation import Result, simulate
from tests.stack import environment

_DOCS = Path(__file__).parents[2] / "docs"
_RUNS = _DOCS / "scale"
_TODAY = "today"
_NAMES = {"one-list": "one list, one row of slots", _TODAY: "today"}
_BEGIN, _END = "<!-- figures -->", "<!-- end of figures -->"
_MOST_WORKERS = "100000"  # no limit of workers is to be met
_MOST_LIVES = 64


def _simulate_all(callers: Sequence[int], options: argparse.Namespace) -> list[Result]:
    results = []
    limits = {"YTP_MAX_WORKERS": _MOST_WORKERS, "YTP_MAX_WORKERS_PER_EXTRACTOR": _MOST_WORKERS}
    for number in callers:
        began = time.monotonic()
        lives = max(options.lives, _MOST_LIVES // number)
        with environment(limits | {"DLAMBDA_INDEX_SPREAD": "3"}):
            result = simulate(number, lives, options.latency / 1000, options.seconds, options.seed)
        results.append(result)
        print(f"simulated {result.virtual_seconds:.1f} s in {time.monotonic() - began:.0f} s", flush=True)
        print(json.dumps(asdict(result)) if options.verbose else table([result]).splitlines()[-1], flush=True)
    return results


def _write_page() -> None:
    """The page and its picture, of the figures of all designs."""
    runs = {
        name: [Result(**values) for values in json.loads(path.read_text())]
        for stem, name in _NAMES.items()
        if (path := _RUNS / f"{stem}.json").exists()
    }
    (_RUNS / "callers.svg").write_text(picture(runs))
    page = _DOCS / "scale.md"
    head, _, rest = page.read_text().partition(_BEGIN)
    page.write_text(head + _BEGIN + _figures(runs) + _END + rest.partition(_END)[2])


def _figures(runs: Mapping[str, Sequence[Result]]) -> str:
    parts = [f"**{name}**\n\n{table(results)}" for name, results in runs.items()]
    return (
        "\n\n" + "\n\n".join([*parts, "Write units of an item by table, with one caller:", units_table(runs)]) + "\n\n"
    )


def main() -> int:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.scale")
    parser.add_argument("--callers", default="1,16,64,256,1000")
    parser.add_argument("--lives", type=int, default=2, help="items of each caller, one after another")
    parser.add_argument("--latency", type=float, default=12.0, help="milliseconds of a request, give or take a tenth")
    parser.add_argument("--seconds", type=float, default=10.0, help="simulated ones after which the rest is left")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-page", action="store_true", help="leave docs/scale.md as it is")
    parser.add_argument("--verbose", action="store_true", help="print everything that is known of each run")
    options = parser.parse_args()
    print(f"load of the machine: {os.getloadavg()[0]:.1f}", flush=True)
    results = _simulate_all([int(number) for number in options.callers.split(",")], options)
    if not options.no_page:
        document = [asdict(result) for result in results]
        (_RUNS / f"{_TODAY}.json").write_text(json.dumps(document, indent=1) + "\n")
        _write_page()
    print(table(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
