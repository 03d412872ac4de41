"""WebSocket messages as ytptube sends them (docs/contract/dialects.md 5): nothing is copied beside the payload."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from dlambda.domain.dialects.dialect import Frame
from dlambda.domain.dialects.ytptube.items import item, progress
from dlambda.domain.events.event import Event

Payload = Mapping[str, Any]
_CONFIG_KEYS: Final = ("feature", "action", "data", "extras")


def _move(payload: Payload) -> Payload:
    """An item enters the history; by `from`, the page of August counts its queue down."""
    return {**payload, "item": item(payload["item"])}


def _config_update(payload: Payload) -> Payload:
    return {key: payload[key] for key in _CONFIG_KEYS if key in payload}


_TRANSLATIONS: Final[Mapping[str, Callable[[Payload], Payload]]] = {
    "item_moved": _move,
    "item_progress": progress,
    "config_update": _config_update,
}


def frames(event: Event) -> Sequence[Frame]:
    """Returns the messages that tell an event."""
    name = event.name.value
    payload = event.data
    if name in _TRANSLATIONS:
        payload = _TRANSLATIONS[name](payload)
    elif "_id" in payload:
        payload = item(payload)
    return [{"event": name, "data": {**event.serialized(), "data": dict(payload)}}]
