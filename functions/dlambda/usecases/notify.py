"""Tells notification targets (docs/contract/rules.md 6.3): who wants an event is settled when it happens, the rest later.

    announce(events)    stores one delivery per webhook, and one for all services, and wakes the function behind the queue
    deliver(id)         one try of one delivery; what fails is put off, longer each time, and becomes a dead letter
"""

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from dlambda.aws import queue
from dlambda.domain.event import Event
from dlambda.domain.notification import (
    EVENTS,
    Target,
    is_worth_retrying,
    message_for,
    payload,
    plain_text,
    wait_seconds,
    wanted_by,
)
from dlambda.domain.resource import NOTIFICATIONS
from dlambda.domain.urls import INTERNAL_TEXT
from dlambda.errors import Invalid
from dlambda.media import services
from dlambda.media.fetch import FetchFailed, Request, fetch
from dlambda.settings import get_settings
from dlambda.store import deliveries, resources
from dlambda.store.deliveries import Delivery

log = logging.getLogger(__name__)

_QUEUE: Final = "notify"
_DEAD_QUEUE: Final = "notify-dead"
_TIMEOUT_SECONDS: Final = 10.0
_ANSWER_LIMIT_BYTES: Final = 1024 * 1024
_TRY_SECONDS: Final = 60.0
"""So long nobody else begins a try: longer than any takes."""


@dataclass(frozen=True)
class _Outcome:
    """How one try ended for one target. `again`: a later one may end better."""

    ok: bool
    status: int | None = None
    error: str | None = None
    again: bool = False


def announce(events: Iterable[Event]) -> None:
    """Plans the deliveries of `events`. A failure is logged and never reaches the cause of the events."""
    notable = [event for event in events if event.name.value in EVENTS]
    if not notable:
        return
    try:
        targets = _targets()
        planned = [delivery for event in notable for delivery in _plan(targets, event)]
        if planned:
            deliveries.add(planned)
            queue.send_many(_QUEUE, ({"id": str(delivery.id)} for delivery in planned))
    except (*deliveries.STORE_ERRORS, *queue.SEND_ERRORS):
        log.exception("Notifications could not be planned")


def _targets() -> list[Target]:
    documents = resources.list_(NOTIFICATIONS.feature)
    return [Target.from_fields(document.id, document.shown) for document in documents]


def _plan(targets: Sequence[Target], event: Event) -> list[Delivery]:
    wanted = wanted_by(targets, event)
    if not wanted:
        return []
    told = payload(event)
    groups = [[target.id] for target in wanted if target.call.is_webhook]
    people = [target.id for target in wanted if not target.call.is_webhook]
    return [deliveries.new(group, told) for group in [*groups, people] if group]


def wake_deliveries(now: float) -> None:
    """The minute's round: those whose message was lost are woken again."""
    queue.send_many(_QUEUE, ({"id": str(id_)} for id_ in deliveries.find_due(now)))


def deliver(id_: int) -> None:
    """One try. A doubled, late or lost message does no harm: the delivery is taken by one caller at a time."""
    delivery = deliveries.take(id_, time.time(), _TRY_SECONDS)
    if delivery is None:
        return
    targets = [target for target in (_clear_target(target_id) for target_id in delivery.targets) if target]
    outcomes = _send(targets, delivery)
    for target, outcome in zip(targets, outcomes, strict=True):
        _note(target, outcome)
    failed = [target.id for target, outcome in zip(targets, outcomes, strict=True) if outcome.again]
    _settle(delivery, failed)


def _clear_target(id_: int) -> Target | None:
    """The target with its secrets, unless it is gone or switched off meanwhile."""
    document = resources.find(NOTIFICATIONS.feature, id_)
    target = Target.from_fields(id_, document.clear()) if document else None
    return target if target and target.enabled else None


def _settle(delivery: Delivery, failed: Sequence[int]) -> None:
    wait = wait_seconds(delivery.tries) if failed else None
    if wait is not None:
        deliveries.put_off(delivery, failed, time.time() + wait)
        queue.send(_QUEUE, {"id": str(delivery.id)}, delay_seconds=wait)
        return
    if failed:
        log.error("Gave up telling targets %s of event %s", failed, delivery.event["id"])
        queue.send(_DEAD_QUEUE, {"id": str(delivery.id), "targets": list(failed), "event": dict(delivery.event)})
    deliveries.remove(delivery)


def _send(targets: Sequence[Target], delivery: Delivery) -> list[_Outcome]:
    if not targets:
        return []
    if targets[0].call.is_webhook:
        return [_call_webhook(target, delivery) for target in targets]
    title, body = plain_text(delivery.event)
    settings = get_settings()
    found = services.send(
        [target.call.url for target in targets],
        title,
        body,
        config=settings.apprise_config,
        allow_internal=settings.allow_internal_urls,
    )
    return [_Outcome(each.ok, error=each.error, again=not each.ok and each.usable) for each in found]


def _call_webhook(target: Target, delivery: Delivery) -> _Outcome:
    settings = get_settings()
    message = message_for(target, delivery.event, version=settings.app_version, now=datetime.now(UTC))
    request = Request(
        target.call.url,
        method=message.method,
        headers=message.headers,
        body=message.body,
        timeout_seconds=_TIMEOUT_SECONDS,
        limit_bytes=_ANSWER_LIMIT_BYTES,
    )
    try:
        answer = fetch(request, allow_internal=settings.allow_internal_urls)
    except Invalid as error:
        return _Outcome(ok=False, error=error.message, again=error.message != INTERNAL_TEXT)
    except FetchFailed as error:
        return _Outcome(ok=False, error=error.message, again=True)
    if answer.status < 300:
        return _Outcome(ok=True, status=answer.status)
    error = f"HTTP status {answer.status}"
    return _Outcome(ok=False, status=answer.status, error=error, again=is_worth_retrying(answer.status))


def _note(target: Target, outcome: _Outcome) -> None:
    """`last_delivery` of the target, and a line in the log."""
    level = logging.INFO if outcome.ok else logging.WARNING
    log.log(level, "Notification target '%s': %s", target.name, outcome.error or outcome.status or "told")
    last = {
        "at": datetime.now(UTC).isoformat(),
        "status_code": outcome.status,
        "ok": outcome.ok,
        "error": outcome.error,
    }
    resources.note(NOTIFICATIONS.feature, target.id, {"last_delivery": last})
