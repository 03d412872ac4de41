"""NOTICE: what is installed or shipped beside our own code, with its licence. `--write` writes its list of packages
anew; without it, checks that the list names the packages of requirements-local.txt.
"""

import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTICE = ROOT / "NOTICE"
_BEGIN = "Python packages of requirements-local.txt:\n\n"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)
_ENTRY = re.compile(r"^  ([A-Za-z0-9._-]+)  ", re.MULTILINE)


def locked() -> list[str]:
    """Names of the packages, in the order of the lock file."""
    return list(dict.fromkeys(_PIN.findall((ROOT / "requirements-local.txt").read_text(encoding="utf-8"))))


def licence(package: str) -> str:
    """The licence by the installed package: an SPDX expression, else its classifiers."""
    about = metadata.metadata(package)
    if expression := about.get("License-Expression"):
        return expression
    classifiers = about.get_all("Classifier") or []
    named = [line.rpartition(" :: ")[2] for line in classifiers if line.startswith("License :: ")]
    return "; ".join(named) or str(about.get("License", "unknown")).splitlines()[0]


def write() -> None:
    head = NOTICE.read_text(encoding="utf-8").partition(_BEGIN)[0]
    NOTICE.write_text(head + _BEGIN + "".join(f"  {name}  {licence(name)}\n" for name in locked()), encoding="utf-8")


def problems() -> Iterator[str]:
    named = set(_ENTRY.findall(NOTICE.read_text(encoding="utf-8").partition(_BEGIN)[2]))
    for name in sorted(set(locked()) ^ named):
        state = "is missing" if name not in named else "is not installed any more"
        yield f"NOTICE: {name} {state}; run `make notice`"


def main() -> int:
    if "--write" in sys.argv:
        write()
    lines = list(problems())
    print("\n".join(lines) or "NOTICE names what is installed")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
