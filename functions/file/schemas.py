"""Paths and answers of the file endpoints (docs/contract/files.md 3)."""

from pydantic import BaseModel, Field


class FilePath(BaseModel):
    path: str = Field(description="below the download root")
