"""Parameters of yt-dlp laid over one another (docs/contract/ytdlp.md 8)."""

from collections.abc import Mapping
from typing import Any

from dlambda.errors import Invalid

_MAX_DEPTH = 50
_MAX_LIST = 10_000


def merge(destination: Any, source: Any) -> dict[str, Any]:
    """`destination` with `source` over it (ytdlp.md 8): objects deeply, lists one after the other, else source wins.

    Keys like `__class__`, blank ones and those that are no text are dropped. Inputs stay as they are. Raises `Invalid`.
    """
    if not isinstance(destination, Mapping) or not isinstance(source, Mapping):
        raise Invalid("Both source and destination must be dictionaries.")
    return _merge(destination, source, ())


def _usable(key: object) -> bool:
    return isinstance(key, str) and bool(key.strip()) and not (key.startswith("__") and key.endswith("__"))


def _merge(destination: Mapping[Any, Any], source: Mapping[Any, Any], above: tuple[int, ...]) -> dict[str, Any]:
    result = {key: _copy(value, above) for key, value in destination.items() if _usable(key)}
    trail = _deeper(source, above)
    for key, value in source.items():
        if not _usable(key):
            continue
        old = result.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            result[key] = _merge(old, value, trail)
        elif isinstance(old, list) and isinstance(value, list):
            result[key] = [*old, *_copy(value, trail)][:_MAX_LIST]
        else:
            result[key] = _copy(value, trail)
    return result


def _deeper(value: object, above: tuple[int, ...]) -> tuple[int, ...]:
    if id(value) in above:
        raise Invalid("Circular reference detected.")
    if len(above) >= _MAX_DEPTH:
        raise Invalid(f"Recursion depth limit exceeded ({_MAX_DEPTH})")
    return (*above, id(value))


def _copy(value: Any, above: tuple[int, ...]) -> Any:
    if isinstance(value, Mapping):
        trail = _deeper(value, above)
        return {key: _copy(inner, trail) for key, inner in value.items() if _usable(key)}
    if isinstance(value, list):
        trail = _deeper(value, above)
        return [_copy(inner, trail) for inner in value[:_MAX_LIST]]
    return value
