"""How large an answer may be: a function's has 6 MB, a message of API Gateway's WebSockets 128 KB."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

T = TypeVar("T")

MOST_ANSWER_BYTES: Final = 5_500_000
"""Of a whole answer: a function's may have 6 MB, and headers are in it."""
MOST_LIST_BYTES: Final = 5_400_000
"""Of the entries of a list, which has more beside them."""
MOST_MESSAGE_BYTES: Final = 128 * 1024
_TRUNCATED: Final = "truncated"
# Longest text and list that remain, step by step until a message fits.
_CUTS: Final = ((4000, 1000), (4000, 500), (1000, 100), (200, 20), (50, 2))


def fitting(views: Iterable[bytes], most_bytes: int = MOST_LIST_BYTES) -> list[bytes]:
    """The first of rendered entries that an answer has place for."""
    first_views: list[bytes] = []
    for view in views:
        most_bytes -= len(view) + 2  # what parts them
        if most_bytes < 0:
            break
        first_views.append(view)
    return first_views


def fitting_values(values: Sequence[T], most_bytes: int = MOST_LIST_BYTES) -> Sequence[T]:
    """The first of entries, JSON-able, that an answer has place for."""
    return values[: len(fitting((json.dumps(value, default=str).encode() for value in values), most_bytes))]


def fitting_message(frame: Mapping[str, Any]) -> bytes:
    """A WebSocket message as JSON. One that is too large has its longest texts and lists cut, and its data say so."""
    text = _json(frame)
    for longest_text, longest_list in _CUTS:
        if len(text) <= MOST_MESSAGE_BYTES:
            break
        shorter_frame = _cut(frame, longest_text, longest_list)
        data = shorter_frame.get("data")
        text = _json(shorter_frame | {"data": data | {_TRUNCATED: True}} if isinstance(data, dict) else shorter_frame)
    return text


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, default=str).encode()


def _cut(value: Any, longest_text: int, longest_list: int) -> Any:
    if isinstance(value, str):
        return value[:longest_text]
    if isinstance(value, Mapping):
        return {key: _cut(part, longest_text, longest_list) for key, part in list(value.items())[: longest_list * 10]}
    if isinstance(value, list | tuple):
        return [_cut(part, longest_text, longest_list) for part in value[:longest_list]]
    return value
