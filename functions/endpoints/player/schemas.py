"""Paths, queries and answers of `/api/player*` (docs/contract/files.md 4)."""

from typing import Annotated

from pydantic import Field

from dlambda.entry.model import Model
from dlambda.entry.query import Query, choice, documented


class FilePath(Model):
    file: str = Field(description="below the download root, with its own extension")


class Mode(Model):
    mode: Annotated[str, choice("video", "subtitle")]


class ModePath(Mode, FilePath):
    pass


class Index(Model):
    segment: Annotated[str, documented({"type": "integer", "minimum": 0})] = Field(description="from 0")


class SegmentPath(Index, FilePath):
    pass


class FormatPath(FilePath):
    source_format: Annotated[str, choice("vtt", "srt", "ass")]


class PlaylistQuery(Query):
    duration: str | None = Field(None, description="seconds; of a subtitle's playlist")


class SegmentQuery(Query):
    sd: str | None = Field(None, description="length in seconds, 6 by default, 60 at most")
    st: str | None = Field(None, description="start in seconds; by default 6 x segment")
    vc: str | None = Field(None, description="1: convert the video, 0: copy it")
    ac: str | None = Field(None, description="1: convert the sound, 0: copy it")


class SubtitleTrack(Model):
    lang: str
    name: str
    source_format: str
    delivery_format: str
    renderer: str
    url: str


class Manifest(Model):
    subtitles: list[SubtitleTrack]
