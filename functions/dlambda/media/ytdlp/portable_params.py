"""Parameters of yt-dlp as JSON that becomes the same values again.

A process without yt-dlp gets them in this form from a worker, whose pickles nobody may open.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from dlambda.media.ytdlp.callables import MatchFilter, RetrySleep

_KIND: Final = "$"
_VALUE: Final = "of"
_PLAIN: Final = (type(None), str, bool, int, float)
_MAKERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "dict": lambda pairs: {unpack(key): unpack(value) for key, value in pairs},
    "tuple": lambda values: tuple(unpack(value) for value in values),
    "set": lambda values: {unpack(value) for value in values},
    "pattern": lambda parts: re.compile(parts[0], parts[1]),
    "filter": lambda parts: MatchFilter(tuple(parts[0]), tuple(parts[1])),
    "sleep": RetrySleep,
}


def pack(value: Any) -> Any:
    """`value` as JSON. Raises `TypeError` for what only yt-dlp itself can make (its dates, browsers and sections)."""
    if type(value) in _PLAIN:
        return value
    if type(value) is list:
        return [pack(inner) for inner in value]
    if type(value) is dict and _KIND not in value and all(type(key) is str for key in value):
        return {key: pack(inner) for key, inner in value.items()}
    kind, parts = _parts(value)
    return {_KIND: kind, _VALUE: parts}


def _parts(value: Any) -> tuple[str, Any]:
    if type(value) is dict:
        return "dict", [[pack(key), pack(inner)] for key, inner in value.items()]
    if type(value) is tuple:
        return "tuple", [pack(inner) for inner in value]
    if type(value) is set:
        return "set", [pack(inner) for inner in value]
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        return "pattern", [value.pattern, value.flags]
    if isinstance(value, MatchFilter):
        return "filter", [value.filters, value.breaking]
    if isinstance(value, RetrySleep):
        return "sleep", value.expression
    raise TypeError(type(value).__name__)


def unpack(value: Any) -> Any:
    """Restores the parameters that `pack` was given."""
    if isinstance(value, list):
        return [unpack(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if _KIND in value:
        return _MAKERS[value[_KIND]](value[_VALUE])
    return {key: unpack(inner) for key, inner in value.items()}
