"""Numbers as a filter may write them: integers, bytes, seconds (docs/contract/rules.md 4.3).

Unlike yt-dlp's own two readers this one never guesses: what it does not know is text.
"""

import re
from typing import Final

LONGEST: Final = 64
"""Characters. No quantity is longer, and a description need not be searched for one."""

_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,40}")
_DECIMAL: Final = re.compile(r"[+-]?[0-9]{1,40}\.[0-9]{1,20}")
_SIZE: Final = re.compile(
    r"(?P<number>[0-9]{1,20}(?:\.[0-9]{1,20})?)\s*(?:(?P<letter>[KMGTPEZYkmgtpezy])(?P<unit>i?B|b)|[Bb])"
)
_CLOCK: Final = re.compile(
    r"(?:(?:(?P<days>[0-9]{1,9}):)?(?P<hours>[0-9]{1,9}):)?(?P<minutes>[0-9]{1,9}):(?P<seconds>[0-9]{1,2}(?:\.[0-9]+)?)"
)
_UNITS: Final = re.compile(
    r"""(?ix)
    (?: P (?: (?P<days>[0-9]{1,9}) D )? T )?
    (?: (?P<hours>[0-9]{1,9}) \s* h(?:(?:ou)?rs?)? ,? \s* )?
    (?: (?P<minutes>[0-9]{1,9}) \s* m(?:in(?:ute)?s?)? ,? \s* )?
    (?: (?P<seconds>[0-9]{1,9}(?:\.[0-9]+)?) \s* s(?:ec(?:ond)?s?)? )?
    """
)
_FRACTION: Final = re.compile(
    r"(?i)(?:(?P<hours>[0-9]{1,9}\.[0-9]+)\s*hours?|(?P<minutes>[0-9]{1,9}\.[0-9]+)\s*(?:minutes?|mins?))"
)
_SECONDS: Final = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}
_POWERS: Final = {letter: power for power, letter in enumerate("KMGTPEZY", start=1)}


def read_number(text: str) -> int | float | None:
    """`600` -> 600, `1.5MB` -> 1500000, `2h30m` -> 9000; None for what is no quantity: `1080p`, `4k`, `1.5m`, `1d`."""
    if not 0 < len(text) <= LONGEST:
        return None
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return _exact(float(text))
    size = _SIZE.fullmatch(text)
    return _seconds(text) if size is None else _bytes(size)


def _bytes(match: re.Match[str]) -> int:
    """`kB` and `KiB` count in 1024, `KB`, `kb` and `Kb` in 1000."""
    number, letter, unit = match["number"], match["letter"], match["unit"]
    if letter is None:
        return round(float(number))
    binary = unit == "iB" or (letter.islower() and unit == "B")
    factor: int = (1024 if binary else 1000) ** _POWERS[letter.upper()]
    return round(float(number) * factor)


def _seconds(text: str) -> int | float | None:
    match = _CLOCK.fullmatch(text) or _UNITS.fullmatch(text) or _FRACTION.fullmatch(text)
    if match is None:
        return None
    parts = {name: value for name, value in match.groupdict().items() if value is not None}
    return _exact(sum(float(value) * _SECONDS[name] for name, value in parts.items())) if parts else None


def _exact(number: float) -> int | float:
    return int(number) if number.is_integer() else number
