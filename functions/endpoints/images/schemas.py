"""Queries of the image endpoints (docs/contract/system.md 9)."""

from pydantic import Field

from dlambda.entry.query import Query


class ThumbnailQuery(Query):
    url: str | None = Field(None, description="where the picture is")


class BackgroundQuery(Query):
    force: str | None = Field(None, description="anything: fetch another one")
