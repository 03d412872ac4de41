"""Sessions of the terminal: queries and answers."""

from pydantic import Field

from dlambda.entry.model import Model, Root
from dlambda.entry.query import Query


class SessionPath(Model):
    session_id: str = Field(description="as answered when it began")


class CursorQuery(Query):
    since: str = Field("", description="the number of the last event that was seen; the larger of it and the header")


class Session(Model):
    """A command of the terminal; times are unix seconds."""

    session_id: str = Field(examples=["3a8c5f7e2d3b4a8f9c0d1e2f3a4b5c6d"])
    command: str = Field(description="secrets masked", examples=["--version"])
    status: str = Field(
        description="`starting`, `running`, `completed`, `failed` or `interrupted`", examples=["running"]
    )
    created_at: float
    started_at: float | None
    finished_at: float | None
    expires_at: float | None = Field(description="when it is forgotten; null while it runs")
    available_until: float | None = Field(description="the same")
    exit_code: int | None = Field(description="-1 when it did not end by itself; null while it runs")
    last_sequence: int = Field(description="the number of the last event")


class SessionOrNone(Root[Session | None]):
    """A session, or null."""


class SessionList(Model):
    items: list[Session]


class Cancelled(Model):
    message: str
    session_id: str
