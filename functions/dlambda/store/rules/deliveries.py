"""Deliveries to notification targets that are still to be made; a message in the queue `notify` only wakes one.

They lie in a partition of the table of resources: few at a time, and found by one query when their messages are lost.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute

from dlambda.deployment import current
from dlambda.store.table import Row

if TYPE_CHECKING:
    from pynamodb.expressions.update import Action

_KIND = "deliveries"
_SWEEP_LIMIT = 200


class _Row(Row):
    class Meta:
        table_name = "resources"

    kind = UnicodeAttribute(hash_key=True, default=_KIND)
    id = NumberAttribute(range_key=True)
    work = BinaryAttribute(null=True, legacy_encoding=False)
    tries = NumberAttribute(default=0)
    due_at = NumberAttribute(default=0)


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event (as `domain.rules.notification.payload` makes it) for one webhook, or for some services at once.

    `tries`: how many were begun, this one included. `due_at` (unix seconds): before that nobody else begins one.
    """

    id: int
    targets: tuple[int, ...]
    event: Mapping[str, Any]
    tries: int = 0
    due_at: float = 0.0


def new(targets: Iterable[int], event: Mapping[str, Any]) -> Delivery:
    """A delivery that is due at once. Its id is free: nanoseconds, and chance for those of the same one."""
    deployment = current()
    id_ = deployment.clock.time_ns() * 1_000_000 + deployment.random.randrange(1_000_000)
    return Delivery(id_, tuple(targets), event)


def add(deliveries: Iterable[Delivery]) -> None:
    with _Row.batch_write() as batch:
        for delivery in deliveries:
            batch.save(_Row(_KIND, delivery.id, work=_work(delivery), tries=delivery.tries, due_at=delivery.due_at))


def acquire(id_: int, now: float, seconds: float) -> Delivery | None:
    """The delivery, for this caller alone for so many seconds. None when it is done, not due, or another's."""
    row = _Row(_KIND, id_)
    actions: list[Action] = [_Row.tries.add(1), _Row.due_at.set(now + seconds)]
    if not row.update_if(_Row.due_at <= now, actions):
        return None
    work = json.loads(row.work)
    return Delivery(id_, tuple(work["targets"]), work["event"], int(row.tries), row.due_at)


def schedule_retry(delivery: Delivery, targets: Iterable[int], due_at: float) -> None:
    """Leaves the delivery to `targets` for later."""
    later = Delivery(delivery.id, tuple(targets), delivery.event, delivery.tries, due_at)
    add([later])


def remove(delivery: Delivery) -> None:
    _Row(_KIND, delivery.id).delete()


def list_due(now: float) -> list[int]:
    """Ids of those that are due, oldest first; at most 200."""
    rows = _Row.query(_KIND, filter_condition=_Row.due_at <= now, attributes_to_get=["id"], limit=_SWEEP_LIMIT)
    return [int(row.id) for row in rows]


def _work(delivery: Delivery) -> bytes:
    return json.dumps({"targets": delivery.targets, "event": delivery.event}, default=str, ensure_ascii=False).encode()
