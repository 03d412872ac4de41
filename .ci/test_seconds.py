"""Writes how long each file of tests takes, from the last `make test`: the longest begin first (tests/order.py)."""

import sys

# Written by pytest on this machine a moment ago: no stranger's document.
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "build" / "tests.xml"
LIST = ROOT / "tests" / "file_seconds.txt"
_LEAST_SECONDS = 3


def seconds_by_file(results: Path) -> Counter[str]:
    """Seconds of the tests of each file, its fixtures included."""
    seconds: Counter[str] = Counter()
    for case in ET.parse(results).iter("testcase"):  # noqa: S314
        parts = case.get("classname", "").split(".")
        while parts and not (file := Path(*parts).with_suffix(".py")).is_file():
            parts.pop()  # a class of tests
        if parts:
            seconds[str(file)] += float(case.get("time", 0))
    return seconds


def main() -> int:
    """Leaves files out that take less than three seconds."""
    if not RESULTS.exists():
        print("Run make test first: its results tell how long files take.")
        return 1
    rows = seconds_by_file(RESULTS).most_common()
    LIST.write_text("".join(f"{seconds:.0f} {file}\n" for file, seconds in rows if seconds >= _LEAST_SECONDS))
    return 0


if __name__ == "__main__":
    sys.exit(main())
