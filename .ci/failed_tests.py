"""Lists the tests that failed in the last run; ends with 1 when they are too many, or none, to be run once more."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_MOST = 5  # more is no accident of a busy machine


def failed_tests() -> list[str]:
    """Ids of tests, and of files that could not be collected."""
    path = ROOT / ".pytest_cache/v/cache/lastfailed"
    return sorted(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else []


def main() -> int:
    names = failed_tests()
    if not 0 < len(names) <= _MOST or not all("::" in name for name in names):
        return 1
    print("These tests failed and are run once more, alone. One that passes now is a fault all the same:")
    print("\n".join(names))
    return 0


if __name__ == "__main__":
    sys.exit(main())
