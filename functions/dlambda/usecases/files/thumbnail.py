"""The picture of a stored film: one that lies beside it, or a frame that is made once (downloads.md 4.16)."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import BoundedSemaphore

from dlambda.aws import bucket
from dlambda.deployment import current, per_deployment
from dlambda.domain.files.content_type import suffix
from dlambda.domain.files.sidecar import stem_of
from dlambda.domain.paths.paths import object_key
from dlambda.errors import NotFound, OperationFailed, Unavailable
from dlambda.media.av.frame import write_frame
from dlambda.store import cache
from dlambda.usecases.files.find_file import Found, sidecars_of
from dlambda.usecases.files.folders import join, split
from dlambda.usecases.files.follow_files import files_added
from dlambda.usecases.files.make_once import make_once
from dlambda.usecases.files.probe_file import location_of, probed, version_key

log = logging.getLogger(__name__)

PREFIX = "thumbnails/"
_TYPE = "image/jpeg"
_PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
_FOLDER_PICTURES = ("thumbnail", "poster", "artwork", "cover", "fanart")
_MISSING = "thumbnail not found."
_MISS_SECONDS = 3600.0
_PATIENCE_SECONDS = 20.0
_MAKING_SECONDS = 60.0  # the wait for a turn, and two tries of ffmpeg


def thumbnail_of(file: Found) -> str:
    """The key of the file's picture, which is made unless there is one.

    Raises `NotFound` for what has none: sound, a file that cannot be read, and any while none are to be made.
    """
    beside = _picture_beside(file.path)
    if beside is not None:
        return object_key(beside)
    if not current().settings.thumb_generate:
        raise NotFound(_MISSING)
    miss = f"no-thumbnail#{version_key(file)}"
    if cache.find(miss, current().clock.time()):
        raise NotFound(_MISSING)
    key = _key(file)
    try:
        if make_once(key, lambda: _make(file, key), seconds=_MAKING_SECONDS) and current().settings.thumb_sidecar:
            files_added([_sidecar_path(file.path)])
    except OperationFailed as error:
        words = "; ".join(getattr(error, "__notes__", [])) or error.message
        log.warning("No thumbnail of '%s': %s", file.path, words)
        cache.put(miss, True, current().clock.time() + _MISS_SECONDS)
        raise NotFound(_MISSING) from None
    return key


def _picture_beside(path: str) -> str | None:
    """The picture of the file's own name, else the best one of its folder."""
    pictures = [entry["file"] for entry in sidecars_of(path).get("image", []) if suffix(entry["file"]) in _PICTURES]
    by_name = {stem_of(split(picture)[1]).lower(): picture for picture in reversed(pictures)}
    own = [picture for picture in pictures if stem_of(picture) == stem_of(path)]
    return next(iter(own), None) or next((by_name[name] for name in _FOLDER_PICTURES if name in by_name), None)


def _key(file: Found) -> str:
    if current().settings.thumb_sidecar:
        return object_key(_sidecar_path(file.path))
    return f"{PREFIX}{version_key(file)}.jpg"


def _sidecar_path(path: str) -> str:
    folder, name = split(path)
    return join(folder, f"{stem_of(name)}.jpg")


def _make(file: Found, key: str) -> None:
    """Raises `OperationFailed`, `Unavailable` when too many others are being made."""
    probe = probed(file)
    if not probe["is_video"]:
        raise OperationFailed("The file holds no video.")
    with TemporaryDirectory() as folder, _turn():
        path = Path(folder, "frame.jpg")
        seconds = _moment(float(probe["format"].get("duration") or 0))
        try:
            write_frame(location_of(file.path), seconds, path)
        except OperationFailed:
            if not seconds:
                raise
            write_frame(location_of(file.path), 0.0, path)
        bucket.put_bytes(key, path.read_bytes(), _TYPE)


def _moment(duration: float) -> float:
    """Where the frame is taken from: behind the titles of the beginning, and before the end."""
    if duration <= 0:
        return 3.0
    return max(0.0, min(max(duration / 10, 1.0), 15.0, duration - 0.1))


@contextmanager
def _turn() -> Iterator[None]:
    """Takes one of this process' few places to make pictures. Raises `Unavailable` when none is free for long."""
    turns = _turns()
    if not turns.acquire(timeout=_PATIENCE_SECONDS):
        raise Unavailable("Too many thumbnails are being made; try again.")
    try:
        yield
    finally:
        turns.release()


@per_deployment
def _turns() -> BoundedSemaphore:
    return BoundedSemaphore(current().settings.thumb_concurrency)
