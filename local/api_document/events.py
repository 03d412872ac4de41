"""Payloads of the messages on `/ws` (docs/contract/websocket.md 4, 5), and an event of each name as the code makes it.

Items and requests have the schemas of openapi.json.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from dlambda.domain.events import event
from dlambda.domain.events.event import Event, Name
from dlambda.domain.items.item import Item
from dlambda.domain.items.progress import Progress
from local.api_document.simplify import REFERENCE

Json = dict[str, Any]

_TEXT: Final = {"type": "string"}
_NUMBER: Final = {"type": ["number", "null"]}
_TEXT_OR_NULL: Final = {"type": ["string", "null"]}
_IDS: Final = {"type": "array", "items": _TEXT}
_NOW: Final = datetime(2026, 1, 1, 10, tzinfo=UTC)
_ITEM: Final = Item(
    id="5f0c6a0e-6f5e-4e3c-9c43-0f1d7f0c2b11", source_id="a1B2c3D4e5F", url="https://example.com/watch?v=1",
    title="Harbour at dawn", preset="default", timestamp=int(_NOW.timestamp() * 10**9), stored_at=_NOW.timestamp(),
)  # fmt: skip


def _object(required: Mapping[str, Json], **optional: Json) -> Json:
    return {"type": "object", "required": [*required], "properties": {**required, **optional}}


def _reference(name: str) -> Json:
    return {"$ref": REFERENCE + name}


def _log() -> Json:
    return _object(
        {}, preset=_TEXT, lowPriority={"type": "boolean", "description": "need not be shown"}, count={"type": "integer"}
    ) | {"description": "what it is about; of a failed download the item"}


_PAUSE: Final = _object({"paused": {"type": "boolean"}, "at": {"type": "number", "description": "seconds since 1970"}})
_ID_OR_IDS: Final = {"anyOf": [{"type": "string", "minLength": 1}, _IDS | {"minItems": 1}]}

SENT: Final[Mapping[Name, tuple[str, Json]]] = {
    Name.CONNECTED: ("the client was accepted; it gets this first", _object({"sid": _TEXT})),
    Name.CONFIG_UPDATE: (
        "a resource was created, changed, replaced or removed",
        _object({
            "feature": _TEXT | {"description": "`presets`, `dl_fields`, `conditions`, `tasks`, `notifications` ..."},
            "action": {"type": "string", "enum": ["create", "update", "delete", "replace"]},
            "data": {"type": "object", "description": "the resource, its secrets masked"},
        }),
    ),
    Name.LOG_INFO: ("something that a person may want to know", _log()),
    Name.LOG_SUCCESS: ("something that was asked for is done", _log()),
    Name.LOG_WARNING: ("something went wrong in part", _log()),
    Name.LOG_ERROR: ("a download or a request failed; `message` says why", _log()),
    Name.ITEM_ADDED: ("an item came into the queue", _reference("ItemView")),
    Name.ITEM_UPDATED: ("an item changed or went on; it comes whole", _reference("ItemView")),
    Name.ITEM_CANCELLED: ("an item was cancelled", _reference("ItemView")),
    Name.ITEM_DELETED: ("a record was removed", _reference("ItemView")),
    Name.ITEM_MOVED: (
        "an item left the queue for the history",
        _object({"to": {"const": "history"}, "preset": _TEXT, "item": _reference("ItemView")}),
    ),
    Name.ITEM_STATUS: (
        "the answer to `add_url`, to its sender alone",
        _object({"status": {"type": "string", "enum": ["ok", "error"]}, "preset": _TEXT}, msg=_TEXT),
    ),
    Name.PAUSED: ("no more downloads start", _PAUSE),
    Name.RESUMED: ("downloads start again", _PAUSE),
    Name.ITEM_PROGRESS: (
        "how far a download is, to clients that connect with `progress=true`",
        _object(
            {"_id": _TEXT, "status": _TEXT, "percent": _NUMBER, "downloaded_bytes": _NUMBER, "total_bytes": _NUMBER},
            speed=_TEXT_OR_NULL, eta=_TEXT_OR_NULL, speed_bps=_NUMBER, eta_seconds=_NUMBER,
            msg=_TEXT_OR_NULL, postprocessor=_TEXT_OR_NULL,
        ),
    ),
    Name.ITEM_BULK_DELETED: (
        "records gave way to new items, beside an `item_deleted` of each",
        _object({
            "count": {"type": "integer", "minimum": 0},
            "status": _TEXT_OR_NULL | {"description": "the filter that named them; null for ids"},
            "ids": _IDS,
        }),
    ),
    Name.QUEUE_REORDERED: (
        "items were moved in the queue",
        _object({"ids": _IDS, "order": _IDS | {"description": "the ids of the queue as it is now; at most 1000"}}),
    ),
}  # fmt: skip
"""Name -> what it says, and its payload."""

BESIDE: Final[Mapping[Name, Json]] = {
    Name.CONNECTED: _object({"sid": _TEXT, "timestamp": {"type": "number"}}),
    Name.ITEM_MOVED: _object({"id": _TEXT, "from": {"const": "queue"}, "to": {"const": "done"}}),
    Name.ITEM_STATUS: _object({"id": _TEXT_OR_NULL, "status": _TEXT, "message": _TEXT}),
} | {
    name: _object({"timestamp": {"type": "number", "description": "seconds since 1970"}})
    for name in Name if name.startswith("log_")
}  # fmt: skip
"""Fields beside the payload that are no copies of its keys."""

RECEIVED: Final[Mapping[str, tuple[str, Json, Any]]] = {
    "add_url": ("adds an item, and waits for its extraction", _reference("RequestItem"), {"url": _ITEM.url}),
    "item_cancel": ("cancels an item", {"type": "string", "minLength": 1}, _ITEM.id),
    "item_delete": (
        "removes a record of the history; an item of the queue is cancelled first",
        _object({"id": {"type": "string", "minLength": 1}}, remove_file={"type": "boolean"}),
        {"id": _ITEM.id, "remove_file": False},
    ),
    "item_start": ("lets held items go", _ID_OR_IDS, [_ITEM.id]),
    "item_pause": ("holds waiting items", _ID_OR_IDS, [_ITEM.id]),
}
"""Name -> what it asks for, its data, and an example of those."""


def examples() -> Iterator[Event]:
    """An event of each name that clients hear of."""
    for number, example in enumerate(_events()):
        yield example.stamped(f"q7Zk2m9x0Bv4Lp{number:02}", _NOW)


def _events() -> Iterator[Event]:
    at = _NOW.timestamp()
    yield Event(Name.CONNECTED, {"sid": "f0Kq3ZbW8xT1uC"}, beside={"sid": "f0Kq3ZbW8xT1uC", "timestamp": at})
    preset = {"id": 112, "name": "phone", "cli": "-f worst"}
    yield event.config_update("presets", "create", preset, owner=event.EVERYONE)
    yield event.log(Name.LOG_INFO, "Already In Queue", "It waits already.", owner="", preset="default")
    yield event.log(Name.LOG_SUCCESS, "Playlist Expanded", "12 items were added.", owner="", preset="default", count=12)
    yield event.log(Name.LOG_WARNING, "Download Error", "No formats were there.", owner="", preset="default")
    yield event.download_error(replace(_ITEM, error="HTTP Error 404: Not Found"))
    yield event.item_added(_ITEM)
    progress = Progress("downloading", 5_211_422, 10_485_760, 151_142.0, 35).fields()
    yield event.item_updated(_ITEM, progress)
    yield event.item_progress(_ITEM, progress)
    yield event.item_cancelled(_ITEM)
    yield event.item_deleted(_ITEM, "Download Cleared", f"Cleared '{_ITEM.title}' from history.")
    yield event.item_moved(_ITEM)
    status = {"id": _ITEM.id, "status": "queued", "message": "URL added"}
    message = f"Adding URL '{_ITEM.url}' to the download queue."
    yield Event(Name.ITEM_STATUS, {"status": "ok", "preset": "default"}, "Adding URL", message, beside=status)
    yield event.pause_changed(paused=True, at=at)
    yield event.pause_changed(paused=False, at=at)
    yield event.items_removed_for_retry([_ITEM.id], "error", owner="")
    yield event.queue_reordered([_ITEM.id], [_ITEM.id])
