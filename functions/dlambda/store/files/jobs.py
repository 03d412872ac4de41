"""Long work on files (moves of folders, ZIPs): one record each, so that whoever comes after a crash can finish it.

A worker has a job for a limited time and says so with every step that it writes. The row `_OPEN` names the jobs that
are not done, so that the sweep needs no scan.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute, UnicodeSetAttribute

from dlambda.deployment import current
from dlambda.errors import StaleWrite
from dlambda.store.table import Row, Transaction

_OPEN = "open"
_KEPT_SECONDS = 7 * 86400
# Longer than the slowest step between two writes: the copy of one large object.
HELD_SECONDS = 60.0


class _Row(Row):
    class Meta:
        table_name = "jobs"

    id = UnicodeAttribute(hash_key=True)
    kind = UnicodeAttribute(null=True)
    version = NumberAttribute(null=True)
    body = BinaryAttribute(null=True, legacy_encoding=False)  # not of the row `_OPEN`
    held_until = NumberAttribute(null=True)
    node = UnicodeAttribute(null=True)  # that has it
    done_at = NumberAttribute(null=True)
    expires_at = NumberAttribute(null=True)
    ids = UnicodeSetAttribute(null=True)  # of the row `_OPEN`


@dataclass(frozen=True, slots=True)
class Job:
    """`body` is the kind's own: what to do, how far it is, what came out; and its `owner`, empty for admins.

    Unix seconds; `done_at` 0: not yet.
    """

    id: str
    kind: str
    body: Mapping[str, Any] = field(default_factory=dict)
    version: int = 0
    held_until: float = 0.0
    done_at: float = 0.0

    def is_visible_to(self, owner: str) -> bool:
        """True for the member whose it is and for admins, whose `owner` is empty."""
        return owner in ("", self.body.get("owner", ""))

    @property
    def is_done(self) -> bool:
        return self.done_at > 0


def find(job_id: str) -> Job | None:
    row = _Row.find(job_id)
    if row is None or not row.kind:
        return None
    return Job(
        id=row.id,
        kind=row.kind or "",
        body=json.loads(zlib.decompress(row.body)),
        version=int(row.version or 0),
        held_until=float(row.held_until or 0),
        done_at=float(row.done_at or 0),
    )


def add(job: Job, now: float, *, held: bool) -> Job:
    """Stores a new job and adds it to the set of open ones, unless it is done; `held`: with a lease of `HELD_SECONDS`
    for the caller.
    """
    new_job = replace(job, version=1, held_until=now + HELD_SECONDS if held else 0.0)
    transaction = Transaction()
    transaction.put(_row(new_job, now))
    if not job.is_done:
        transaction.update(_Row(_OPEN), [_Row.ids.add({job.id})])
    transaction.commit()
    return new_job


def acquire(job_id: str, now: float) -> Job | None:
    """The job, for the caller alone for `HELD_SECONDS`; None when it is done, gone, or another worker's."""
    job = find(job_id)
    if job is None or job.is_done or job.held_until > now:
        return None
    try:
        return save(job, job.body, now)
    except StaleWrite:
        return None


def save(job: Job, body: Mapping[str, Any], now: float) -> Job:
    """Writes how far it is, and holds it on. Raises `StaleWrite` when another worker took over."""
    after = replace(job, body=body, version=job.version + 1, held_until=now + HELD_SECONDS)
    row = _row(after, now)
    if not row.save_if(_Row.version == job.version):
        raise StaleWrite("Another worker has the job.")
    return after


def end(job: Job, body: Mapping[str, Any], now: float) -> Job:
    """Writes the result."""
    after = save(replace(job, done_at=now), body, now)
    _Row(_OPEN).update(actions=[_Row.ids.delete({job.id})])
    return after


def list_open() -> list[str]:
    """The ids of jobs that are not done: one read, whatever their number."""
    row = _Row.find(_OPEN)
    return sorted(row.ids or ()) if row else []


def release_all(now: float, node: str = "") -> None:
    """Releases the open jobs of a node that is known to be dead, or all when no `node` is named: for the start of one
    machine's only worker.
    """
    for job_id in list_open():
        row = _Row.find(job_id) if node else None
        if not node or (row and row.node == node):
            release(job_id, now)


def release(job_id: str, now: float) -> None:
    """Lets the next worker begin at once. Who still works on it is told at the next write."""
    job = find(job_id)
    if job is not None and not job.is_done:
        free = replace(job, version=job.version + 1, held_until=0.0)
        _row(free, now).save_if(_Row.version == job.version)  # else somebody wrote it meanwhile, and so is at work


def remove_open(job_id: str) -> None:
    """For a job that the list of open ones names although it is done or gone."""
    _Row(_OPEN).update(actions=[_Row.ids.delete({job_id})])


def _row(job: Job, now: float) -> _Row:
    return _Row(
        job.id,
        kind=job.kind,
        version=job.version,
        body=zlib.compress(json.dumps(job.body).encode()),
        held_until=job.held_until,
        node=current().settings.node or None,
        done_at=job.done_at,
        expires_at=int(now + _KEPT_SECONDS),
    )
