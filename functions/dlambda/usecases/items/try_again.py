"""Failed items that are tried again by themselves: put off, woken, counted (docs/decisions/retries.md)."""

import logging
from dataclasses import replace

from dlambda.aws import queue
from dlambda.deployment import current
from dlambda.domain.events import event
from dlambda.domain.events.event import Event, Name
from dlambda.domain.items.failure import Failure
from dlambda.domain.items.item import Item
from dlambda.domain.items.remedy import WORDS, Remedy, Step
from dlambda.domain.items.stage import RETRY_LANE, Stage
from dlambda.domain.messages.queue_messages import DownloadItem, IntakeItem
from dlambda.errors import Conflict
from dlambda.store.items import items, leases
from dlambda.store.items.commit import Change, commit
from dlambda.usecases.events.apply_changes import publish_changes, update
from dlambda.usecases.events.measure import count
from dlambda.usecases.items import proxies
from dlambda.usecases.items.change_items import end_cancelled
from dlambda.usecases.items.intake_message import intake_message
from dlambda.usecases.items.remedies import choose_step
from dlambda.usecases.rules.cookie_jars import note_failure

log = logging.getLogger(__name__)

_LONGEST_DELAY_SECONDS = 900
"""The longest delay of a message; the sweep wakes items that wait longer."""
_WAKE_AT_ONCE = 1000
_EARLY_SECONDS = 0.5
"""A queue's clock is not ours: a message that comes this much too early counts as in time."""


def schedule_retry(
    item: Item, lease: leases.Lease, error: str, failure: Failure, asked_seconds: float | None = None
) -> Item | None:
    """The item as it waits for its next try; None when `failure` is for good or it was tried often enough.

    Gives its slot and its lease back. `asked_seconds`: what the site said in `Retry-After`.
    """
    note_failure(item, failure)
    proxies.note_failure(item, failure, error, asked_seconds)
    step = choose_step(item, failure, asked_seconds)
    if step is None:
        return None
    proxy = proxies.next_proxy(item) if step.remedy is Remedy.PROXY else None
    proxies_tried = (*item.attempt.proxies, proxy.id) if proxy else item.attempt.proxies
    after = item.evolve(attempt=replace(item.attempt, proxies=proxies_tried))
    diff = commit([Change(item, after.schedule_retry(error, failure, step, current().clock.time()), lease)])
    new_item = diff[0].after
    assert new_item
    # What was downloaded is no progress of an item that waits.
    if leases.renew(lease, current().clock.time(), {}) == leases.CANCEL:
        return end_cancelled(new_item, lease)
    leases.release(lease)
    if step.wait_seconds <= _LONGEST_DELAY_SECONDS:
        queue.send(_message_for(new_item), delay_seconds=int(step.wait_seconds + 0.999))
    count("item_retries_total", kind=failure.kind.value)
    publish_changes(diff, first=[_retry_notice(new_item, error, step)])
    return new_item


def _retry_notice(item: Item, error: str, step: Step) -> Event:
    """Tells clients and the log that a try has failed and that another one comes."""
    way = f" with {WORDS[step.remedy]}" if step.remedy is not Remedy.RETRY else ""
    log.info(
        "failed, tried again in %.0f s%s: %s",
        step.wait_seconds,
        way,
        error,
        extra={"item_id": item.id, "attempts": item.attempt.failed_before, "remedy": step.remedy.value},
    )
    message = f"'{item.title}' failed and is tried again in {step.wait_seconds:.0f} s{way}. {error}"
    return event.log(
        Name.LOG_WARNING, "Download Error", message, owner=item.owner, preset=item.preset, lowPriority=True
    )


def resume_retry(item: Item, now: float) -> Item | None:
    """The item in its next try; None when that lies ahead, when its user ended it, or when another worker has it."""
    if is_early(item, now):
        return None
    try:
        if leases.find_wanted(item.id) == leases.CANCEL:
            end_cancelled(item)
            return None
        return update(item, item.clear_retry())
    except Conflict:
        return None  # changed meanwhile: the sweep looks again


def is_early(item: Item, now: float) -> bool:
    """True if its next try lies ahead."""
    return item.attempt.retry_at - _EARLY_SECONDS > now


def wake_retries(now: float) -> None:
    """The sweep's part: those whose time has come, whatever became of their messages."""
    waiting = items.find_many(item_id for _, item_id in items.list_waiting(RETRY_LANE, _WAKE_AT_ONCE))
    for item in waiting:
        if item.stage is Stage.AWAITING_RETRY and not is_early(item, now):
            queue.send(_message_for(item))


def _message_for(item: Item) -> DownloadItem | IntakeItem:
    return DownloadItem(item.id) if item.extracted else intake_message(item)
