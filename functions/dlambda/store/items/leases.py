"""Leases of items. A lease has an owner, an expiry and a fencing number; one write a second renews it, carries the
progress and brings back what the user wants meanwhile.

Kept apart from the items because its writes come each second: they touch no index and no list. A transaction over an
item neither checks nor ends its lease. Whoever takes an item over writes it first, under the condition that it is as it
was read; so the item's version refuses the worker before (docs/decisions/leases-and-slots.md).
"""

import json
import logging
import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition

from dlambda.deployment import current, per_deployment
from dlambda.errors import Conflict
from dlambda.service_absence import warn
from dlambda.store.table import TABLE_ERRORS, Row, Transaction

if TYPE_CHECKING:
    from pynamodb.expressions.update import Action

log = logging.getLogger(__name__)

LEASE_SECONDS = 20
_RENEW_SECONDS = 5.0
_RELEASED = 0  # in the place of the moment until which it is held
LOST = "the lease is somebody else's"
CANCEL = "cancel"
"""Requests of a user to the worker of an item."""
_KEEP_SECONDS = 7 * 86400
_OWNER_MARK = "/"
_DELETED_AT_ONCE = 25


class Work(StrEnum):
    """The work that a lease protects."""

    INTAKE = "intake"
    DOWNLOAD = "download"  # also of an order


class _Row(Row):
    class Meta:
        table_name = "leases"

    item_id = UnicodeAttribute(hash_key=True)
    owner = UnicodeAttribute(null=True)
    work = UnicodeAttribute(null=True)
    until = NumberAttribute(null=True)
    fence = NumberAttribute(null=True)
    wanted = UnicodeAttribute(null=True)
    progress = BinaryAttribute(null=True, legacy_encoding=False)
    expires_at = NumberAttribute(null=True)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to change an item: valid while no other owner has taken it with a higher `fence`."""

    item_id: str
    owner: str
    fence: int
    wanted: str | None = field(default=None, compare=False)
    """The request of the user when the lease was acquired."""


class Lost(Conflict):
    """The lease ran out and another worker has it, or the item was ended by its user."""


def new_owner() -> str:
    """A name for one who works on an item; it says on which node."""
    return f"{current().settings.node}{_OWNER_MARK}{current().new_uuid().hex}"


def acquire(
    item_id: str, owner: str, now: float, seconds: float = LEASE_SECONDS, *, work: Work = Work.DOWNLOAD
) -> Lease | None:
    """The lease, when it is free or has run out; None while another holds it.

    A lease for another work is no hindrance: whoever has read that the item is to be downloaded knows that its intake
    is done, although nobody has released that lease.
    """
    row = _Row(item_id)
    actions: list[Action] = [
        _Row.owner.set(owner),
        _Row.work.set(work.value),
        _Row.until.set(now + seconds),
        _Row.fence.add(1),
        _Row.expires_at.set(int(now + _KEEP_SECONDS)),
    ]
    is_for_other_work = _Row.work.exists() & (_Row.work != work.value)
    free = _Row.until.does_not_exist() | (_Row.until < now) | (_Row.owner == owner) | is_for_other_work
    return Lease(item_id, owner, int(row.fence), row.wanted) if row.update_if(free, actions) else None


def renew(
    lease: Lease, now: float, progress: Mapping[str, Any] | None = None, seconds: float = LEASE_SECONDS
) -> str | None:
    """Keeps the lease and stores `progress`; answers what the user wants (`"cancel"`) or None.

    Raises `Lost`, also when the lease was released: a renewal that is under way then must not bring it back.
    """
    row = _Row(lease.item_id)
    # A recording may go on for longer than the table keeps what nobody touches.
    actions: list[Action] = [_Row.until.set(now + seconds), _Row.expires_at.set(int(now + _KEEP_SECONDS))]
    if progress is not None:
        actions.append(_Row.progress.set(zlib.compress(json.dumps(progress).encode(), 1)))
    if not row.update_if(holds(lease) & (_Row.until > _RELEASED), actions):
        raise _lease_lost(lease.item_id)
    return row.wanted


@contextmanager
def hold(item_id: str, work: Work) -> Iterator[Lease]:
    """The lease for as long as the block runs, renewed by a thread; released when the block fails. Raises `Lost`.

    What the block releases itself is free from that moment on.
    """
    lease = acquire(item_id, new_owner(), current().clock.time(), work=work)
    if lease is None:
        raise _lease_lost(item_id)
    released = threading.Event()
    thread = threading.Thread(target=_renew_until, args=(lease, released), name="lease", daemon=True)
    thread.start()
    with released_on_failure(lease):
        try:
            yield lease
        finally:
            released.set()
            thread.join()


@contextmanager
def released_on_failure(lease: Lease) -> Iterator[None]:
    """Releases the lease when the block fails, so that the next worker need not wait until it runs out."""
    try:
        yield
    except BaseException:
        with suppress(*TABLE_ERRORS):  # it runs out, then
            release(lease)
        raise


def _renew_until(lease: Lease, released: threading.Event) -> None:
    while not released.wait(_RENEW_SECONDS):
        try:
            renew(lease, current().clock.time())
        except Lost:
            return  # the next write of this worker fails its fence check
        except TABLE_ERRORS as error:
            warn(log, "A lease could not be renewed", error, item_id=lease.item_id)


def _lease_lost(item_id: str) -> Lost:
    return Lost(f"The lease of '{item_id}' is held by another worker.")


def holds(lease: Lease) -> Condition:
    condition: Condition = (_Row.owner == lease.owner) & (_Row.fence == lease.fence)
    return condition


def is_held(lease: Lease) -> bool:
    """False when it was ended, or another has it. Its time may be up: nobody has noticed, then."""
    row = _Row.find(lease.item_id)
    return row is not None and (row.owner, row.fence) == (lease.owner, lease.fence)


def check(transaction: Transaction, lease: Lease) -> None:
    """Refuses the transaction with `LOST` when the lease is another's by now."""
    transaction.check(_Row, lease.item_id, condition=holds(lease), error_label=LOST)


def end(transaction: Transaction, item_id: str, lease: Lease) -> None:
    """The lease goes with the transaction, only if it is still held."""
    transaction.delete(_Row(item_id), condition=holds(lease), error_label=LOST)


def end_all(item_ids: Sequence[str]) -> None:
    """Ends the leases of items that nobody may change any more, whoever has them: workers hear of it at their next
    renewal. Does not fail: a row that stays is in nobody's way, and its time to live ends it.
    """
    try:
        if len(item_ids) == 1:
            _Row(item_ids[0]).delete()
        elif item_ids:
            with _Row.batch_write() as batch:
                for item_id in item_ids:
                    batch.delete(_Row(item_id))
    except TABLE_ERRORS as error:
        warn(log, "Leases could not be ended", error)


def end_later(item_ids: Iterable[str]) -> None:
    """Does so for items that no other process works on: their rows go with the next ones, many at once."""
    _to_be_ended().add(item_ids)


class _Ended:
    """Items whose rows are still to be deleted. Safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids: list[str] = []
        current().before_close(lambda: end_all(self.take(least=1)))

    def add(self, item_ids: Iterable[str]) -> None:
        with self._lock:
            self._ids.extend(item_ids)
        end_all(self.take(least=_DELETED_AT_ONCE))

    def take(self, least: int) -> list[str]:
        """All of them, if they are so many; they are forgotten here."""
        with self._lock:
            if len(self._ids) < least:
                return []
            ids, self._ids = self._ids, []
        return ids


@per_deployment
def _to_be_ended() -> _Ended:
    return _Ended()


def release(lease: Lease) -> None:
    """Lets the next worker begin at once. What the user wants stays. Another worker's lease is left alone."""
    _Row(lease.item_id).update_if(holds(lease), [_Row.until.set(_RELEASED)])


def forget(item_id: str) -> None:
    """Removes the lease of an item that has ended: of a worker that took it at that very moment."""
    _Row(item_id).delete()


def release_all(node: str = "") -> None:
    """Releases the leases of a node that is known to be dead, or of whoever has one when no `node` is named: for the
    start of one machine's only worker.
    """
    condition = _Row.until > _RELEASED
    if node:
        condition &= _Row.owner.startswith(f"{node}{_OWNER_MARK}")
    for row in _Row.scan(condition):
        row.update_if(_Row.owner == row.owner, [_Row.until.set(_RELEASED)])


def want(item_id: str, wish: str) -> bool:
    """Tells the worker what the user wants. False when nobody works on the item."""
    return _Row(item_id).update_if(_Row.owner.exists(), [_Row.wanted.set(wish)])


def find_progress(item_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The newest progress of each item that has any. One request for up to 100."""
    return {
        row.item_id: json.loads(zlib.decompress(row.progress))
        for row in _Row.batch_get(list(item_ids), consistent_read=True)
        if row.progress
    }


def find_expired(item_ids: Iterable[str], now: float) -> set[str]:
    """Ids among `item_ids` that nobody holds."""
    leased = {row.item_id for row in _Row.batch_get(list(item_ids), consistent_read=True) if (row.until or 0) >= now}
    return set(item_ids) - leased


def find_wanted(item_id: str) -> str | None:
    row = _Row.find(item_id)
    return row.wanted if row else None
