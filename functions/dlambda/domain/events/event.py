"""Events: what the service tells its listeners (docs/contract/websocket.md 3, 5, 7)."""

import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from dlambda.domain.paths.home import item_from_home

if TYPE_CHECKING:  # whoever tells of something else needs no items
    from dlambda.domain.items.item import Item

_ALPHABET = string.ascii_letters + string.digits
_ID_LENGTH = 16
EVERYONE: Final = "*"
"""The owner of an event that all clients hear of; no account has this id."""
_NEVER = datetime.fromtimestamp(0, UTC)
_PROGRESS = (
    *("status", "percent", "speed", "eta", "speed_bps", "eta_seconds", "downloaded_bytes", "total_bytes", "msg"),
    "postprocessor",
)
_CONTEXT_WINS = frozenset({"id", "title"})


class Name(StrEnum):
    """websocket.md 7: first those that clients get, then the internal ones."""

    CONNECTED = "connected"
    CONFIG_UPDATE = "config_update"
    LOG_INFO = "log_info"
    LOG_SUCCESS = "log_success"
    LOG_WARNING = "log_warning"
    LOG_ERROR = "log_error"
    ITEM_ADDED = "item_added"
    ITEM_UPDATED = "item_updated"
    ITEM_CANCELLED = "item_cancelled"
    ITEM_DELETED = "item_deleted"
    ITEM_MOVED = "item_moved"
    ITEM_STATUS = "item_status"
    PAUSED = "paused"
    RESUMED = "resumed"
    ITEM_PROGRESS = "item_progress"
    ITEM_BULK_DELETED = "item_bulk_deleted"
    QUEUE_REORDERED = "queue_reordered"
    ITEM_COMPLETED = "item_completed"
    ITEM_PAUSED = "item_paused"
    ITEM_RESUMED = "item_resumed"
    TASK_DISPATCHED = "task_dispatched"
    TEST = "test"


INTERNAL = frozenset({Name.ITEM_COMPLETED, Name.ITEM_PAUSED, Name.ITEM_RESUMED, Name.TASK_DISPATCHED, Name.TEST})


def make_id(choose: Callable[[str], str], length: int = _ID_LENGTH) -> str:
    """Letters and digits, each as `choose` picks it."""
    return "".join(choose(_ALPHABET) for _ in range(length))


@dataclass(frozen=True, slots=True)
class Event:
    """An event for clients and targets. `data` is the payload; `beside` are further keys that stand next to it.

    Admins hear of everything; `owner` is the member who hears of it, too, `""` for none and `EVERYONE` for all. `home`
    is the folder of that member, at which its paths begin. It gets its id and its time when it is sent.
    """

    name: Name
    data: Mapping[str, Any]
    title: str | None = None
    message: str | None = None
    beside: Mapping[str, Any] | None = None
    owner: str = ""
    home: str = ""
    id: str = ""
    created_at: datetime = _NEVER
    is_progress: bool = False  # an `item_updated` that tells no more than an `item_progress` beside it

    def stamped(self, id_: str, now: datetime) -> "Event":
        """The event with its id and time."""
        return replace(self, id=id_, created_at=now)

    @property
    def for_clients(self) -> bool:
        return self.name not in INTERNAL

    def is_for(self, owner: str) -> bool:
        """True if a member (`owner`), or an admin (`""`), hears of it."""
        return owner in ("", self.owner) or self.owner == EVERYONE

    def for_owner(self) -> "Event":
        """The event as the member hears it: an item's paths begin at its home."""
        if not self.home:
            return self
        beside = None if self.beside is None else _item_from_home(self.home, self.beside)
        return replace(self, data=_item_from_home(self.home, self.data), beside=beside)

    def serialized(self) -> dict[str, Any]:
        """The Event object (websocket.md 3)."""
        return {
            "id": self.id,
            "created_at": self.created_at.isoformat(),
            "event": self.name.value,
            "title": self.title,
            "message": self.message,
            "data": dict(self.data),
        }

    def frame(self) -> dict[str, Any]:
        """The WebSocket message: the Event object, the payload's top-level keys copied beside it (websocket.md 1)."""
        own = self.serialized()
        beside = dict(self.data) if self.beside is None else dict(self.beside)
        if self.name.value.startswith("log_"):
            beside = {key: value for key, value in beside.items() if key not in own} | {
                "timestamp": self.created_at.timestamp()
            }
        elif not self.name.value.startswith("item_"):
            beside = {key: value for key, value in beside.items() if key not in own}
        else:
            beside = {key: value for key, value in beside.items() if key in _CONTEXT_WINS or key not in own}
        return {"event": self.name.value, "data": own | beside}


def _item_from_home(home: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """A payload that is an item's view, or has one as `item`, as the client of `home` sees it."""
    if "item" in data:
        return {**data, "item": item_from_home(home, data["item"])}
    return item_from_home(home, data) if "download_dir" in data else dict(data)


def _of_item(item: "Item", name: Name, data: Mapping[str, Any], title: str = "", message: str = "") -> Event:
    return Event(name, data, title or None, message or None, owner=item.owner, home=item.home)


def _view(item: "Item") -> dict[str, Any]:
    """The item as events carry it: a long description would pass a gateway's frame limit (websocket.md 9)."""
    return {**item.view, "description": item.description[:500]}


def item_added(item: "Item") -> Event:
    message = f"Item '{item.title}' has been added to the download queue."
    return _of_item(item, Name.ITEM_ADDED, _view(item), "Item Added", message)


def item_updated(item: "Item", progress: Mapping[str, Any] | None = None, *, is_progress: bool = False) -> Event:
    return replace(_of_item(item, Name.ITEM_UPDATED, _view(item) | dict(progress or {})), is_progress=is_progress)


def item_progress(item: "Item", progress: Mapping[str, Any]) -> Event:
    """How far a download is, without the rest of the item (websocket.md 5)."""
    return _of_item(item, Name.ITEM_PROGRESS, {"_id": item.id} | {name: progress[name] for name in _PROGRESS})


def item_cancelled(item: "Item") -> Event:
    message = f"Download '{item.title}' has been cancelled."
    return _of_item(item, Name.ITEM_CANCELLED, _view(item), "Download Cancelled", message)


def item_moved(item: "Item", *, was_queued: bool = True) -> Event:
    """Into the history: the UI reads `to: history` and `item`, the published form stands beside (websocket.md 1).

    `was_queued`: it leaves the queue by that.
    """
    data = {"from": "queue" if was_queued else None, "to": "history", "preset": item.preset, "item": _view(item)}
    beside = data | {"id": item.id, "from": "queue", "to": "done"}
    message = f"Item '{item.title}' has been moved to history."
    return replace(_of_item(item, Name.ITEM_MOVED, data, "Item Moved", message), beside=beside)


def item_deleted(item: "Item", title: str, message: str) -> Event:
    return _of_item(item, Name.ITEM_DELETED, _view(item), title, message)


def items_removed_for_retry(ids: Sequence[str], status: str | None, *, owner: str) -> Event:
    """Records of one owner that gave way to new items (websocket.md 5).

    `status` is the filter that named them, None for ids.
    """
    count = len(ids)
    message = f"Removed {count} item{'s' if count != 1 else ''} from history for retry."
    data = {"count": count, "status": status, "ids": list(ids)}
    return Event(Name.ITEM_BULK_DELETED, data, "History Retry Started", message, owner=owner)


def item_completed(item: "Item") -> Event:
    message = f"Completed '{item.title}' download."
    return _of_item(item, Name.ITEM_COMPLETED, _view(item), "Download Completed", message)


def item_held(item: "Item", *, held: bool) -> Event:
    """Internal: for notification targets (downloads.md 4.8)."""
    if held:
        message = f"Download '{item.title}' has been paused."
        return _of_item(item, Name.ITEM_PAUSED, _view(item), "Download Paused", message)
    message = f"Download '{item.title}' has been resumed."
    return _of_item(item, Name.ITEM_RESUMED, _view(item), "Download Resumed", message)


def log(name: Name, title: str, message: str, *, owner: str, **data: Any) -> Event:
    """A line for admins and, with an `owner`, for that member."""
    return Event(name, data, title, message, owner=owner)


def download_error(item: "Item") -> Event:
    message = f"'{item.title}' failed to download. {item.error}"
    return _of_item(item, Name.LOG_ERROR, _view(item), "Download Error", message)


def pause_changed(*, paused: bool, at: float) -> Event:
    if paused:
        message = "Non-active downloads have been paused."
        return Event(Name.PAUSED, {"paused": True, "at": at}, "Downloads Paused", message, owner=EVERYONE)
    message = "Resumed all downloads."
    return Event(Name.RESUMED, {"paused": False, "at": at}, "Downloads Resumed", message, owner=EVERYONE)


def queue_reordered(ids: Sequence[str], order: Sequence[str]) -> Event:
    """Items `ids` were moved; `order` has the ids of the queue as it is now, or the first of them (websocket.md 5)."""
    data = {"ids": list(ids), "order": list(order)}
    return Event(Name.QUEUE_REORDERED, data, "Queue Reordered", "The download queue order has been updated.")


def config_update(feature: str, action: str, data: Mapping[str, Any], *, owner: str) -> Event:
    """A resource changed; its own keys stand beside `feature`, `action` and `data` (README.md, Other fields)."""
    fields = {"feature": feature, "action": action, "data": dict(data), "extras": {}}
    return Event(Name.CONFIG_UPDATE, dict(data) | fields, owner=owner)
