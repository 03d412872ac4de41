"""Downloads one item: takes it when a slot is free, works on it, passes the slot on (downloads.md 5.7)."""

import logging
from collections.abc import Callable, Sequence

from dlambda.deployment import current
from dlambda.domain.items.failure import classify
from dlambda.domain.items.item import Item, Shelf, Stage, Status
from dlambda.domain.messages.queue_messages import DownloadItem
from dlambda.errors import Conflict, StaleWrite
from dlambda.store.conflicts import retry_conflicts
from dlambda.store.items import items, leases
from dlambda.usecases.events.apply_changes import update
from dlambda.usecases.items.dispatch import dispatch, pass_on
from dlambda.usecases.items.download_run import DownloadRun
from dlambda.usecases.items.end_download import end_failed
from dlambda.usecases.items.name_claims import NameClaims
from dlambda.usecases.items.try_again import resume_retry
from dlambda.usecases.items.work_folders import clear_work_folders
from dlambda.usecases.workers.saved_state import saved_state

log = logging.getLogger(__name__)

# What fails unexpectedly is begun again by each minute's round; an hour of that without progress is enough. A beginning
# of a minute counts as fifteen, so that the longest invocations in vain cost what many short ones do (docs/costs.md).
MOST_BEGINNINGS = 60


def download_item(
    item_id: str, *, seconds_left: Callable[[], float], excluded: Sequence[str] = ()
) -> DownloadItem | None:
    """Downloads an item when a slot and its lease can be had. Answers the message for what is left over.

    `seconds_left` tells how long this invocation may run on; what is unfinished then is kept for the next. `excluded`:
    the items that were woken for the same slot before and did not take it.
    """
    item = items.find(item_id)
    _forget_ended(item, item_id)
    if item is not None and item.stage is Stage.AWAITING_RETRY:
        item = resume_retry(item, current().clock.time())
    claimed = _claim(item) if item is not None and item.stage in {Stage.AWAITING_SLOT, Stage.RUNNING} else None
    if claimed is None:
        pass_on([*excluded, item_id])
        return None
    item, lease = claimed
    log.info("downloading", extra={"item_id": item.id})
    with leases.released_on_failure(lease):
        is_handed_over = _work_on(item, lease, seconds_left)
    if is_handed_over:
        return DownloadItem(item_id)
    dispatch()
    return None


def _work_on(item: Item, lease: leases.Lease, seconds_left: Callable[[], float]) -> bool:
    """True when the rest must go on in another invocation."""
    if item.begun > MOST_BEGINNINGS:
        # Whatever stopped its workers would stop the next one too.
        error = f"The download was begun {item.begun} times and got no further."
        end_failed(item, lease, error, classify(error), NameClaims(item), downloaded_bytes=None)
        return False
    if not saved_state().is_shared:
        # The minute's round does not see this disk, where a killed function may have left its work.
        clear_work_folders(current().clock.time())
    return DownloadRun(item, lease, seconds_left).run()


def _claim(item: Item) -> tuple[Item, leases.Lease] | None:
    """The item as this worker's own, with its slot. None when another has it, no slot is free, or it was changed."""
    lease = leases.acquire(item.id, leases.new_owner(), current().clock.time())
    if lease is None:
        return None
    try:
        # When it fails the item waits on: the next free slot wakes it, or the message that comes again.
        with leases.released_on_failure(lease):
            try:
                return _take_over(item, lease), lease
            except StaleWrite:  # its user, or the worker before, was a moment faster
                return retry_conflicts(lambda: _take_over(items.find(item.id), lease)), lease
    except Conflict:
        _forget_ended(items.find(item.id), item.id)
        return None


def _take_over(item: Item | None, lease: leases.Lease) -> Item:
    """The item as this worker's: from this write on, the one who had it before is refused. Raises `Conflict`."""
    if item is None or item.stage not in {Stage.AWAITING_SLOT, Stage.RUNNING}:
        raise leases.Lost("The item waits for no worker.")
    begun = item.begun + 1 if item.stage is Stage.RUNNING else 0
    return update(item, item.evolve(status=Status.PREPARING, begun=begun), lease)


def _forget_ended(item: Item | None, item_id: str) -> None:
    """Removes the lease that a worker took when the item had just been ended by its user."""
    if item is None or item.shelf is Shelf.DONE:
        leases.forget(item_id)
