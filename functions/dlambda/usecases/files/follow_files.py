"""Keeps what refers to files true when they are moved or deleted: the folders' index, names in use, history items."""

import logging
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from dlambda.aws.stored import Stored
from dlambda.deployment import current
from dlambda.domain.files.sidecar import is_media
from dlambda.domain.items.item import Item, Shelf
from dlambda.domain.paths.home import is_at_home
from dlambda.errors import StaleWrite
from dlambda.store.conflicts import retry_conflicts
from dlambda.store.files import filename_claims
from dlambda.store.items import items
from dlambda.usecases.events.apply_changes import update
from dlambda.usecases.files import folders
from dlambda.usecases.files.find_file import sidecars_of
from dlambda.usecases.files.folders import split, without_extension
from dlambda.usecases.files.plan_move import Transfer

log = logging.getLogger(__name__)

_AT_ONCE = 8


def files_moved(transfers: Sequence[Transfer], copied: Mapping[str, Stored]) -> None:
    """`copied`: what is at each target, whose names were taken before. Items are told with `item_updated`."""
    owners = _items_of(transfer.source for transfer in transfers)
    folders.note_entries(copied)
    folders.note_gone(transfer.source for transfer in transfers)
    media = [transfer for transfer in transfers if is_media(transfer.source)]
    filename_claims.release(
        names_of(transfer.source for transfer in media) - {without_extension(transfer.target) for transfer in media}
    )
    for transfer in media:
        if transfer.source in owners:
            _change(owners[transfer.source], partial(_move, target=transfer.target))
    told_ids = {item.id for item in owners.values()}
    _tell_of_sidecars((path for transfer in transfers for path in (transfer.source, transfer.target)), told_ids)


def follow(item: Item, target: str) -> None:
    """The item's file was moved to `target`, and it may have no name by which `files_moved` knows of it."""
    _change(item, partial(_move, target=target))


def files_added(paths: Sequence[str]) -> None:
    """Files came beside others: the folders' index has them, and items are told of their new sidecars."""
    folders.note_files(paths)
    _tell_of_sidecars(paths, ())


def files_gone(paths: Sequence[str]) -> None:
    """After files were deleted: items keep their record, without a file.

    A name of which sidecars are left stays its source's, which replaces them when it is downloaded again.
    """
    owners = _items_of(paths)
    folders.note_gone(paths)
    filename_claims.release(_unused_names(names_of(paths)))
    for item in owners.values():
        _change(item, lambda current: current.evolve(filename=None, sidecar={}))
    _tell_of_sidecars(paths, {item.id for item in owners.values()})


def _tell_of_sidecars(paths: Iterable[str], told_ids: Container[str]) -> None:
    """Items beside whose file a sidecar came or went, but for those that were `told_ids` already."""
    beside = {name for path in paths if not is_media(path) for name in folders.names_before_dots(path)}
    for item in _history_items(set(filename_claims.find_sources(beside).values())):
        if item.id not in told_ids and item.path and without_extension(item.path) in beside:
            _change(item, lambda current: current.evolve(sidecar=_sidecars(current.path or "")))


def _unused_names(stems: Iterable[str]) -> list[str]:
    """Names that no file has any more."""
    names = list(stems)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        outcomes = pool.map(folders.holds_stem, names)
        return [stem for stem, is_held in zip(names, outcomes, strict=True) if not is_held]


def names_of(paths: Iterable[str]) -> set[str]:
    """The names (without extension) of the media files among `paths`."""
    return {without_extension(path) for path in paths if is_media(path)}


def _items_of(paths: Iterable[str]) -> dict[str, Item]:
    """Path -> the history item whose file it is."""
    media = [path for path in paths if is_media(path)]
    by_path = {
        item.path: item
        for item in _history_items(set(filename_claims.find_sources(names_of(media)).values()))
        if item.path
    }
    return {path: by_path[path] for path in media if path in by_path}


def _history_items(urls: Collection[str]) -> list[Item]:
    """The history items of these URLs."""
    holders = items.find_holders(sorted(urls)) if urls else {}
    return [item for item in items.find_many(holders.values()) if item.shelf is Shelf.DONE]


def _move(item: Item, target: str) -> Item:
    """The item with its file at `target`; its folder changes only when the file left it.

    A member's item has no file any more that an admin moved out of its home: the item's paths never lead out.
    """
    if not is_at_home(item.home, target):
        return item.evolve(filename=None, sidecar={})
    root = current().settings.download_path.rstrip("/")
    own = item.folder.strip("/")
    inside = target.startswith(f"{own}/") if own else True
    folder = own if inside else split(target)[0]
    filename = target.removeprefix(f"{folder}/") if folder else target
    directory = f"{root}/{folder}" if folder else root
    return item.evolve(
        folder=item.folder if inside else folder,
        filename=filename,
        download_dir=directory,
        sidecar=_sidecars(target),
    )


def _sidecars(path: str) -> dict[str, Any]:
    """Of the file there, as an item shows them."""
    root = current().settings.download_path.rstrip("/")
    return {
        kind: [{**entry, "file": f"{root}/{entry['file']}"} for entry in entries]
        for kind, entries in sidecars_of(path).items()
    }


def _change(item: Item, change: Callable[[Item], Item]) -> None:
    def attempt() -> None:
        current = items.find(item.id)
        if current is not None and current.path == item.path:  # else gone, or about another file by now
            update(current, change(current))

    try:
        retry_conflicts(attempt)
    except StaleWrite:
        log.warning("An item could not follow its file", extra={"item_id": item.id})
