"""Takes the names at the targets of a move before a file is there: no download writes over it (downloads.md 5.7).

A download takes its name long before it uploads, and keeps it: it replaces what it finds under a name of its own.
"""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from dlambda.domain.files.file_action import Refused
from dlambda.domain.files.sidecar import is_media
from dlambda.domain.items.item import Shelf
from dlambda.store import items, names
from dlambda.usecases.files.folders import holds_stem, names_before_dots, without_extension
from dlambda.usecases.files.plan_move import Plan, Transfer

_AT_ONCE = 8


def take_names(plan: Plan) -> None:
    """Takes the targets' names for those who have the sources' names. Doing it twice is no harm.

    A name that a download left behind is taken from it, unless it left a file. Raises `Refused` when a download that is
    still in the queue has the name, also that of a sidecar or folder.
    """
    others = [each.target for each in plan.transfers if not is_media(each.source)]
    refuse_downloading([*others, plan.target] if plan.is_folder else others)
    media = _media(plan)
    held = names.find_sources(without_extension(path) for each in media for path in (each.source, each.target))
    downloading = _in_queue(set(held.values()))
    wanted = {}
    for each in media:
        name = without_extension(each.target)
        source = _owner(each, held)
        holder = held.get(name, source)
        if holder != source and holder in downloading:
            raise _refusal(name)
        if holder == source or not holds_stem(name):
            wanted[name] = (source, holder)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        taken = pool.map(lambda name: names.claim(name, *wanted[name]), wanted)
        for name, is_taken in zip(wanted, taken, strict=True):
            if not is_taken:
                raise _refusal(name)


def give_names_back(plan: Plan) -> None:
    """For a move that was taken back."""
    media = _media(plan)
    held = names.find_sources(without_extension(path) for each in media for path in (each.source, each.target))
    taken = {without_extension(each.target): _owner(each, held) for each in media}
    kept = {without_extension(each.source) for each in media}
    names.forget(name for name, source in taken.items() if name not in kept and held.get(name) == source)


def refuse_downloading(paths: Sequence[str]) -> None:
    """Raises `Refused` when a download in the queue may write a sidecar, or its file, to one of the paths."""
    held = names.find_sources(name for path in paths for name in names_before_dots(path))
    downloading = _in_queue(set(held.values()))
    for name, source in held.items():
        if source in downloading:
            raise _refusal(name)


def _media(plan: Plan) -> list[Transfer]:
    return [each for each in plan.transfers if is_media(each.source)]


def _owner(transfer: Transfer, held: Mapping[str, str]) -> str:
    return held.get(without_extension(transfer.source), names.NOBODY)


def _in_queue(urls: Collection[str]) -> set[str]:
    """Those of the URLs that an item in the queue has."""
    holders = items.find_holders(urls) if urls else {}
    queued = {item.id for item in items.find_many(holders.values()) if item.shelf is Shelf.QUEUE}
    return {url for url, item_id in holders.items() if item_id in queued}


def _refusal(name: str) -> Refused:
    return Refused(f"Destination '{name}' is being downloaded.")
