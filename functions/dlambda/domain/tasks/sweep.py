"""The choice of entries that a sweep queues (docs/contract/tasks.md 5, steps 3-6).

A handler remembers what it queued, so that two sweeps cannot queue one entry twice. A download that failed is tried
again by a later sweep, after a pause that doubles, and a few times only: a video that was taken down is not asked for
hourly for ever. Whether it failed is read from its record in the history, so the download itself reports to nobody; who
removes the record of a failure notes that in the memory.
"""

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Final

from dlambda.domain.tasks.feed import FeedItem

MAX_ATTEMPTS: Final = 6
FIRST_PAUSE: Final = timedelta(hours=1)
LONGEST_PAUSE: Final = timedelta(days=2)
MEMORY_SECONDS: Final = 180 * 24 * 3600
"""How long a queued entry is remembered. Feeds show their newest entries, so an older one has long left them."""


class Verdict(Enum):
    """Why an entry is queued, or not."""

    QUEUE = "queue"
    NO_URL = "no url"
    NO_ARCHIVE_ID = "no archive id"
    ARCHIVED = "in the archive"
    KNOWN = "in the queue or in the history"
    QUEUED_BEFORE = "queued before"
    RESTING = "failed; its pause is not over"
    GIVEN_UP = "failed too often"


@dataclass(frozen=True)
class Record:
    """The state of a URL in queue and history."""

    failed: bool
    ended_at: datetime | None = None


@dataclass(frozen=True)
class Memory:
    """How often a handler queued an entry. `held`: another sweep is about to queue it.

    `failed_at`: when it failed last (unix seconds), of one whose record was removed since.
    """

    attempts: int
    held: bool = False
    failed_at: float | None = None


@dataclass(frozen=True)
class Known:
    """Knowledge of a feed's entries: archive ids, records by URL, memories by `FeedItem.identity`."""

    archived: Container[str] = frozenset()
    records: Mapping[str, Record] = field(default_factory=dict)
    memories: Mapping[str, Memory] = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """The entries to queue, in feed order, and those that lack an archive id (each is worth a warning)."""

    items: tuple[FeedItem, ...]
    without_archive_id: tuple[FeedItem, ...]


def pause_after(attempts: int) -> timedelta:
    """The rest after the `attempts`-th failure: 1 h, 2 h, 4 h ... at most two days."""
    doublings: int = 2 ** (max(attempts, 1) - 1)
    return min(FIRST_PAUSE * doublings, LONGEST_PAUSE)


def judge(item: FeedItem, knowledge: Known, now: datetime) -> Verdict:
    """The verdict on one entry."""
    if not item.url:
        return Verdict.NO_URL
    if not item.archive_id:
        return Verdict.NO_ARCHIVE_ID
    if any(archive_id in knowledge.archived for archive_id in item.archive_ids):
        return Verdict.ARCHIVED
    record = knowledge.records.get(item.url)
    if record and not record.failed:
        return Verdict.KNOWN
    memory = knowledge.memories.get(item.identity or "")
    if memory is None:
        return Verdict.QUEUE
    failed = record or _removed_record(memory)
    if failed is None or memory.held:
        return Verdict.QUEUED_BEFORE
    if memory.attempts >= MAX_ATTEMPTS:
        return Verdict.GIVEN_UP
    rested = failed.ended_at is None or now >= failed.ended_at + pause_after(memory.attempts)
    return Verdict.QUEUE if rested else Verdict.RESTING


def _removed_record(memory: Memory) -> Record | None:
    if memory.failed_at is None:
        return None
    return Record(failed=True, ended_at=datetime.fromtimestamp(memory.failed_at, UTC))


def choose(items: Iterable[FeedItem], knowledge: Known, now: datetime) -> Choice:
    """The entries that a sweep queues. Of two entries with one identity or URL only the first counts."""
    entries: list[FeedItem] = []
    unknown: list[FeedItem] = []
    marks_so_far: set[str] = set()
    for item in items:
        verdict = judge(item, knowledge, now)
        if verdict is Verdict.NO_ARCHIVE_ID:
            unknown.append(item)
        marks = {item.url, *item.identities}
        if verdict is Verdict.QUEUE and not marks & marks_so_far:
            entries.append(item)
            marks_so_far |= marks
    return Choice(tuple(entries), tuple(unknown))


def delays(names: Iterable[str], longest_seconds: float, random: Callable[[], float]) -> list[int]:
    """Seconds to wait for each task's message, given its handler: a handler's first task goes at once.

    The others follow 1 to `longest_seconds` later, so that one site is not asked for everything in one moment.
    `random` answers a number in [0, 1).
    """
    handlers: set[str] = set()
    waits = []
    for name in names:
        waits.append(round(1 + random() * (max(longest_seconds, 1) - 1)) if name in handlers else 0)
        handlers.add(name)
    return waits
