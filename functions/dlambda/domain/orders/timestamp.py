"""Points in time as clients write them: seconds, `MM:SS`, `HH:MM:SS` (docs/contract/hostapi.md, Tasks)."""

import math
import re

from dlambda.errors import Invalid

_CLOCK = re.compile(r"(?:(\d{1,3}):)?([0-5]?\d):([0-5]?\d(?:\.\d+)?)")
_MOST_SECONDS = 10 * 365 * 86400.0


def read_number(value: object, field: str) -> float:
    """A number that is not negative, also as a text. Raises `Invalid` naming the field."""
    try:
        number = math.nan if isinstance(value, bool) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if number > _MOST_SECONDS:
        raise Invalid(f"{field} must be at most {_MOST_SECONDS:.0f} seconds.")
    if not number >= 0:  # also what is no number
        raise Invalid(f"{field} must be a number of seconds, 0 or more.")
    return number


def read_moment(value: object, field: str) -> float:
    """Seconds. Raises `Invalid` naming the field."""
    match = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
    if match:
        hours, minutes, seconds = (float(part or 0) for part in match.groups())
        return hours * 3600 + minutes * 60 + seconds
    try:
        return read_number(value, field)
    except Invalid:
        raise Invalid(f"{field} must be seconds, MM:SS or HH:MM:SS.") from None
