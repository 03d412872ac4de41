"""Where a download works, and when that goes: at the end, or as soon as no record needs it (downloads.md 5.7)."""

import hashlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from dlambda.deployment import current
from dlambda.domain.items.item import Item, Shelf, Status
from dlambda.media.ytdlp.resume import State, can_continue
from dlambda.store.items import items
from dlambda.usecases.workers.work_folder import remove_folder

_MINUTE_SECONDS = 60
_MOST_FILE_BYTES = 200_000
_CONTINUED = frozenset({Status.ERROR, Status.CANCELLED})


def work_folder(item: Item) -> Path:
    """By URL (and part), so that a retry of the same source finds what is there, and no other source ever does."""
    name = hashlib.sha256(item.source_key.encode()).hexdigest()[:16]
    return _root() / name


def open_work_folder(item: Item) -> Path:
    """Makes it. Beside it stands whose it is, where no worker can write."""
    folder = work_folder(item)
    folder.mkdir(parents=True, exist_ok=True)
    _owner_file(folder).write_text(item.source_key, encoding="utf-8")
    return folder


def read_worker_file(folder: Path, name: str) -> str:
    """A small text that a worker has left, which may be anything; `""` where there is none, or no such."""
    try:
        descriptor = os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return ""
    with os.fdopen(descriptor, "rb") as file:
        is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        return file.read(_MOST_FILE_BYTES).decode(errors="replace") if is_file else ""


def remove_work_folder(folder: Path) -> None:
    remove_folder(folder)


def clear_work_folders(now: float) -> None:
    """Removes the folders that no record needs: none has the URL, or nothing there can be continued."""
    if current().settings.temp_keep or not _root().is_dir():
        return
    owners = {folder: _find_owner(folder) for folder in _root().iterdir() if folder.is_dir()}
    needing = _items_of({url for url in owners.values() if url is not None})
    for folder, url in owners.items():
        if url is None:
            in_use = now - folder.stat().st_mtime < _MINUTE_SECONDS  # its owner is being written
        else:
            in_use = url in needing and _needs(needing[url], folder)
        if not in_use and _find_owner(folder) == url:  # nobody has opened it meanwhile
            remove_work_folder(folder)


def _needs(item: Item, folder: Path) -> bool:
    """True if the item is to be downloaded, or would continue there when it is added again."""
    return item.shelf is Shelf.QUEUE or (item.status in _CONTINUED and can_continue(folder))


def _items_of(urls: set[str]) -> Mapping[str, Item]:
    holders = items.find_holders(urls) if urls else {}
    by_id = {item.id: item for item in items.find_many(holders.values())}
    return {url: by_id[item_id] for url, item_id in holders.items() if item_id in by_id}


def _root() -> Path:
    return current().settings.scratch / "items"


def _owner_file(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.url")


def _find_owner(folder: Path) -> str | None:
    """The key of the source whose folder it is; of one that an older version made, what its item says."""
    try:
        return _owner_file(folder).read_text(encoding="utf-8")
    except FileNotFoundError:
        item_id = State.load(folder).item_id
        item = items.find(item_id) if item_id else None
        return item.source_key if item else None
