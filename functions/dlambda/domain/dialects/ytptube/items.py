"""An item as ytptube shows it (docs/contract/dialects.md 2)."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

_WAITING: Final = "pending"
_NUMBERS: Final = {"speed": "speed_bps", "eta": "eta_seconds"}
_EXTRAS: Final = {"duration": None, "is_premiere": False}


def progress(view: Mapping[str, Any]) -> dict[str, Any]:
    """Translates the fields that are there: numbers in place of texts, and no status while it waits."""
    translated = dict(view)
    translated.update({name: view[number] for name, number in _NUMBERS.items() if number in view})
    if view.get("status") == _WAITING:
        translated["status"] = None
    return translated


def item(view: Mapping[str, Any]) -> dict[str, Any]:
    """Translates a whole item: beside `progress`, no null where pages read true or false, and two extras always."""
    extras = {**_EXTRAS, **view["extras"]}
    return {**progress(view), "is_live": bool(view.get("is_live")), "extras": extras}


def queue(views: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Returns items by `_id`, in their order."""
    return {view["_id"]: item(view) for view in views}
