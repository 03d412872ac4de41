"""The handlers' sweep of one task: reads its feed and queues what is new in it (docs/contract/tasks.md 5).

A feed is worked off in batches, each of which is filtered, claimed, queued and confirmed before the next, so a sweep
that is out of time or dies continues where it was.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from dlambda.aws import bucket, queue
from dlambda.deployment import current
from dlambda.domain.items.entries import told_fields
from dlambda.domain.items.item import DESCRIPTION_LIMIT, Item, Status
from dlambda.domain.items.item_parts import Origin
from dlambda.domain.items.metadata import title_of
from dlambda.domain.items.request import Request
from dlambda.domain.items.source_key import source_key
from dlambda.domain.messages.queue_messages import SweepTask
from dlambda.domain.tasks.feed import FeedItem
from dlambda.domain.tasks.sweep import Known, Memory, Record, choose
from dlambda.domain.tasks.task import Result, Task
from dlambda.domain.web.web_address import check_web_address
from dlambda.errors import AppError, Invalid
from dlambda.media.handlers.client import Client, Handler, HandlerFailed
from dlambda.media.handlers.registry import handlers_for
from dlambda.media.sandbox.guard import check_url
from dlambda.store.items import archive, items, leases
from dlambda.store.tasks import feed_history, task_schedule
from dlambda.usecases.items.add_items import insert_items, new_item
from dlambda.usecases.items.intake_message import entry_message
from dlambda.usecases.items.options import part_named
from dlambda.usecases.rules.cookies import cookies_of
from dlambda.usecases.rules.presets import preset_for
from dlambda.usecases.tasks.definitions import list_definitions
from dlambda.usecases.tasks.fan_out import handler_of
from dlambda.usecases.tasks.feed_archive_ids import with_archive_ids
from dlambda.usecases.tasks.feed_memory import FeedMemory
from dlambda.usecases.tasks.task_options import Params, archive_of_task, client_for, params_of_task
from dlambda.usecases.tasks.task_owner import request_of
from dlambda.usecases.tasks.tasks import find_task
from dlambda.usecases.transient_errors import ENGINE_ERRORS

log = logging.getLogger(__name__)

_SPARE_SECONDS: Final = 60
_HELD_SECONDS: Final = 300
_BATCH: Final = 90
UNEXPECTED: Final = "The feed could not be worked off because of an unexpected error."


@dataclass
class _Sweep:
    """A feed being worked off."""

    task: Task
    handler: Handler
    params: Params
    archive: str
    due: int
    seconds_left: Callable[[], float]
    request: Request
    queued: int = 0
    hosts: dict[str, bool] = field(default_factory=dict)

    @property
    def memory(self) -> str:
        """The name under which the handler remembers what it queued for the task's owner."""
        return feed_history.memory_name(self.handler.name, self.task.owner)


def sweep_task(message: SweepTask, seconds_left: Callable[[], float]) -> SweepTask | None:
    """Queues what is new in the task's feed. Answers the message for the rest; None when done.

    A long feed may still be worked off when the next sweep is due; two at once would read the same pages, so the later
    one leaves it to the earlier.
    """
    task_id, due = message.id, message.due
    task = find_task(task_id)
    handler = handler_of(task, handlers_for(list_definitions())) if task else None
    if (
        task is None
        or handler is None
        or not task_schedule.claim_sweep(task_id, due, current().clock.time(), _HELD_SECONDS)
    ):
        return None
    queued_so_far = _surely_swept(task, handler, due, lambda: seconds_left() - _SPARE_SECONDS, message.queued)
    if queued_so_far is None:
        task_schedule.release_sweep(task_id, due)
        return None
    return replace(message, queued=queued_so_far)


def _surely_swept(task: Task, handler: Handler, due: int, seconds_left: Callable[[], float], queued: int) -> int | None:
    """As `_swept`; a failure that will not pass is the task's result, and not a message that fails unseen."""
    try:
        return _swept(task, handler, due, seconds_left, queued)
    except (leases.Lost, *ENGINE_ERRORS):
        raise
    except AppError as error:
        if error.retry:
            raise
        _note(task, Result(current().clock.now(), "failed", queued=queued, error=error.message))
        return None
    except Exception:  # last resort: what sites write is endless, and who owns the task must hear that it does not run
        log.exception("The sweep of task '%s' failed unexpectedly", task.name, extra={"url": task.url})
        _note(task, Result(current().clock.now(), "failed", queued=queued, error=UNEXPECTED))
        return None


def _swept(task: Task, handler: Handler, due: int, seconds_left: Callable[[], float], queued: int) -> int | None:
    now = current().clock.now()
    try:
        params = params_of_task(task)
        client = replace(client_for(params), memory=FeedMemory(task.id))
        feed = handler.fetch(task.url, _patient(client, seconds_left()))
    except AppError as error:
        cause = error.cause if isinstance(error, HandlerFailed) else error.message
        log.warning("The feed of task '%s' could not be read: %s (%s)", task.name, error.message, cause)
        _note(task, Result(now, "failed", error=error.message))
        return None
    name = archive_of_task(task)
    assert name is not None  # or no handler would have been chosen
    request = request_of(task, handler.name, current().settings.default_preset)
    state = _Sweep(task, handler, params, name, due, seconds_left, request, queued)
    complete = all(_work_off(state, feed.items[at : at + _BATCH]) for at in range(0, len(feed.items), _BATCH))
    if not complete:
        return state.queued
    _note(task, Result(now, "ok", found=len(feed.items), queued=state.queued))
    return None


def _patient(client: Client, seconds: float) -> Client:
    """`client` for a function that has `seconds`: a definition's own timeout may be longer than the options'."""
    return replace(client, longest_seconds=max(client.timeout_seconds, seconds))


def _work_off(state: _Sweep, batch: Sequence[FeedItem]) -> bool:
    """Queues what is new in a batch of a feed; False when there was no time for all of it."""
    if state.seconds_left() <= 0:
        return False
    task_schedule.claim_sweep(state.task.id, state.due, current().clock.time(), _HELD_SECONDS)
    part = part_named(preset_for(state.task.preset).cli, state.task.cli)
    records = _records({item.url for item in batch if item.url}, part, state.task.owner)
    batch = [item for item in batch if item.url and (item.url not in records or records[item.url].failed)]
    complete = True
    if not state.handler.knows_archive_ids:
        cookies = cookies_of(preset_for(state.task.preset))
        look_ups = feed_history.memory_name(state.task.name, state.task.owner)
        batch, complete = with_archive_ids(batch, look_ups, state.params, state.seconds_left, cookies)
    now = current().clock.time()
    ids = [archive_id for item in batch for archive_id in item.archive_ids]
    remembered = feed_history.find_many(state.memory, [item.identity for item in batch if item.identity], now)
    knowledge = Known(set(archive.find_present(state.archive, ids)) if ids else set(), records, remembered)
    choice = choose(batch, knowledge, datetime.fromtimestamp(now, UTC))
    for item in choice.without_archive_id:
        log.warning("An entry of task '%s' has no archive id and is left out", state.task.name, extra={"url": item.url})
    state.queued += _queue(state, choice.items, remembered, now)
    return complete


def _records(urls: set[str], part: str, owner: str) -> dict[str, Record]:
    """The states of an owner's URLs in queue and history; `part`: the sections that the task's options ask for."""
    url_of_key = {source_key(url, part, owner=owner): url for url in urls}
    holders = items.find_holders(url_of_key) if url_of_key else {}
    by_id = {item.id: item for item in items.find_many(holders.values())}
    items_by_url = {url_of_key[key]: by_id[item_id] for key, item_id in holders.items() if item_id in by_id}
    return {
        url: Record(item.status is Status.ERROR, datetime.fromtimestamp(item.stored_at, UTC))
        for url, item in items_by_url.items()
    }


def _queue(state: _Sweep, entries: Sequence[FeedItem], remembered: Mapping[str, Memory], now: float) -> int:
    """Makes items of the chosen entries that no other sweep has claimed; answers how many."""
    public = {str(item.identity): item for item in entries if _is_public(item.url, state.hosts)}
    claimed = feed_history.claim_many(state.memory, list(public), remembered, now)
    new_items = [_new_item(state, item) for item in (public[identity] for identity in claimed)]
    entered = insert_items(new_items)
    pages = {item.url: item.info for item in public.values()}
    for item in entered:
        if item.info_at:
            bucket.put_json(item.info_key, pages[item.posted_url])
    queue.send_many(entry_message(item) for item in entered)
    feed_history.confirm(state.memory, claimed, remembered, now)
    return len(entered)


def _is_public(url: str, hosts: dict[str, bool]) -> bool:
    """Asks the name server once per host of a feed; the download asks again at each connection.

    Not all that stands in feeds is a web address: `kaltura:1926081:0_l5ye1133`.
    """
    try:
        host = str(check_web_address(url).hostname)
        if host not in hosts:
            hosts[host] = False
            check_url(url, allow_internal=current().settings.allow_internal_urls)
            hosts[host] = True
    except Invalid as error:
        log.warning("A feed's entry is left out: %s", error.message, extra={"url": url})
        return False
    return hosts[host]


def _new_item(state: _Sweep, item: FeedItem) -> Item:
    """The record of an entry. What the feed says of it stays with it, as with an entry of a list (downloads.md 5.4)."""
    hinted = item.hinted_url if item.guid and (item.archive_id or "").startswith("generic ") else ""
    told = told_fields({**item.told, "_type": "url_transparent"}) if item.told else {}
    return new_item(item.request(state.request)).evolve(
        title=title_of({"title": item.title}, url=item.url),
        description=item.description[:DESCRIPTION_LIMIT],
        archive_id=item.archive_id,
        info_at=item.info_at,
        origin=Origin(hinted_url=hinted, told=told, identity=item.identity or ""),
    )


def _note(task: Task, result: Result) -> None:
    task_schedule.note(task.id, result.at.timestamp(), result.view())
