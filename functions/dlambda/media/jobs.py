"""What a worker process is asked to do. Plain values: they travel pickled into the child, never out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ExtractJob:
    """Read a page's metadata; see `dlambda.media.extract.extract`."""

    url: str
    params: Mapping[str, Any]
    workdir: str
    cookies: str | None = None
    allow_internal: bool = False
    follow: bool = True
    cache: str | None = None
    deno: str | None = None
    debug: bool = False


@dataclass(frozen=True)
class DownloadJob:
    """Download one item; see `dlambda.media.download.DownloadSpec`. Paths are texts, the workdir exists."""

    item_id: str
    url: str
    params: Mapping[str, Any]
    workdir: str
    info: Mapping[str, Any] | None = None
    cookies: str | None = None
    extras: Mapping[str, Any] = field(default_factory=dict)
    is_live: bool = False
    allow_internal: bool = False
    has_archive: bool = False
    ffmpeg: str | None = None
    cache: str | None = None
    deno: str | None = None
    debug: bool = False


@dataclass(frozen=True)
class RecordJob:
    """Record a part of a live stream; see `dlambda.media.record`. Seconds; the workdir exists."""

    url: str
    params: Mapping[str, Any]
    workdir: str
    start: float
    duration: float
    allow_internal: bool = False
    debug: bool = False


Job = ExtractJob | DownloadJob | RecordJob
