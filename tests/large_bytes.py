"""A pytest plugin: files that differ are told by their lengths and the first difference.

Where `CI` is set, pytest writes a whole diff, a line for each four bytes, which takes minutes for a film.
"""

from functools import wraps
from typing import Any

from _pytest.assertion import util

_LARGE = 2048
_SHOWN = 16
_compare = util.assertrepr_compare


def difference(left: bytes, right: bytes) -> list[str]:
    """The lines of the explanation."""
    pairs = enumerate(zip(left, right, strict=False))
    at = next((place for place, (one, other) in pairs if one != other), min(len(left), len(right)))
    return [
        f"{len(left)} bytes == {len(right)} bytes",
        f"at {at}: {left[at : at + _SHOWN]!r} != {right[at : at + _SHOWN]!r}",
    ]


@wraps(_compare)
def _compare_quickly(op: str, left: object, right: object, **options: Any) -> Any:
    if op == "==" and isinstance(left, bytes) and isinstance(right, bytes) and max(len(left), len(right)) > _LARGE:
        return difference(left, right)
    return _compare(op, left, right, **options)


util.assertrepr_compare = _compare_quickly
