"""Which tests run together, in one process, and in which order: those that take long first."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

_TESTS = Path(__file__).parent
_SECONDS = _TESTS / "file_seconds.txt"  # .ci/test_seconds.py writes it
_TOGETHER = ("tests/e2e/page/", "tests/security/")
"""Folders whose lab, browser and services take seconds to start."""
_FOLDERS = (*_TOGETHER, "tests/e2e/", "tests/cloud/", "tests/media/", "tests/functions/")
"""Beginnings of test ids. A process runs what it runs of a folder at a stretch: the folder's services end behind it."""
_WAITING = (*_TOGETHER, "tests/e2e/", "tests/cloud/")
"""Those whose tests mostly wait for services; the others compute."""


def group_of(test_id: str) -> str:
    """The file of a test, or the folder whose files share services."""
    return next((folder for folder in _TOGETHER if test_id.startswith(folder)), test_id.partition("::")[0])


def seconds_by_group() -> Counter[str]:
    """How long the tests of each group took in an earlier run; 0 for short ones."""
    seconds: Counter[str] = Counter()
    for line in _SECONDS.read_text().splitlines():
        number, file = line.split()
        seconds[group_of(file)] += int(number)
    return seconds


def folder_rank(test_id: str) -> int:
    """The place of its folder in the order."""
    return next((rank for rank, folder in enumerate(_FOLDERS) if test_id.startswith(folder)), len(_FOLDERS))


def collection_order(place: int, places: int) -> list[str]:
    """The folders of tests as process `place` of `places` collects them: each begins with another one.

    Who imports a changed module of tests first compiles it. Processes that went through all in one order would each
    compile all of them: in a clean checkout that is half of what collecting takes.
    """
    files = sorted(_TESTS.rglob("test_*.py"))
    folders = sorted({_TESTS / file.relative_to(_TESTS).parts[0] for file in files})
    beginning = files[place * len(files) // places].relative_to(_TESTS).parts[0]
    first = folders.index(_TESTS / beginning)
    return [str(folder) for folder in folders[first:] + folders[:first]]


def next_group(groups: Iterable[str], process: int) -> str:
    """The next group of the queue for a process: the first that waits for the even ones, that computes for the others.

    Waiting and computing go well together, and two processes start the services of tests/e2e, not four.
    """
    queue = list(groups)
    return next((group for group in queue if group.startswith(_WAITING) == (process % 2 == 0)), queue[0])
