"""What is left in tables, queues and logs when every item has ended: it should be nothing."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dlambda.aws import queue
from dlambda.domain.items.item import Shelf
from dlambda.domain.messages.queue_messages import QueueName
from dlambda.store.items import item_rows, items, leases, slot_choice, slots
from tests.e2e.service import Service
from tests.stack import environment

_PATIENCE_SECONDS = 75.0  # what a killed worker has received is hidden for a minute
_TRACEBACK = "Traceback (most recent call last)"


def find_leftovers(service: Service) -> list[str]:
    """Texts of what is left. A message may be under way for a moment: it is looked for again, for a while."""
    end = time.monotonic() + _PATIENCE_SECONDS
    with environment(service.environment_of_functions()):
        while (texts := [*_rows(), *_messages()]) and time.monotonic() < end:
            time.sleep(0.5)
        return texts


def _rows() -> Iterator[str]:
    # Rows of slots stay, and those of leases for a while: of items that have ended they say nothing.
    for slot in slot_choice._Slot.scan(slot_choice._Slot.item_id.exists()):
        item = items.find(slot.item_id)
        if item and slot.node in item.slots:
            yield f"{slot.node} is held by {slot.item_id}"
    for lease in leases._Row.scan():
        item = items.find(lease.item_id)
        if item and item.shelf is Shelf.QUEUE:
            yield f"a lease of {lease.item_id} by {lease.owner}"
    numbers = slots.read()
    if numbers.taken or any(numbers.taken_by.values()) or any(numbers.taken_of.values()) or numbers.waiting:
        yield f"the lanes' numbers are {numbers}"
    yield from _lists()


def _lists() -> Iterator[str]:
    """Each row of an item is in one list, and each list's count is that of its rows."""
    rows = {row.id for row in item_rows.ItemRow.scan(attributes_to_get=["id"])}
    ids = {shelf: [item_id for batch in items.iterate_ids(shelf) for item_id in batch] for shelf in Shelf}
    for shelf, names in ids.items():
        if items.count(shelf) != len(names):
            yield f"the list {shelf} counts {items.count(shelf)}, and has {len(names)} entries"
        if len(set(names)) != len(names):
            yield f"the list {shelf} has an entry twice"
    listed = [item_id for names in ids.values() for item_id in names]
    if sorted(rows) != sorted(listed):
        yield f"rows without an entry {rows - set(listed)}, entries without a row {set(listed) - rows}, or in two lists"


def _messages() -> Iterator[str]:
    for name in QueueName:
        if count := queue.depth(name):
            yield f"{count} messages in the queue {name}"


class Logs:
    """The logs of a node, read on from where they were read before."""

    def __init__(self, service: Service) -> None:
        self._folder = service.folder / "logs"
        self._offsets: dict[Path, int] = {}

    def unexplained(self, explains: re.Pattern[str]) -> list[str]:
        """The message and the last line of each new traceback whose last line `explains` does not match."""
        texts = []
        for path in sorted(self._folder.glob("*.jsonl")):
            for line in self._new_lines(path):
                record = _record(line)
                if trace := record.get("exception", ""):
                    texts.append((record["message"], _last_line(trace)))
        for name in ("gateway.log", "worker.log"):
            texts += _printed(self._new_lines(self._folder / name))
        return [f"{text[:120]} | {last[:200]}" for text, last in texts if not explains.search(last)]

    def _new_lines(self, path: Path) -> list[str]:
        if not path.exists():
            return []
        with path.open("rb") as file:
            file.seek(self._offsets.get(path, 0) if path.stat().st_size >= self._offsets.get(path, 0) else 0)
            content = file.read()
            self._offsets[path] = file.tell()
        return content.decode(errors="replace").splitlines()


def _last_line(trace: str) -> str:
    """The error of a traceback; of a group of errors, that of its last one, whose lines stand behind a bar."""
    return next((text for line in reversed(trace.splitlines()) if (text := line.strip(" |+-"))), "")


def _record(line: str) -> dict[str, Any]:
    """A line's fields; none of a line that a full disk cut short, behind which the next one was written."""
    try:
        return dict(json.loads(line)) if line.startswith("{") else {}
    except json.JSONDecodeError:
        return {}


def _printed(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Tracebacks that a process printed: the line after the indented ones is the error."""
    is_inside = False
    for line in lines:
        if line.startswith(_TRACEBACK):
            is_inside = True
        elif is_inside and line and not line.startswith(" "):
            is_inside = False
            yield "printed", line
