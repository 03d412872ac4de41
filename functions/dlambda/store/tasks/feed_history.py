"""Memories of handlers: what they queued, by `FeedItem.identity` (tasks.md 5, step 4), and archive ids (7.5).

Queueing an entry takes two writes: it is claimed first, so that two sweeps cannot both queue it, and confirmed when it
has become an item. A claim without confirmation, because its worker died, is void after `CLAIM_SECONDS`.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from dlambda.domain.tasks.sweep import MEMORY_SECONDS, Memory
from dlambda.store.table import MAX_OPERATIONS, ConditionFailed, Row, Transaction

CLAIM_SECONDS: Final = 900
FAILED_LOOK_UP_SECONDS: Final = 6 * 3600
"""A page that had no archive id may have one later: it was private, or the site was down."""


class _Row(Row):
    class Meta:
        table_name = "cache"

    key = UnicodeAttribute(hash_key=True)
    expires_at = NumberAttribute()
    attempts = NumberAttribute(null=True)
    confirmed = BooleanAttribute(null=True)
    claimed_at = NumberAttribute(null=True)
    archive_id = UnicodeAttribute(null=True)
    failed_at = NumberAttribute(null=True)


def memory_name(name: str, owner: str) -> str:
    """The name of a memory: of a handler, or of a task's look-ups. Each member (`owner`) has memories of its own."""
    return f"{name}@{owner}" if owner else name


def find_many(handler: str, identities: Iterable[str], now: float) -> dict[str, Memory]:
    """The memories that there are. One request for 100."""
    keys = {_key(handler, identity): identity for identity in identities}
    rows = _Row.batch_get(list(keys), consistent_read=True) if keys else ()
    return {keys[row.key]: memory for row in rows if row.expires_at > now and (memory := _memory(row, now))}


def claim_many(handler: str, identities: Sequence[str], memories: Mapping[str, Memory], now: float) -> list[str]:
    """Identities that the caller may queue, given its `memories` of them; others were claimed by somebody faster."""
    claimed: list[str] = []
    for start in range(0, len(identities), MAX_OPERATIONS):
        batch = list(dict.fromkeys(identities[start : start + MAX_OPERATIONS]))
        while batch:
            try:
                _claim_batch(handler, batch, memories, now)
            except ConditionFailed as refused:
                batch = [identity for identity in batch if identity not in refused.reasons]
                continue
            claimed += batch
            break
    return claimed


def _claim_batch(handler: str, batch: Sequence[str], memories: Mapping[str, Memory], now: float) -> None:
    transaction = Transaction()
    for identity in batch:
        before = memories.get(identity)
        row = _Row(
            _key(handler, identity),
            attempts=before.attempts + 1 if before else 1,
            claimed_at=now,
            expires_at=int(now + MEMORY_SECONDS),
        )
        void = (_Row.confirmed.does_not_exist()) & (_Row.claimed_at < now - CLAIM_SECONDS)
        free = _Row.key.does_not_exist() | (_Row.expires_at <= now) | void
        if before:
            free |= (_Row.attempts == before.attempts) & _Row.confirmed.exists()
        transaction.put(row, condition=free, error_label=identity)
    transaction.commit()


def confirm(handler: str, identities: Iterable[str], memories: Mapping[str, Memory], now: float) -> None:
    """Notes that the claimed entries have been queued."""
    with _Row.batch_write() as batch:
        for identity in identities:
            before = memories.get(identity)
            batch.save(
                _Row(
                    _key(handler, identity),
                    attempts=before.attempts + 1 if before else 1,
                    confirmed=True,
                    claimed_at=now,
                    expires_at=int(now + MEMORY_SECONDS),
                )
            )


def note_failed(handler: str, identity: str, at: float) -> None:
    """Notes that a queued entry failed and has no record any more. Nothing is noted of an entry without a memory."""
    row = _Row(_key(handler, identity))
    row.update_if(_Row.confirmed.exists(), [_Row.failed_at.set(at)])


def _memory(row: _Row, now: float) -> Memory | None:
    if row.confirmed:
        return Memory(int(row.attempts), failed_at=row.failed_at)
    if row.claimed_at >= now - CLAIM_SECONDS:
        return Memory(int(row.attempts), held=True)
    return Memory(int(row.attempts) - 1) if row.attempts > 1 else None


def find_archive_ids(task: str, urls: Iterable[str], now: float) -> dict[str, str | None]:
    """The look-ups of a task that are still known: URL to archive id, or to None when there was none."""
    keys = {_look_up_key(task, url): url for url in urls}
    rows = _Row.batch_get(list(keys)) if keys else ()
    return {keys[row.key]: row.archive_id for row in rows if row.expires_at > now}


def keep_archive_id(task: str, url: str, archive_id: str | None, now: float) -> None:
    """Remembers a look-up, one without success for a shorter time."""
    seconds = MEMORY_SECONDS if archive_id else FAILED_LOOK_UP_SECONDS
    _Row(_look_up_key(task, url), archive_id=archive_id, expires_at=int(now + seconds)).save()


def _key(handler: str, identity: str) -> str:
    return f"queued/{handler}/{_hash(identity)}"


def _look_up_key(task: str, url: str) -> str:
    return "archive-id/" + _hash(f"{task}\n{url}")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
