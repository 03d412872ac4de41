"""Dates as feeds write them."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from typing import Final

from dateutil import parser

_YEAR: Final = re.compile(r"\d{4}|\d{1,2}\D+\d{1,2}\D+\d{2}\b")
_MOST_CHARACTERS: Final = 100
_ZONES: Final = {
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "BST": 1, "CET": 1,
    "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "JST": 9,
}  # fmt: skip


def read_date(text: str) -> datetime | None:
    """The moment, in UTC where the text names no zone; None for what is no date."""
    text = text.strip()
    if len(text) > _MOST_CHARACTERS or not _YEAR.search(text):
        return None
    moment = _iso(text) or _of_mail(text) or _any(text)
    if moment is None:
        return None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _of_mail(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _any(text: str) -> datetime | None:
    try:
        moment = parser.parse(text, default=datetime(1, 1, 1), tzinfos=_zone)  # noqa: DTZ001 a text may have none
    except (ValueError, OverflowError, TypeError, AttributeError):
        return None
    return moment if moment.year > 1 else None


def _zone(name: str | None, offset_seconds: int | None) -> tzinfo | None:
    if offset_seconds is None:
        offset_seconds = _ZONES[name] * 3600 if name in _ZONES else None
    return None if offset_seconds is None else timezone(timedelta(seconds=offset_seconds))
