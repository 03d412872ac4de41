"""The shape of a JSON value: which types stand at which path, and how two shapes differ."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Shape = dict[str, frozenset[str]]  # path such as `queue.*.speed` to its JSON types

_ID = re.compile(r"^(/.*|\d+|[0-9a-f]{32}|[0-9A-Za-z]{8}-?[0-9A-Za-z-]{12,})$")
_TYPES: Mapping[type, str] = {
    type(None): "null", bool: "boolean", int: "number", float: "number", str: "text", list: "array", dict: "object",
}  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """One path at which two answers differ. `kind`: `status`, `missing`, `type`, `null`, `more`."""

    kind: str
    path: str
    theirs: str
    ours: str


def shape(value: Any) -> Shape:
    """Types by path. Elements of arrays, and members named by an id or a path, share the path `*`."""
    types: dict[str, set[str]] = {}
    for path, name in _walk(value, ""):
        types.setdefault(path, set()).add(name)
    return {path: frozenset(names) for path, names in types.items()}


def _walk(value: Any, path: str) -> Iterator[tuple[str, str]]:
    yield path or ".", _TYPES[type(value)]
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _walk(member, f"{path}.{'*' if _ID.match(name) else name}".lstrip("."))
    if isinstance(value, list):
        for member in value:
            yield from _walk(member, f"{path}.*".lstrip("."))


def join(first: Shape, second: Shape) -> Shape:
    """The types of both."""
    return {path: first.get(path, frozenset()) | second.get(path, frozenset()) for path in first.keys() | second.keys()}


def differences(theirs: Shape, ours: Shape) -> list[Difference]:
    """What a client of `theirs` would see otherwise in `ours`, sorted by path.

    `missing`: not there at all. `type`: other types. `null`: null in the one, another type or nothing in the other. `more`: only ours has it.
    A path below one that is missing or of another type is not listed.
    """
    found: list[Difference] = []
    hidden: list[str] = []
    for path in sorted(theirs.keys() | ours.keys()):
        if any(path.startswith(f"{above}.") or above == "." for above in hidden):
            continue
        kind = _kind(theirs.get(path), ours.get(path))
        if kind:
            found.append(Difference(kind, path, _text(theirs.get(path)), _text(ours.get(path))))
        if kind in {"missing", "type", "more"}:
            hidden.append(path)
    return found


def _kind(theirs: frozenset[str] | None, ours: frozenset[str] | None) -> str:
    if theirs == ours:
        return ""
    if theirs is None:
        return "more"
    if ours is None:
        return "null" if theirs == {"null"} else "missing"
    values = [types - {"null"} for types in (theirs, ours) if types != {"null"}]
    return "type" if len(set(values)) > 1 else "null"


def _text(types: frozenset[str] | None) -> str:
    return "|".join(sorted(types)) if types else "-"
