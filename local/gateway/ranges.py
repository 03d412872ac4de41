"""The parts of a file that a request asks for (RFC 9110 14)."""

import re
from typing import Final

_SPEC: Final = re.compile(rb"(\d{0,18})\s*-\s*(\d{0,18})")
_MOST: Final = 16
"""Players ask for one or two; more cost work and bring nothing."""

Range = tuple[int, int]
"""First byte, and the one behind the last."""


def read_ranges(text: bytes, size: int) -> list[Range] | None:
    """The ranges of a header's value, in its order; none of them where the file has no such bytes. None means the whole
    file: a proper answer to what cannot be read, and to more than makes sense.
    """
    unit, equals, specs = text.strip().lower().partition(b"=")
    if unit.strip() != b"bytes" or not equals:
        return None
    ranges = []
    for spec in specs.split(b","):
        match = _SPEC.fullmatch(spec.strip())
        if not match or not (match[1] or match[2]) or (match[1] and match[2] and int(match[2]) < int(match[1])):
            return None
        ranges.append(_resolve(match[1], match[2], size))
    if len(ranges) > _MOST:
        return None
    satisfiable = [(first, end) for first, end in ranges if first < end]
    if len(satisfiable) > 1 and sum(end - first for first, end in satisfiable) > size:
        return None
    return satisfiable


def _resolve(first: bytes, last: bytes, size: int) -> Range:
    """Empty where the file has no such bytes."""
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(size, int(last) + 1) if last else size
