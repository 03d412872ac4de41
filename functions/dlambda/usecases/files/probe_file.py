"""Facts about stored files, found out once per version: ffprobe's answer, and others."""

import hashlib
from collections.abc import Callable
from typing import Any

from dlambda.aws import bucket
from dlambda.deployment import current
from dlambda.domain.files.probe import published
from dlambda.domain.paths.paths import object_key
from dlambda.errors import NotFound
from dlambda.media.av.ffmpeg import probe
from dlambda.store import cache
from dlambda.usecases.files.find_file import Found

_KEPT_SECONDS = 30 * 86400
_READ_SECONDS = 3600


def location_of(path: str) -> str:
    """Where our own programs read a stored file: a path, or a URL with ranges, good for an hour. Raises `NotFound`."""
    return bucket.location(object_key(path), seconds=_READ_SECONDS)


def version_key(file: Found, *parameters: object) -> str:
    """Changes with the file: its path, its version, and `parameters`."""
    assert file.stored is not None
    parts = [file.path, file.stored.version, *map(str, parameters)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def probed(file: Found) -> dict[str, Any]:
    """The published probe (files.md 3). Raises `OperationFailed` for a file that is no media, `Unavailable`."""
    probe_of_file = remembered("probe", file, lambda: published(probe(location_of(file.path)), file.path))
    name = {"filename": file.shown_path}
    return {**probe_of_file, "format": probe_of_file["format"] | name, "metadata": probe_of_file["metadata"] | name}


def remembered(kind: str, file: Found, ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The answer of `ask` for this version of the file, kept for a while by `kind`."""
    if file.stored is None:
        raise NotFound(f"File '{file.path}' does not exist.")
    key = f"{kind}#{version_key(file)}"
    answer: dict[str, Any] | None = cache.find(key, current().clock.time())
    if answer is None:
        answer = ask()
        cache.put(key, answer, current().clock.time() + _KEPT_SECONDS)
    return answer
