"""Plans who is told of an event (docs/contract/rules.md 6.3). Light, as everything that publishes brings it in.

Each webhook is one delivery, and all other services that want an event are one; `usecases.events.deliver` makes them.
"""

import logging
from collections.abc import Iterable, Sequence

from dlambda.aws import queue
from dlambda.domain.events.event import Event
from dlambda.domain.rules.notification import EVENTS, FEATURE, Target, wanted_by
from dlambda.domain.rules.notification_message import payload
from dlambda.service_absence import warn
from dlambda.store.rules import deliveries, resources
from dlambda.store.rules.deliveries import Delivery
from dlambda.store.table import TABLE_ERRORS

log = logging.getLogger(__name__)


def announce(events: Iterable[Event]) -> None:
    """Plans the deliveries of `events`. A failure is logged and never reaches the cause of the events."""
    notable = [event for event in events if event.name.value in EVENTS]
    if not notable:
        return
    try:
        targets = _targets()
        new_deliveries = [delivery for event in notable for delivery in _plan(targets, event)]
        if new_deliveries:
            deliveries.add(new_deliveries)
            _wake(delivery.id for delivery in new_deliveries)
    except (*TABLE_ERRORS, *queue.SEND_ERRORS) as error:
        warn(log, "Notifications could not be planned", error)


def _targets() -> list[Target]:
    documents = resources.list_(FEATURE)
    return [Target.from_fields(document.id, document.shown) for document in documents]


def _plan(targets: Sequence[Target], event: Event) -> list[Delivery]:
    matching_targets = wanted_by(targets, event)
    if not matching_targets:
        return []
    body = payload(event)
    groups = [[target.id] for target in matching_targets if target.call.is_webhook]
    people = [target.id for target in matching_targets if not target.call.is_webhook]
    return [deliveries.new(group, body) for group in [*groups, people] if group]


def wake_deliveries(now: float) -> None:
    """The minute's round: those whose message was lost are woken again."""
    _wake(deliveries.list_due(now))


def _wake(ids: Iterable[int]) -> None:
    from dlambda.domain.messages.queue_messages import Deliver  # few events have a target

    queue.send_many(Deliver(id_) for id_ in ids)
