"""`python -m tests.scale.many [--sizes 100,10000,1000000]`: what lists cost that are long, in requests to the tables.

Fills the history of an empty deployment, by nodes of its list and the few rows that are read, and counts the requests of
pages, filters, counts, views, of a round and of a start. Then it stores whole items, and measures the tables' file. Writes
the part of `docs/scale.md` that says so.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from dlambda.domain.items.item import Shelf
from dlambda.store.items import items, leases, slots
from dlambda.usecases.operations.sweep import sweep
from tests.stack import Stack, environment
from tests.store.requests import counted
from tests.store.seeding import history, seed

_PAGE = Path(__file__).parents[2] / "docs" / "scale.md"
_BEGIN, _END = "<!-- many -->", "<!-- end of many -->"
_CHUNK = 20_000
_WHOLE = 5_000
_PER_PAGE = 50
_ERRORS = frozenset({"error"})


def _page(number: int, statuses: frozenset[str] | None = None) -> None:
    """Reads a page and its items, where their rows exist."""
    page = items.page(Shelf.DONE, page=number, per_page=_PER_PAGE, newest_first=True, statuses=statuses)
    assert page.ids
    assert items.find_views(page.ids)


def _start() -> None:
    """What a worker of one machine asks the tables for when it begins."""
    leases.release_all()
    slots.read()


_ACTS: dict[str, Callable[[], object]] = {
    "first page of 50": lambda: _page(1),
    "last page of 50": lambda: _page(10**9),
    "first page of errors": lambda: _page(1, _ERRORS),
    "last page of errors": lambda: _page(10**9, _ERRORS),
    "count": lambda: items.count(Shelf.DONE),
    "count of errors": lambda: items.count(Shelf.DONE, _ERRORS),
    "100 ids": lambda: items.find_many([item.id for item in history(0, 100)]),
    "the minute's round": lambda: sweep(0.0),
    "a start": _start,
}


@contextmanager
def _engines() -> Iterator[Stack]:
    with tempfile.TemporaryDirectory(prefix="dlambda-many-") as folder:
        stack = Stack(Path(folder) / "data", "http://127.0.0.1:9")
        try:
            stack.start()
            with environment(stack.environ):
                yield stack
        finally:
            stack.stop()


def _fill(first: int, last: int) -> None:
    """Enters the items `first` to `last` (exclusive), with rows for those that pages show."""
    for start in range(first, last, _CHUNK):
        made = history(start, min(_CHUNK, last - start))
        errors = [item for item in made if item.status in _ERRORS]
        ends = [*made[:200], *made[-200:], *errors[:60], *errors[-60:]]
        seed(made, only={item.id for item in ends})
        print(f"{start + len(made):,} items", flush=True)


def _count() -> dict[str, int]:
    requests = {}
    for name, act in _ACTS.items():
        with counted() as cost:
            act()
        requests[name] = len(cost.requests)
    return requests


def _bytes_of_an_item(stack: Stack, first: int) -> float:
    """By how much the tables' file grows for an item, with its URL's row."""
    folder = stack.config.data_dir / "tables"

    def size() -> int:
        return sum(path.stat().st_size for path in folder.iterdir())

    before = size()
    seed(history(first, _WHOLE))
    return (size() - before) / _WHOLE


def _table(sizes: Sequence[int], columns: Sequence[dict[str, int]]) -> str:
    head = f"| requests for | {' | '.join(f'{size:,} items' for size in sizes)} |\n| --- |{' ---: |' * len(sizes)}"
    lines = [f"| {name} | {' | '.join(str(column[name]) for column in columns)} |" for name in columns[0]]
    return "\n".join([head, *lines])


def main() -> int:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.scale.many")
    parser.add_argument("--sizes", default="100,10000,1000000", help="of the history, ascending")
    parser.add_argument("--no-page", action="store_true", help="leave docs/scale.md as it is")
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    print(f"load of the machine: {os.getloadavg()[0]:.1f}", flush=True)
    columns = []
    with _engines() as stack:
        filled, began = 0, time.monotonic()
        for size in sizes:
            _fill(filled, size)
            filled = size
            columns.append(_count())
        print(f"filled and counted in {time.monotonic() - began:.0f} s", flush=True)
        growth = _bytes_of_an_item(stack, filled)
    text = f"{_table(sizes, columns)}\n\nThe tables' file grows by {growth / 1000:.1f} kB for an item."
    print(text)
    if not options.no_page:
        head, _, rest = _PAGE.read_text().partition(_BEGIN)
        _PAGE.write_text(f"{head}{_BEGIN}\n\n{text}\n\n{_END}{rest.partition(_END)[2]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
