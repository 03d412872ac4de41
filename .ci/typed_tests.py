"""Types of the tests: files in `untyped_tests.txt` may have mypy errors, all others may not, and the list only shrinks.

`--write` leaves the files out that have no errors any more.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIST = Path(__file__).with_name("untyped_tests.txt")
_ERROR = re.compile(r"^(tests/[^:]+):\d+: error: ", re.MULTILINE)


def errors_by_file() -> dict[str, list[str]]:
    """mypy's error lines of the tests, by file."""
    command = [sys.executable, "-m", "mypy", "--no-error-summary", "tests"]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    errors: dict[str, list[str]] = {}
    for line in process.stdout.splitlines():
        if match := _ERROR.match(line):
            errors.setdefault(match[1], []).append(line)
    if process.returncode and not errors:
        raise SystemExit(process.stdout + process.stderr)
    return errors


def main() -> int:
    """Prints errors of files that are not listed, and listed files that could go; 1 when there are any."""
    listed = set(LIST.read_text().split())
    errors = errors_by_file()
    if "--write" in sys.argv:
        LIST.write_text("".join(f"{name}\n" for name in sorted(listed & errors.keys())))
        return 0
    new = [line for name, lines in errors.items() if name not in listed for line in lines]
    clean = sorted(listed - errors.keys())
    print(*new, *(f"{name} has no errors: run .ci/typed_tests.py --write" for name in clean), sep="\n", end="")
    return 1 if new or clean else 0


if __name__ == "__main__":
    sys.exit(main())
