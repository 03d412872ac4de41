"""Lines of the log about items: one for each step of an item that clients are told of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dlambda.domain.events.event import Event, Name

_WORDS: Final[Mapping[Name, str]] = {
    Name.ITEM_ADDED: "added {url}",
    Name.ITEM_CANCELLED: "cancelled",
    Name.ITEM_MOVED: "in the history as {status}",
    Name.ITEM_DELETED: "removed",
}


@dataclass(frozen=True, slots=True)
class LogStep:
    """A line of the log, and the item that it is about."""

    item_id: str
    text: str


def log_step(event: Event) -> LogStep | None:
    """The line of an event; None for one that is no step of an item."""
    words = _WORDS.get(event.name)
    if words is None:
        return None
    item = event.data.get("item", event.data)
    parts = (words.format(status=item["status"], url=item["url"]), item["error"] or item["msg"])
    return LogStep(item["_id"], ": ".join(part for part in parts if part))
