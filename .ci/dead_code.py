"""Prints code that nothing outside the tests uses, as vulture sees it; exit status 1 when there is any.

Fields of bodies and answers (`*schemas.py`) are read by pydantic: unused variables there are not reported.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from vulture import Vulture
from vulture.config import make_config
from vulture.core import Item

ROOT = Path(__file__).resolve().parent.parent


def unused() -> Iterator[Item]:
    """The reports, by file; paths, exceptions and confidence come from `pyproject.toml`."""
    config = make_config(["--config", str(ROOT / "pyproject.toml")])
    scanner = Vulture(ignore_names=config["ignore_names"], ignore_decorators=config["ignore_decorators"])
    scanner.scavenge([str(ROOT / path) for path in config["paths"]])
    for item in scanner.get_unused_code(min_confidence=config["min_confidence"]):
        if not (item.typ == "variable" and Path(item.filename).name.endswith("schemas.py")):
            yield item


def main() -> int:
    """Prints each report as `path:line: message`."""
    reports = [item.get_report() for item in unused()]
    print(*reports, sep="\n", end="\n" if reports else "")
    return 1 if reports else 0


if __name__ == "__main__":
    sys.exit(main())
