"""The minute's round: whatever waits without an owner is woken again (docs/contract/downloads.md 5.10).

The tables are the truth. A message that was lost, a worker that died and a tick that came late are all mended here.
"""

import time

from dlambda.aws import queue
from dlambda.deployment import current
from dlambda.domain.events import event
from dlambda.domain.items.item import Item, Shelf, Status
from dlambda.domain.items.stage import INTAKE_LANE
from dlambda.domain.messages.queue_messages import DownloadItem, QueueName
from dlambda.errors import Conflict
from dlambda.store.items import folding, items, leases, slots
from dlambda.store.items.commit import Change
from dlambda.usecases.events.announce import wake_deliveries
from dlambda.usecases.events.apply_changes import apply
from dlambda.usecases.items.add_items import again
from dlambda.usecases.items.dispatch import dispatch
from dlambda.usecases.items.intake_message import intake_message
from dlambda.usecases.items.try_again import wake_retries
from dlambda.usecases.items.work_folders import clear_work_folders
from dlambda.usecases.rules.cookie_jars import warn_of_ends

_MINUTE_SECONDS = 60
_DAY_SECONDS = 86400
_AUTO_CLEAR_MINUTE = 8
_WAKE_AT_ONCE = 1000


def sweep(now: float) -> None:
    """Runs a round. Idempotent."""
    wake_intake(now)
    wake_workers(now)
    wake_retries(now)
    wake_deliveries(now)
    warn_of_ends(now)
    folding.fold_if_long()  # whoever was to do it may have died
    dispatch()
    clear_work_folders(now)
    if slots.paused_at() is None:
        retry_streams(now)
        if time.gmtime(now).tm_min == _AUTO_CLEAR_MINUTE:
            auto_clear(now)


def wake_intake(now: float) -> None:
    """Items whose extraction nobody will do: their messages are gone. While messages wait, theirs may be among them."""
    if any(queue.depth(name, delayed=False) > 0 for name in (QueueName.INTAKE, QueueName.ENTRIES)):
        return
    waiting = [item_id for _, item_id in items.list_waiting(INTAKE_LANE, _WAKE_AT_ONCE)]
    alone = leases.find_expired(waiting, now) if waiting else set()
    by_id = {item.id: item for item in items.find_many(alone)}
    messages = [intake_message(by_id[item_id]) for item_id in waiting if item_id in by_id]
    for name in (QueueName.INTAKE, QueueName.ENTRIES):
        queue.send_many(message for message in messages if message.queue is name)


def wake_workers(now: float) -> None:
    """Downloads whose worker is gone: the next one takes over with a higher fence."""
    running = [item.id for item in items.list_active()]
    if running:
        queue.send_many(DownloadItem(item_id) for item_id in leases.find_expired(running, now))


def retry_streams(now: float) -> None:
    """Streams that have begun are added again (downloads.md 5.10, live check)."""
    for item in items.iterate(Shelf.DONE, [Status.NOT_LIVE]):
        if item.start_at and now >= _due_at(item):
            _add_again(item)


def _due_at(item: Item) -> float:
    """A minute after its start; for premieres that are waited out, after their end and a buffer of minutes."""
    settings = current().settings
    due = item.start_at + _MINUTE_SECONDS
    duration = item.extras.get("duration")
    if item.extras.get("is_premiere") and settings.prevent_live_premiere and duration:
        due = item.start_at + settings.live_premiere_buffer * _MINUTE_SECONDS + float(duration)
    return due


def _add_again(item: Item) -> None:
    """The record gives way to a new one in one transaction, so it can't be lost in between."""
    # A guest's item is held until an admin starts it.
    successor = again(item).evolve(auto_start=item.auto_start or not item.owner, requeued=False)
    try:
        stored_item = apply([Change(item, None), Change(None, successor)])[0]
    except Conflict:
        return  # changed or gone meanwhile; the next round looks again
    queue.send(intake_message(stored_item))


def auto_clear(now: float) -> None:
    """Old finished records go, never their files (setting `auto_clear_history_days`)."""
    days = current().settings.auto_clear_history_days
    if days <= 0:
        return
    oldest = now - days * _DAY_SECONDS
    for item in items.iterate(Shelf.DONE, [Status.FINISHED]):
        if item.stored_at >= oldest:
            return  # the list is in the order of ending, and nothing ends before it was made
        if item.filename and item.timestamp / 1e9 < oldest:
            _clear(item)


def _clear(item: Item) -> None:
    try:
        apply([Change(item, None)], removed=_removal)
    except Conflict:
        return


def _removal(item: Item) -> event.Event:
    return event.item_deleted(item, "Download Cleared", f"'{item.title}' record removed from history.")
