"""Adds items of the history again, any number of them (docs/contract/downloads.md 4.14).

What is to be retried is a job: it survives a restart, and each turn writes how far it is. A record gives way to its
successor in one transaction, so a kill at any line loses neither.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice, takewhile
from typing import Any, Final

from dlambda.aws import queue
from dlambda.deployment import current
from dlambda.domain.accounts.principal import OPERATOR, Principal
from dlambda.domain.events import event
from dlambda.domain.events.event import Name
from dlambda.domain.items.item import Item, Shelf
from dlambda.domain.messages.queue_messages import RETRY_JOB, RetryItems
from dlambda.errors import Conflict
from dlambda.store.files import jobs
from dlambda.store.files.jobs import Job
from dlambda.store.items import items
from dlambda.usecases.events.publish import publish
from dlambda.usecases.items.add_items import again, insert_items
from dlambda.usecases.items.intake_message import entry_message

MOST_IDS: Final = 10_000
_IDS_OF_JOB = 5000  # a job's row has 400 KB
_TOGETHER = 25
_BATCHES_PER_TURN = 8


def retry_by_id(ids: Collection[str], principal: Principal = OPERATOR) -> int:
    """Plans the retry of items of the history that `principal` may see; answers how many of `ids` those are."""
    done_ids = [item.id for item in items.find_many(ids, owner=principal.owner) if item.shelf is Shelf.DONE]
    for start in range(0, len(done_ids), _IDS_OF_JOB):
        chunk = done_ids[start : start + _IDS_OF_JOB]
        _plan({"ids": chunk, "total": len(chunk)}, principal)
    return len(done_ids)


def retry_by_status(statuses: Collection[str] | None, text: str, principal: Principal = OPERATOR) -> int:
    """Plans the retry of all items that the history has with `statuses` (None: any) now; answers how many those are.

    `text` is the filter as the client wrote it. A member's history has its own items.
    """
    owner = principal.owner
    newest = items.page(Shelf.DONE, page=1, per_page=1, newest_first=True, statuses=statuses, owner=owner)
    last = items.find_many(newest.ids)
    if not last:
        return 0
    status_names = None if statuses is None else sorted(statuses)
    last_place = items.place_in(last[0], owner)
    _plan({"statuses": status_names, "text": text, "last": last_place, "total": newest.total}, principal)
    return newest.total


def _plan(body: dict[str, Any], principal: Principal) -> None:
    body |= {"owner": principal.owner, "holds": principal.holds_adds}
    job = jobs.add(Job(current().new_uuid().hex, RETRY_JOB, body), current().clock.time(), held=False)
    queue.send(RetryItems(job.id))


def retry_items(job_id: str) -> RetryItems | None:
    """Does a turn of a retry; answers the message for the rest. None when it is done or another worker has it."""
    job = jobs.acquire(job_id, current().clock.time())
    if job is None:
        return None
    try:
        for records, progress in islice(_batches(job.body), _BATCHES_PER_TURN):
            count = len(_retry(records, job.body))
            body = {**job.body, **progress, "added": job.body.get("added", 0) + count}
            job = jobs.save(job, body, current().clock.time())
        if next(_batches(job.body), None) is None:
            _end(job)
            return None
    except Conflict:
        raise
    except Exception:
        jobs.release(job.id, current().clock.time())
        raise
    jobs.release(job.id, current().clock.time())
    return RetryItems(job.id)


def _batches(body: Mapping[str, Any]) -> Iterator[tuple[list[Item], dict[str, int]]]:
    """The records that are still to be looked at, some at a time, each batch with what the job notes after it."""
    if "ids" in body:
        for start in range(body.get("next", 0), len(body["ids"]), _TOGETHER):
            named = items.find_many(body["ids"][start : start + _TOGETHER])
            yield [item for item in named if item.shelf is Shelf.DONE], {"next": start + _TOGETHER}
        return
    # What fails again meanwhile comes behind the place of the last one: it is not retried without end.
    owner = body.get("owner", "")
    records = items.iterate(Shelf.DONE, body["statuses"], after=body.get("after", -1), owner=owner)
    chosen_records = takewhile(lambda item: items.place_in(item, owner) <= body["last"], records)
    while batch := list(islice(chosen_records, _TOGETHER)):
        yield batch, {"after": items.place_in(batch[-1], owner)}


def _retry(records: Sequence[Item], body: Mapping[str, Any]) -> list[Item]:
    """Replaces records by new items; answers those. A record stays where an add would bring nothing new (5.6)."""
    retried: list[Item] = []
    for owner in dict.fromkeys(record.owner for record in records):  # each has lists of its own to write
        retried += _retry_of([record for record in records if record.owner == owner], owner, body)
    return retried


def _retry_of(records: Sequence[Item], owner: str, body: Mapping[str, Any]) -> list[Item]:
    overrides = {"auto_start": False} if body.get("holds") else {}
    new_items = insert_items([again(record).evolve(**overrides) for record in records])
    queue.send_many(entry_message(item) for item in new_items)
    left_ids = {item.id for item in items.find_many(record.id for record in records)}
    if removed_ids := [record.id for record in records if record.id not in left_ids]:
        publish(event.items_removed_for_retry(removed_ids, body.get("text"), owner=owner))
    return new_items


def _end(job: Job) -> None:
    jobs.end(job, job.body, current().clock.time())
    count, total = job.body.get("added", 0), job.body["total"]
    message = f"Retried {count} of {total} history items."
    outcome = {"status": "ok", "succeeded": count, "total": total}
    owner = job.body.get("owner", "")
    publish(event.log(Name.LOG_SUCCESS, "History Retry Finished", message, owner=owner, **outcome))
