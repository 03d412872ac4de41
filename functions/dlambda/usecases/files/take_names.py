"""Takes the names at the targets of a move before a file is there: no download writes over it (downloads.md 5.7).

A download takes its name long before it uploads, and keeps it: it replaces what it finds under a name of its own.
"""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from dlambda.domain.files.file_action import Refused
from dlambda.domain.files.sidecar import is_media
from dlambda.domain.items.item import Shelf
from dlambda.store.files import filename_claims
from dlambda.store.items import items
from dlambda.usecases.files.folders import holds_stem, names_before_dots, without_extension
from dlambda.usecases.files.plan_move import Plan, Transfer

_AT_ONCE = 8


def take_names(plan: Plan) -> None:
    """Takes the targets' names for those who have the sources' names. Idempotent.

    A name that a download left behind is taken from it, unless it left a file. Raises `Refused` when a download that is
    still in the queue has the name, also that of a sidecar or folder.
    """
    sidecar_targets = [transfer.target for transfer in plan.transfers if not is_media(transfer.source)]
    refuse_downloading([*sidecar_targets, plan.target] if plan.is_folder else sidecar_targets)
    media = _media(plan)
    sources = filename_claims.find_sources(
        without_extension(path) for transfer in media for path in (transfer.source, transfer.target)
    )
    downloading = _in_queue(set(sources.values()))
    claims = {}
    for transfer in media:
        name = without_extension(transfer.target)
        source = _owner(transfer, sources)
        holder = sources.get(name, source)
        if holder != source and holder in downloading:
            raise _refusal(name)
        if holder == source or not holds_stem(name):
            claims[name] = (source, holder)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        outcomes = pool.map(lambda name: filename_claims.claim(name, *claims[name]), claims)
        for name, is_taken in zip(claims, outcomes, strict=True):
            if not is_taken:
                raise _refusal(name)


def give_names_back(plan: Plan) -> None:
    """For a move that was taken back."""
    media = _media(plan)
    sources = filename_claims.find_sources(
        without_extension(path) for transfer in media for path in (transfer.source, transfer.target)
    )
    owner_of = {without_extension(transfer.target): _owner(transfer, sources) for transfer in media}
    source_names = {without_extension(transfer.source) for transfer in media}
    filename_claims.release(
        name for name, source in owner_of.items() if name not in source_names and sources.get(name) == source
    )


def refuse_downloading(paths: Sequence[str]) -> None:
    """Raises `Refused` when a download in the queue may write a sidecar, or its file, to one of the paths."""
    sources = filename_claims.find_sources(name for path in paths for name in names_before_dots(path))
    downloading = _in_queue(set(sources.values()))
    for name, source in sources.items():
        if source in downloading:
            raise _refusal(name)


def _media(plan: Plan) -> list[Transfer]:
    return [transfer for transfer in plan.transfers if is_media(transfer.source)]


def _owner(transfer: Transfer, sources: Mapping[str, str]) -> str:
    return sources.get(without_extension(transfer.source), filename_claims.NOBODY)


def _in_queue(urls: Collection[str]) -> set[str]:
    """URLs that an item in the queue has."""
    holders = items.find_holders(urls) if urls else {}
    queued = {item.id for item in items.find_many(holders.values()) if item.shelf is Shelf.QUEUE}
    return {url for url, item_id in holders.items() if item_id in queued}


def _refusal(name: str) -> Refused:
    return Refused(f"Destination '{name}' is being downloaded.")
