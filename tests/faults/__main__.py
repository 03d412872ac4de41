"""`python -m tests.faults [--rounds N] [--only NAME,..]`: downloads under faults; writes docs/faults.md.

One round adds a few downloads, brings the fault about at a random moment, lets the service recover, and looks at each item.
"""

import argparse
import os
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

from tests.faults import disk
from tests.faults.fault import Fault
from tests.faults.figures import Figures
from tests.faults.page import table, write_page
from tests.faults.play import play
from tests.faults.registry import FAULTS


def _play(fault: Fault, options: argparse.Namespace) -> Figures:
    place = Path(tempfile.mkdtemp(prefix=f"dlambda-{fault.name}-"))

    def say(figures: Figures, seconds: float) -> None:
        wrong = sum(map(len, figures.problems.values()))
        text = f"{fault.name} {figures.rounds}/{options.rounds}: {seconds:.0f} s, problems so far: {wrong}"
        print(text, flush=True)

    figures = play(fault, options.rounds, options.seed, place, say)
    print(figures.report() + ("" if figures.is_good else f"\nkept in {place}"), flush=True)
    if figures.is_good:
        shutil.rmtree(place, ignore_errors=True)
    return figures


def main() -> int:
    """Reads the command line; 1 when anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--rounds", type=int, default=20, help="of each fault")
    parser.add_argument("--only", default="", help=f"some of {', '.join(fault.name for fault in FAULTS)}")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 32))
    parser.add_argument("--no-page", action="store_true", help="leave docs/faults.md as it is")
    options = parser.parse_args()
    names = options.only.split(",") if options.only else [fault.name for fault in FAULTS]
    if disk.DISK.name in names and not disk.may_mount():
        return disk.run_in_namespace()
    print(f"seed {options.seed}, load of the machine {os.getloadavg()[0]:.1f}", flush=True)
    results = [_play(fault, options) for fault in FAULTS if fault.name in names]
    if not options.no_page:
        write_page(results)
    print(table(results))
    return 0 if all(figures.is_good for figures in results) else 1


if __name__ == "__main__":
    sys.exit(main())
