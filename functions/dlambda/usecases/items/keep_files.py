"""Brings a finished download's files to the bucket."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlambda.aws import bucket
from dlambda.aws.growing import GrowingUpload
from dlambda.aws.links import check_key
from dlambda.domain.files.content_type import content_type
from dlambda.domain.files.sidecar import sidecars, under
from dlambda.domain.items.item import Item
from dlambda.domain.paths.paths import object_key
from dlambda.errors import Invalid
from dlambda.media.av.ffmpeg import describe
from dlambda.media.workers.download import Result
from dlambda.media.ytdlp.work_layout import HOME
from dlambda.settings import get_settings
from dlambda.usecases.files.folders import is_folder, join, note_files, split

log = logging.getLogger(__name__)


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


def keep(
    item: Item, workdir: Path, result: Result, renew: Callable[[], None], growing: GrowingUpload | None = None
) -> Kept:
    """Uploads the file and its sidecars; `renew` is called meanwhile. Idempotent.

    `growing` is the upload that ran beside the download, if any: it is finished when it holds the final file. Raises
    `Invalid` for a file that holds no media.
    """
    if not result.filepath:
        if growing:
            growing.abort()
        return Kept(None)
    home = workdir / HOME
    media = home / result.filepath
    try:
        probed = describe(str(media))
    except Invalid:
        if growing:
            growing.abort()
        raise
    folder = item.folder.strip("/")
    for name in (*result.extra_files, result.filepath):
        path, key = home / name, key_of(item, name)
        if growing and key == growing.key:
            is_complete, growing = growing.finish(path), None
            if is_complete:
                log.info("uploaded %s, %d bytes", name, path.stat().st_size, extra={"item_id": item.id})
                continue
        if path.is_file() and path.stat().st_size:
            bucket.put_file(path, key, content_type(name), renew)
            log.info("uploaded %s, %d bytes", name, path.stat().st_size, extra={"item_id": item.id})
    if growing:
        growing.abort()
    note_files(join(folder, name) for name in (*result.extra_files, result.filepath) if (home / name).is_file())
    inside, _, own = result.filepath.rpartition("/")
    beside = [name.rpartition("/")[2] for name in result.extra_files if name.rpartition("/")[0] == inside]
    place = "/".join(part for part in (folder, inside) if part)
    return Kept(
        filename=result.filepath,
        file_size=media.stat().st_size,
        sidecar=_absolute(under(place, sidecars(own, beside))),
        extras={**item.extras, **probed},
    )


def key_of(item: Item, name: str) -> str:
    """The object key of a file that is named relative to the item's folder."""
    folder = item.folder.strip("/")
    return object_key(f"{folder}/{name}" if folder else name)


def check_place(item: Item, name: str) -> None:
    """Raises `Invalid` where no file of that name can be: a folder has it, or its folder is a file or a link out."""
    key = key_of(item, name)
    check_key(key)
    path = key.removeprefix(object_key(""))
    if is_folder(path):
        raise Invalid(f"'{path}' is a folder.")
    while path := split(path)[0]:
        if bucket.find(object_key(path)) is not None:
            raise Invalid(f"'{path}' is a file, not a folder.")


def _absolute(groups: Any) -> dict[str, Any]:
    """With the virtual root in front, as clients expect it in items (downloads.md 2.5)."""
    root = get_settings().download_path.rstrip("/")
    return {
        kind: [{**entry, "file": f"{root}/{entry['file']}"} for entry in entries] for kind, entries in groups.items()
    }
