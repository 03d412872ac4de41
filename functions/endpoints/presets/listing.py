"""Sorts and filters the list of presets (docs/contract/rules.md 2.1)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from dlambda.domain.rules.preset import FIRST_OWN_ID
from dlambda.domain.web.cross_origin import asks_for_names
from dlambda.errors import Invalid
from dlambda.store.rules.resources import Document

_KEYS: Final[Mapping[str, Callable[[Document], Any]]] = {
    "id": lambda document: document.id,
    "name": lambda document: document.name_key,
    "priority": lambda document: document.shown["priority"],
    "default": lambda document: document.id < FIRST_OWN_ID,
    "created_at": lambda document: document.created_at,
    "updated_at": lambda document: document.updated_at,
}
_ASCENDING_BY_DEFAULT: Final = frozenset({"id", "name"})


def arrange(documents: Sequence[Document], query: Mapping[str, str]) -> Sequence[Document]:
    """`documents` as `sort`, `order` and `exclude_defaults` ask. Raises `Invalid` with the documented texts."""
    fields = _words(query.get("sort"))
    directions = _directions(fields, _words(query.get("order")))
    if query.get("exclude_defaults"):
        documents = [document for document in documents if document.id >= FIRST_OWN_ID]
    if not fields:
        return documents
    arranged = sorted(documents, key=_KEYS["id"])
    for field, direction in reversed(list(zip(fields, directions, strict=True))):
        # A stable sort, the most important field last; reverse=True keeps equals in their order.
        arranged = sorted(arranged, key=_KEYS[field], reverse=direction == "desc")
    return arranged


def names_only(documents: Sequence[Document], query: str) -> list[dict[str, Any]] | None:
    """The names alone for `filter=name`, which pages of other origins may ask; nothing else of a preset is theirs."""
    return [{"name": document.shown["name"]} for document in documents] if asks_for_names(query) else None


def _words(text: str | None) -> list[str]:
    return [word.strip().lower() for word in (text or "").split(",") if word.strip()]


def _directions(fields: list[str], order: list[str]) -> list[str]:
    if any(field not in _KEYS for field in fields):
        raise Invalid(f"sort must use supported fields: {', '.join(_KEYS)}.")
    if order and not fields:
        raise Invalid("sort is required when order is provided.")
    if any(direction not in ("asc", "desc") for direction in order):
        raise Invalid("order must be 'asc' or 'desc'.")
    if not order:
        return ["asc" if field in _ASCENDING_BY_DEFAULT else "desc" for field in fields]
    if len(order) not in (1, len(fields)):
        raise Invalid("order must provide one direction or match the number of sort fields.")
    return order * len(fields) if len(order) == 1 else order
