"""Versions: which of two is newer (docs/contract/system.md 5, check-updates). Pure."""

import re
from enum import StrEnum

_VERSION = re.compile(r"v?(\d+(?:\.\d+)*)", re.IGNORECASE)


class UpdateStatus(StrEnum):
    DISABLED = "disabled"
    UPDATE_AVAILABLE = "update_available"
    UP_TO_DATE = "up_to_date"
    ERROR = "error"


def parse_version(text: str) -> tuple[int, ...] | None:
    """`v1.0.14` -> (1, 0, 14), a leading `v` ignored; None for what is no version."""
    match = _VERSION.match(text.strip())
    if match is None:
        return None
    numbers = [int(part) for part in match[1].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def compare(current: str, latest: str) -> UpdateStatus:
    now, then = parse_version(current), parse_version(latest)
    if now is None or then is None:
        return UpdateStatus.ERROR
    return UpdateStatus.UPDATE_AVAILABLE if then > now else UpdateStatus.UP_TO_DATE
