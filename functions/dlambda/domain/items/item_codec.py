"""Items as rows have them: the view that clients get, and beside it the hidden part. All JSON-able and flat.

A row of an earlier version lacks what it did not know, which has its default then. So a new field needs a default, and
a field keeps its name in rows when it moves into a part of the item (`domain.items.item_parts`).
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from dlambda.domain.items.item import SHOWN, HiddenPart, Item, Status
from dlambda.domain.items.item_parts import STORED_AS, Attempt, Expansion, Origin

_PARTS: Final[Mapping[str, type[Attempt | Expansion | Origin]]] = {
    "origin": Origin,
    "expansion": Expansion,
    "attempt": Attempt,
}
_PATHS: Final[Mapping[str, Mapping[str, str]]] = {
    name: {part_field.name: part_field.metadata.get(STORED_AS, part_field.name) for part_field in fields(part)}
    for name, part in _PARTS.items()
}
"""By part: its fields, and their names in rows."""


def hidden_part(item: Item) -> dict[str, Any]:
    """The fields of `item` that a store keeps beside its view, its place and its secrets."""
    values: dict[str, Any] = {}
    for hidden_field in fields(HiddenPart):
        value = getattr(item, hidden_field.name)
        if names := _PATHS.get(hidden_field.name):
            values |= {stored_name: getattr(value, name) for name, stored_name in names.items()}
        else:
            values[hidden_field.name] = value
    return values | {"stored_at": item.stored_at}


def restore(
    view: Mapping[str, Any],
    hidden: Mapping[str, Any],
    *,
    seq: int,
    version: int,
    cookies: str,
    cli: str | None = None,
    extras: Mapping[str, Any] | None = None,
) -> Item:
    """The item of which `view` and `hidden` were kept; `cli` and `extras` where the view's are masked."""
    secrets = {name: value for name, value in (("cli", cli), ("extras", extras)) if value is not None}
    own = {name: view[key] for name, key in SHOWN.items() if key in view} | secrets
    return from_flat(
        {**hidden, **own, "status": Status(view["status"]), "cookies": cookies, "seq": seq, "version": version}
    )


def from_flat(values: Mapping[str, Any]) -> Item:
    """The item with these values of its own fields and, beside them, of those of its parts, by their names in rows."""
    own: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    for part, names in _PATHS.items():
        part_values = {name: own.pop(stored_name) for name, stored_name in names.items() if stored_name in own}
        own[part] = _PARTS[part](**part_values)
    return Item(**own)
