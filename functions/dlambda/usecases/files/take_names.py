"""Takes the names at the targets of a move before a file is there: no download writes over it (downloads.md 5.7).

A download takes its name long before it uploads, and keeps it: it replaces what it finds under a name of its own.
"""

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor

from dlambda.domain.files.file_action import Refused
from dlambda.domain.files.sidecar import is_media
from dlambda.domain.items.item import Shelf
from dlambda.store import items, names
from dlambda.usecases.files.folders import without_extension
from dlambda.usecases.files.plan_move import Transfer

_AT_ONCE = 8


def take_names(transfers: Sequence[Transfer]) -> None:
    """Takes the targets' names for those who have the sources' names. Doing it twice is no harm.

    A name that a download left behind is taken from it. Raises `Refused` when the download is still in the queue.
    """
    media = _media(transfers)
    held = names.find_sources(without_extension(path) for each in media for path in (each.source, each.target))
    downloading = _in_queue(set(held.values()))
    targets = {}
    for each in media:
        name = without_extension(each.target)
        source = held.get(without_extension(each.source), names.NOBODY)
        holder = held.get(name, source)
        if holder != source and holder in downloading:
            raise _refusal(name)
        targets[name] = (source, holder)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        taken = pool.map(lambda name: names.claim(name, *targets[name]), targets)
        for name, is_taken in zip(targets, taken, strict=True):
            if not is_taken:
                raise _refusal(name)


def give_names_back(transfers: Sequence[Transfer]) -> None:
    """For a move that was taken back."""
    media = _media(transfers)
    kept = {without_extension(each.source) for each in media}
    names.forget({without_extension(each.target) for each in media} - kept)


def _media(transfers: Sequence[Transfer]) -> list[Transfer]:
    return [each for each in transfers if is_media(each.source)]


def _in_queue(urls: Collection[str]) -> set[str]:
    """Those of the URLs that an item in the queue has."""
    holders = items.find_holders(urls) if urls else {}
    queued = {item.id for item in items.find_many(holders.values()) if item.shelf is Shelf.QUEUE}
    return {url for url, item_id in holders.items() if item_id in queued}


def _refusal(name: str) -> Refused:
    return Refused(f"Destination '{name}' is being downloaded.")
