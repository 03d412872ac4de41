"""Queries and answers of `/api/logs*` (docs/contract/system.md 6)."""

from pydantic import BaseModel, Field

from dlambda.domain.telemetry.log_line import LEVELS, Wanted
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


class Entry(BaseModel):
    id: str
    line: str
    datetime: str | None
    timestamp: str | None
    level: str
    message: str
    item_id: str | None = None
    request_id: str | None = None


class Logs(BaseModel):
    logs: list[Entry] = Field(description="oldest first")
    offset: int
    limit: int
    next_offset: int | None
    end_is_reached: bool
