"""Queries and answers of `/api/logs*` (docs/contract/system.md 6)."""

from typing import Any

from pydantic import Field

from dlambda.domain.telemetry.log_line import LEVELS, Wanted
from dlambda.entry.model import Model
from dlambda.entry.query import Query
from dlambda.errors import Invalid

_LIMITS = range(1, 151)
_OTHER_LIMIT = 50


class StreamQuery(Query):
    item_id: str = Field("", description="only what concerns this item, from the POST to the last part uploaded")
    request_id: str = Field("", description="only what one request did; it is in the header X-Request-Id of its answer")
    level: str = Field("", description="this level and those above it, such as warning")
    search: str = Field("", description="a text in the line")

    @property
    def wanted(self) -> Wanted:
        level = self.level.strip().upper()
        if level and level not in LEVELS:
            raise Invalid(f"level must be one of {', '.join(name.lower() for name in LEVELS)}.")
        return Wanted(self.item_id.strip(), self.request_id.strip(), level, self.search.strip())


class LogsQuery(StreamQuery):
    offset: str = Field("0", description="entries to skip, counted from the newest")
    limit: str = Field("100", description="outside of 1 to 150 it means 50")

    @property
    def skip(self) -> int:
        return max(0, _number("offset", self.offset, 0))

    @property
    def count(self) -> int:
        number = _number("limit", self.limit, 100)
        return number if number in _LIMITS else _OTHER_LIMIT


def _number(name: str, text: str, default: int) -> int:
    try:
        return int(text) if text.strip() else default
    except ValueError:
        raise Invalid(f"{name} must be a number.") from None


class LevelPath(Model):
    level: str = Field(description="`debug`, `info`, `warning`, `error` or `critical`")


class LogLevels(Model):
    conf: str = Field(description="that of the settings", examples=["info"])
    active: str = Field(description="that counts now", examples=["debug"])
    levels: list[str] = Field(examples=[["debug", "info", "warning", "error", "critical"]])


class Source(Model):
    """A place in the code; `path` from the import root or the package."""

    path: str = Field(examples=["dlambda/entry/http.py"])
    file: str = Field(examples=["http.py"])
    module: str = Field(examples=["http"])
    function: str = Field(examples=["_render"])
    line: int


class Raised(Model):
    type: str = Field(examples=["ValueError"])
    message: str
    file: str = Field(examples=["dlambda/entry/http.py"])
    line: int
    stack: list[Source] = Field(description="the last 30 frames, outermost first")


class Entry(Model):
    id: str
    line: str
    datetime: str | None
    timestamp: str | None
    level: str
    levelno: int = Field(examples=[40])
    logger: str = Field(examples=["dlambda.entry.http"])
    message: str
    source: Source | None = Field(description="where it was written; null for lines of other programs")
    exception: Raised | None = Field(description="what was raised, if anything was")
    fields: dict[str, Any] = Field(description="all other values of the line")
    item_id: str | None = None
    request_id: str | None = None


class LogPage(Model):
    logs: list[Entry] = Field(description="oldest first")
    offset: int
    limit: int
    next_offset: int | None
    end_is_reached: bool
