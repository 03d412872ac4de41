"""What a stored file holds, asked once per version of it: for people (ffprobe's answer) and for playlists."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from dlambda.aws import bucket
from dlambda.domain.files.probe import published
from dlambda.domain.files.timeline import Timeline
from dlambda.domain.places.paths import object_key
from dlambda.errors import NotFound
from dlambda.media.ffmpeg import probe
from dlambda.media.pieces.cutting import read_timeline
from dlambda.store import cache
from dlambda.usecases.files.find_file import Found

_KEPT_SECONDS = 30 * 86400
# Changes when timelines are reckoned otherwise: those kept from before no longer fit the segments.
_TIMELINE = "timeline-2"
_READ_SECONDS = 3600


def location_of(path: str) -> str:
    """Where our own programs read a stored file: a URL with ranges, good for an hour."""
    return bucket.presign(object_key(path), seconds=_READ_SECONDS)


def version_key(found: Found, *more: object) -> str:
    """Changes with the file: its path, its version, and `more`."""
    assert found.stored is not None
    parts = [found.path, found.stored.version, *map(str, more)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def probed(found: Found) -> dict[str, Any]:
    """The published probe (files.md 3). Raises `OperationFailed` for a file that is no media, `Unavailable`."""
    return _remembered("probe", found, lambda: published(probe(location_of(found.path)), found.path))


def timeline_of(found: Found) -> Timeline:
    """Duration, what must be converted and where to cut. Raises `Invalid` for a file that is no media."""
    kept = _remembered(_TIMELINE, found, lambda: asdict(read_timeline(location_of(found.path))))
    return Timeline(**kept)


def _remembered(kind: str, found: Found, ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    if found.stored is None:
        raise NotFound(f"File '{found.path}' does not exist.")
    key = f"{kind}#{version_key(found)}"
    known: dict[str, Any] | None = cache.find(key, time.time())
    if known is None:
        known = ask()
        cache.put(key, known, time.time() + _KEPT_SECONDS)
    return known
