"""The copies of a move: many at once, and again after a crash only those that are missing."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from dlambda.aws import bucket, objects
from dlambda.aws.stored import Stored
from dlambda.domain.paths.paths import object_key
from dlambda.errors import NotFound
from dlambda.usecases.files.find_file import files_below
from dlambda.usecases.files.plan_move import Plan, Transfer

# A copy is a matter of waiting for the store; so many of them are under way.
_AT_ONCE = 8
_BATCH = 64


def copy_by_plan(plan: Plan, after_batch: Callable[[], None]) -> dict[str, Stored]:
    """Copies what is not at its target yet; answers what is at the targets, by path.

    Calls `after_batch` each few copies; it may raise. Raises `NotFound` for a file that is at neither place.
    """
    sources, targets = _at_sources(plan), _at_targets(plan)
    missing = (
        transfer
        for transfer in plan.transfers
        if transfer.source in sources and not _is_copied(transfer, sources, targets)
    )
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for batch in _batches(missing):
            list(pool.map(_copy, batch))
            after_batch()
    copied = _at_targets(plan)
    for transfer in plan.transfers:
        if transfer.target not in copied:
            raise NotFound(f"path '{transfer.source}' does not exist.")
    return copied


def take_back(plan: Plan) -> None:
    """Removes the copies of files that are still where they were."""
    sources = _at_sources(plan)
    bucket.delete(object_key(transfer.target) for transfer in plan.transfers if transfer.source in sources)


def _is_copied(transfer: Transfer, sources: dict[str, Stored], targets: dict[str, Stored]) -> bool:
    # Copies appear whole, and before the move nothing was there; the source may have been written anew since.
    source, copied = sources[transfer.source], targets.get(transfer.target)
    return copied is not None and copied.size_bytes == source.size_bytes and copied.modified >= source.modified


def _batches(transfers: Iterator[Transfer]) -> Iterator[list[Transfer]]:
    while batch := list(islice(transfers, _BATCH)):
        yield batch


def _copy(transfer: Transfer) -> None:
    try:
        objects.copy(object_key(transfer.source), object_key(transfer.target))
    except NotFound:
        return  # it went since it was listed; what is at the targets decides


def _at_sources(plan: Plan) -> dict[str, Stored]:
    return _find(plan, plan.source, (transfer.source for transfer in plan.transfers))


def _at_targets(plan: Plan) -> dict[str, Stored]:
    return _find(plan, plan.target, (transfer.target for transfer in plan.transfers))


def _find(plan: Plan, whole: str, paths: Iterable[str]) -> dict[str, Stored]:
    if plan.is_folder:
        return {entry.key.removeprefix(object_key("")): entry for entry in files_below(whole)}
    entries = {path: bucket.find(object_key(path)) for path in paths}
    return {path: entry for path, entry in entries.items() if entry is not None}
