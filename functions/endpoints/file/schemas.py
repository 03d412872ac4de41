"""Paths and answers of the file endpoints (docs/contract/files.md 3)."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from dlambda.entry.model import Model, Root
from dlambda.entry.pages import TRUNCATED, Pagination
from dlambda.entry.query import PageNumber, PageSize, Query, choice


class FilePath(Model):
    path: str = Field(description="below the download root")


class FolderQuery(Query):
    page: PageNumber = Field(None, description="from 1")
    per_page: PageSize = Field(None, description="default: the setting `default_pagination`")
    sort_by: Annotated[str | None, choice("name", "size", "date", "type")] = Field(None, description="default: `name`")
    sort_order: Annotated[str | None, choice("asc", "desc")] = Field(None, description="default: `asc`")
    search: str | None = Field(None, description="part of a name, in any case")


class EntryView(Model):
    type: Literal["file", "dir", "link"]
    content_type: str = Field(examples=["video"])
    name: str
    path: str = Field(examples=["/videos/a.mp4"])
    size: int
    mime: str
    mtime: str
    ctime: str
    is_dir: bool
    is_file: bool
    is_symlink: bool


class FolderView(Model):
    path: str = Field(examples=["/videos"])
    contents: list[EntryView]
    pagination: Pagination
    truncated: bool | None = Field(None, description=TRUNCATED)


class ProbeView(Model):
    """ffprobe's answer, and the same sorted by kind."""

    model_config = ConfigDict(extra="allow")

    format: dict[str, Any]
    streams: list[dict[str, Any]]
    metadata: dict[str, Any]
    video: list[dict[str, Any]]
    audio: list[dict[str, Any]]
    subtitle: list[dict[str, Any]]
    attachment: list[dict[str, Any]]
    chapters: list[dict[str, Any]] = Field([], description="as ffprobe has them")
    is_video: bool
    is_audio: bool


class FileInfo(Model):
    title: str
    ffprobe: dict[str, Any]
    mimetype: str
    sidecar: dict[str, list[dict[str, str]]]


class ActionResult(Model):
    model_config = ConfigDict(extra="allow")

    path: str
    action: str
    ok: bool
    status: bool
    error: str | None


class ActionResults(Root[list[ActionResult]]):
    pass


class JobPath(Model):
    id: str


class JobView(Model):
    """Long work: `results` are complete when `done` is true."""

    job: str
    done: bool
    results: list[ActionResult]


class TokenPath(Model):
    token: str


class Bundle(Model):
    token: str
    files: list[str]
