"""Brings a finished download's files to the bucket."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlambda.aws import bucket
from dlambda.aws.links import check_key
from dlambda.deployment import current
from dlambda.domain.files.content_type import content_type
from dlambda.domain.files.sidecar import sidecars, under
from dlambda.domain.items.item import Item
from dlambda.domain.paths.paths import object_key, object_key_in
from dlambda.errors import Invalid
from dlambda.media.av.ffmpeg import describe
from dlambda.media.workers.download import Result
from dlambda.media.ytdlp.work_layout import HOME
from dlambda.store.items.leases import Lost
from dlambda.usecases.files.folders import is_folder, join, note_files, split
from dlambda.usecases.items.disk_watch import check_space
from dlambda.usecases.items.early_upload import EarlyUpload
from dlambda.usecases.workers.saved_state import saved_state

log = logging.getLogger(__name__)

_READ_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Kept:
    """The files that lie in the bucket now."""

    filename: str | None
    file_size: int | None = None
    sidecar: dict[str, Any] | None = None
    extras: dict[str, Any] | None = None

    def fields(self) -> dict[str, Any]:
        """The item fields that this decides; none without a file."""
        if self.filename is None:
            return {}
        size = self.file_size
        return {
            "filename": self.filename,
            "file_size": size,
            "downloaded_bytes": size,
            "total_bytes": size,
            "sidecar": self.sidecar or {},
            "extras": self.extras or {},
        }


def keep(item: Item, workdir: Path, result: Result, renew: Callable[[], None], early_upload: EarlyUpload) -> Kept:
    """Uploads the file and its sidecars; `renew` is called meanwhile. Idempotent.

    `early_upload` ran beside the download: it is finished when it holds the final file. Raises `Invalid` for a file
    that holds no media or has no place in the bucket, `DiskFull` where the bucket's volume has no space for it.
    """
    if not result.filepath:
        return Kept(None)
    home = workdir / HOME
    media = home / result.filepath
    names = (*result.extra_files, result.filepath)
    is_elsewhere = early_upload.is_only_copy(media)
    try:
        probed = {} if is_elsewhere else describe(str(media))
        for name in names:
            _upload(item, home, name, renew, early_upload)
        if is_elsewhere:
            probed = _describe_object(object_key_in(item.folder, result.filepath))
        note_files(join(item.folder.strip("/"), name) for name in names if (home / name).is_file())
    except Exception as error:
        if saved_state().is_shared and not isinstance(error, Lost | Invalid):
            _check_room(item, result.filepath, media.stat().st_size)
        raise
    return Kept(
        filename=result.filepath,
        file_size=media.stat().st_size,
        sidecar=_sidecar(item, result.filepath, result.extra_files),
        extras={**item.extras, **probed},
    )


def _check_room(item: Item, filepath: str, size_bytes: int) -> None:
    """On one machine the bucket is folders beside the scratch folder: there has to be space for the file twice."""
    _check_place(item, filepath)
    check_space(needed_bytes=size_bytes)


def _describe_object(key: str) -> dict[str, Any]:
    """As `describe`, of an object; one that holds no media goes."""
    try:
        return describe(bucket.location(key, seconds=_READ_SECONDS), name=key)
    except Invalid:
        bucket.delete([key])
        raise


def _upload(item: Item, home: Path, name: str, renew: Callable[[], None], early_upload: EarlyUpload) -> None:
    path, key = home / name, object_key_in(item.folder, name)
    if not early_upload.finish(key, path):
        if not path.is_file() or not path.stat().st_size:
            return
        bucket.place_file(path, key, content_type(name), renew)
    log.info("uploaded %s, %d bytes", name, path.stat().st_size, extra={"item_id": item.id})


def _check_place(item: Item, name: str) -> None:
    """Raises `Invalid` where no file of that name can be: a folder has it, or its folder is a file or a link out."""
    key = object_key_in(item.folder, name)
    check_key(key)
    path = key.removeprefix(object_key(""))
    if is_folder(path):
        raise Invalid(f"'{path}' is a folder.")
    while path := split(path)[0]:
        if bucket.find(object_key(path)) is not None:
            raise Invalid(f"'{path}' is a file, not a folder.")


def _sidecar(item: Item, name: str, extra_files: Sequence[str]) -> dict[str, Any]:
    """The item's field: the files beside the media file `name`."""
    inside, _, own = name.rpartition("/")
    beside = [extra.rpartition("/")[2] for extra in extra_files if extra.rpartition("/")[0] == inside]
    place = "/".join(part for part in (item.folder.strip("/"), inside) if part)
    return _absolute(under(place, sidecars(own, beside)))


def _absolute(groups: Any) -> dict[str, Any]:
    """With the virtual root in front, as clients expect it in items (downloads.md 2.5)."""
    root = current().settings.download_path.rstrip("/")
    return {
        kind: [{**entry, "file": f"{root}/{entry['file']}"} for entry in entries] for kind, entries in groups.items()
    }
