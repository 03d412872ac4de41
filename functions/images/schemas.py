"""Queries of the image endpoints (docs/contract/system.md 9)."""

from pydantic import BaseModel, Field


class ThumbnailQuery(BaseModel):
    url: str | None = Field(None, description="where the picture is")


class BackgroundQuery(BaseModel):
    force: str | None = Field(None, description="anything: fetch another one")
