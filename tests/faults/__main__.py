"""`python -m tests.faults [--rounds N] [--only NAME,..] [--anew]`: downloads under faults; writes docs/faults.md.

One round adds a few downloads, brings the fault about at a random moment, lets the service recover, and looks at each item.
Each round is added to the page's figures as it ends, and a fault is played until its row has N rounds: a command that was
interrupted goes on where it ended.
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
from tests.faults.page import find_row, table, write_row
from tests.faults.play import play
from tests.faults.registry import FAULTS


def _play(fault: Fault, options: argparse.Namespace) -> Figures:
    place = Path(tempfile.mkdtemp(prefix=f"dlambda-{fault.name}-"))
    earlier = None if options.anew or options.no_page else find_row(fault.name)
    played = earlier["rounds"] if earlier else 0

    def note(figures: Figures, seconds: float) -> None:
        wrong = sum(map(len, figures.problems.values()))
        text = f"{fault.name} {played + figures.rounds}/{options.rounds}: {seconds:.0f} s, problems so far: {wrong}"
        print(text, flush=True)
        if not options.no_page:
            write_row(figures, earlier)

    rounds = max(0, options.rounds - played)
    figures = play(fault, rounds, options.seed, place, note) if rounds else Figures(fault.name)
    print(figures.report() + ("" if figures.is_good else f"\nkept in {place}"), flush=True)
    if figures.is_good:
        shutil.rmtree(place, ignore_errors=True)
    return figures


def main() -> int:
    """Reads the command line; 1 when anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--rounds", type=int, default=20, help="of each fault, those of the page included")
    parser.add_argument("--only", default="", help=f"some of {', '.join(fault.name for fault in FAULTS)}")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 32))
    parser.add_argument("--anew", action="store_true", help="forget the page's rounds of these faults")
    parser.add_argument("--no-page", action="store_true", help="leave docs/faults.md as it is, and count nothing of it")
    options = parser.parse_args()
    names = options.only.split(",") if options.only else [fault.name for fault in FAULTS]
    if disk.DISK.name in names and not disk.may_mount():
        return disk.run_in_namespace()
    print(f"seed {options.seed}, load of the machine {os.getloadavg()[0]:.1f}", flush=True)
    results = [_play(fault, options) for fault in FAULTS if fault.name in names]
    print(table(results))
    return 0 if all(figures.is_good for figures in results) else 1


if __name__ == "__main__":
    sys.exit(main())
