"""Facts of a stored file that a player needs: its timeline, and where its segments are cut from.

Most files are cut as they lie there. One without a length (recorded live, written into a pipe) or with time stamps that
begin anew (transport streams that were joined) is copied once, into a file that has both; the copy is kept for a day.
"""

import logging
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from dlambda.aws import bucket
from dlambda.domain.files.timeline import Timeline
from dlambda.errors import OperationFailed
from dlambda.media.av.pieces.copying import copy_with_index
from dlambda.media.av.pieces.cutting import read_timeline
from dlambda.usecases.files.find_file import Found
from dlambda.usecases.files.make_once import make_once
from dlambda.usecases.files.probe_file import location_of, remembered, version_key

log = logging.getLogger(__name__)

_PREFIX = "cache/copies/"
_TYPE = "video/x-matroska"
_READ_SECONDS = 3600
_MOST_BYTES = 2 * 1024**3
_COPYING_SECONDS = 300.0  # longer than ffmpeg may take, and the upload of a copy
# Changes when timelines are reckoned otherwise: those kept from before no longer fit the segments.
_TIMELINE = "timeline-3"


def timeline_of(file: Found) -> Timeline:
    """Duration, what must be converted and where to cut. Raises `Invalid` for a file that is no media."""
    return Timeline(**remembered(_TIMELINE, file, lambda: asdict(_read_timeline(file))))


def source_of(file: Found) -> str:
    """Where the file's segments are cut from: a path, or a URL with ranges. Raises what `timeline_of` raises."""
    return _copy_of(file) if timeline_of(file).is_of_copy else location_of(file.path)


def _read_timeline(file: Found) -> Timeline:
    timeline = read_timeline(location_of(file.path))
    if not timeline.is_of_copy:
        return timeline
    try:
        return replace(read_timeline(_copy_of(file)), is_of_copy=True)
    except OperationFailed as error:
        words = "; ".join(getattr(error, "__notes__", [])) or error.message
        log.warning("No copy of '%s' that can be cut: %s", file.path, words)
        return replace(timeline, is_of_copy=False)


def _copy_of(file: Found) -> str:
    """Where the copy lies, which is made unless it is there."""
    assert file.stored is not None
    if file.stored.size_bytes > _MOST_BYTES:
        raise OperationFailed("The file is too large to be copied.")
    key = f"{_PREFIX}{version_key(file)}.mkv"
    make_once(key, lambda: _make_copy(file, key), seconds=_COPYING_SECONDS)
    return bucket.location(key, seconds=_READ_SECONDS)


def _make_copy(file: Found, key: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "copy.mkv")
        copy_with_index(location_of(file.path), path)
        bucket.put_file(path, key, _TYPE)
