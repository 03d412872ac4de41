"""The history of measurements, a line of JSON each, and `docs/benchmarks.md`, which is made of it.

`python -m tests.bench.history` writes the page anew.
"""

import json
import os
import platform
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from tests.bench.figures import Figure, short

_DOCS: Final = Path(__file__).parents[2] / "docs"
FILE: Final = _DOCS / "benchmarks.jsonl"
PAGE: Final = _DOCS / "benchmarks.md"
PICTURES: Final = _DOCS / "pictures"
_NUMBER: Final = re.compile(r"[\d,]+(?:\.\d+)?")
_HEAD: Final = """# Benchmarks

Made by `make bench ARGS=--record` from [benchmarks.jsonl](benchmarks.jsonl), which keeps the figures of every recorded run.

The reference is the best known server of the same API: one asyncio process with SQLite and plain files, measured on the same
kind of machine by the same clients, on another day; of the key API its own reference server. What both did in the same minutes
stands below ("In turns"). "Better by" is how many times
the reference's figure is worse than ours: above 1 we are ahead. "Before" is the run before, of whatever machine. A loaded machine
makes every time longer: each run says what the load was.
"""
_IN_TURNS: Final = """Both servers on one machine in the same minutes, by the same clients, medians of five turns (`make bench ARGS="--beside URL"`, whose
URL is the other server's). Only the ratio counts here: whatever the machine does beside (its load was {load}) slows both.
"""
_PICTURES: Final[Mapping[str, str]] = {
    "flames-add.svg": "`POST /api/history`: adds of one URL each",
    "flames-page.svg": "`GET /api/history`: a page of the list",
    "flames-download.svg": "`GET /api/download/...`: a file of 2 MB",
}

Run = Mapping[str, Any]


def new_run(
    figures: Sequence[Figure], memory: Mapping[str, float], taken_at: str, load: float, *, is_in_turns: bool = False
) -> Run:
    """What is kept of a measurement. `memory`: PSS in MB by process; `load`: of the machine, before.

    `is_in_turns`: beside another server, whose figures are of the same minutes.
    """
    return {
        "in_turns": is_in_turns,
        "taken_at": taken_at,
        "commit": _commit(),
        "machine": {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "system": platform.platform(terse=True),
            "python": platform.python_version(),
            "load": round(load, 1),
        },
        "figures": [asdict(figure) for figure in figures],
        "memory_mb": {name: round(size, 1) for name, size in memory.items()},
    }


def record(run: Run) -> None:
    """Appends a run to the history, and writes the page."""
    with FILE.open("a") as file:
        file.write(json.dumps(run) + "\n")
    PAGE.write_text(page(read()))


def read() -> list[Run]:
    """All runs, the oldest first."""
    return [json.loads(line) for line in FILE.read_text().splitlines()] if FILE.exists() else []


def page(runs: Sequence[Run]) -> str:
    """The page as Markdown: for each figure its newest measurement, whichever run has it."""
    in_turns = [run for run in runs if run.get("in_turns")]
    parts = [_HEAD, "## Figures\n", _figures_table([run for run in runs if run not in in_turns])]
    if in_turns:
        parts += [
            "\n## In turns\n",
            _IN_TURNS.format(load=in_turns[-1]["machine"]["load"]),
            _figures_table(in_turns[-1:]),
        ]
    if run := next((run for run in reversed(runs) if run["memory_mb"]), None):
        parts += ["\n## Memory by process\n", f"PSS at rest, in MB ({_name(run)}).\n", _memory_table(run["memory_mb"])]
    parts += ["\n## Runs\n", _runs_table(runs)]
    pictures = [name for name in _PICTURES if (PICTURES / name).exists()]
    if pictures:
        parts.append("\n## Where the time goes\n")
        parts.append(
            "The width of a box is its part of the samples of the gateway's process; hover over one for its name.\n"
        )
        parts += [f"{_PICTURES[name]}\n\n![Flame graph](pictures/{name})\n" for name in pictures]
    return "\n".join(parts).rstrip() + "\n"


def _figures_table(runs: Sequence[Run]) -> str:
    newest: dict[str, tuple[Figure, Run]] = {}
    before: dict[str, float] = {}
    for run in runs:
        for fields in run["figures"]:
            figure = Figure(**fields)
            if figure.name in newest:
                before[figure.name] = newest[figure.name][0].value
            newest[figure.name] = (figure, run)
    lines = ["| what | ours | reference | better by | before | run |", "| --- | ---: | ---: | ---: | ---: | --- |"]
    for name, (figure, run) in newest.items():
        ratio = better_by(figure)
        cells = (
            name, f"{short(figure.value)} {figure.unit}", figure.known, f"{ratio:.2g} x" if ratio else "",
            short(before[name]) if name in before else "", _name(run),
        )  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def better_by(figure: Figure) -> float | None:
    """How many times better the figure is than the reference's; None where none is known, or in another unit."""
    match = _NUMBER.match(figure.known)
    if match is None or not figure.value:
        return None
    reference = float(match[0].replace(",", ""))
    return figure.value / reference if figure.at_least else reference / figure.value


def _memory_table(memory: Mapping[str, float]) -> str:
    lines = ["| process | PSS |", "| --- | ---: |", *(f"| {name} | {size:.1f} |" for name, size in memory.items())]
    return "\n".join([*lines, f"| all | {sum(memory.values()):.1f} |"])


def _runs_table(runs: Sequence[Run]) -> str:
    lines = ["| run | commit | machine | Python | load before |", "| --- | --- | --- | --- | ---: |"]
    for run in runs:
        machine = run["machine"]
        place = f"{machine['processor']}, {machine['cores']} cores, {machine['system']}"
        lines.append(f"| {_name(run)} | {run['commit']} | {place} | {machine['python']} | {machine['load']} |")
    return "\n".join(lines)


def _name(run: Run) -> str:
    return str(run["taken_at"])[:16].replace("T", " ")


def _commit() -> str:
    words = ["git", "-C", str(_DOCS), "describe", "--always", "--dirty"]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip() or "unknown"


def _processor() -> str:
    match = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return match[1] if match else platform.machine()


if __name__ == "__main__":
    PAGE.write_text(page(read()))
