"""A try to tell notification targets of an event; a failure is retried, later each time (rules.md 6.3)."""

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dlambda.aws import queue
from dlambda.deployment import current
from dlambda.domain.messages.queue_messages import Deliver, LostDelivery
from dlambda.domain.rules.notification import Target, without_secrets
from dlambda.domain.rules.notification_message import is_worth_retrying, message_for, plain_text, wait_seconds
from dlambda.domain.rules.resource import NOTIFICATIONS
from dlambda.domain.web.urls import INTERNAL_TEXT
from dlambda.errors import Invalid
from dlambda.media.outgoing import services
from dlambda.media.outgoing.fetch import fetch
from dlambda.media.outgoing.request import FetchFailed, Request
from dlambda.store.rules import deliveries, resources
from dlambda.store.rules.deliveries import Delivery

log = logging.getLogger(__name__)

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


def deliver(id_: int) -> None:
    """Tries once. Idempotent, and safe for late or lost messages: the delivery is taken by one caller at a time."""
    delivery = deliveries.acquire(id_, current().clock.time(), _TRY_SECONDS)
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
        wait = math.ceil(wait * current().settings.delivery_wait_factor)
        deliveries.schedule_retry(delivery, failed, current().clock.time() + wait)
        queue.send(Deliver(delivery.id), delay_seconds=wait)
        return
    if failed:
        log.error("Gave up telling targets %s of event %s", failed, delivery.event["id"])
        queue.send(LostDelivery(delivery.id, tuple(failed), delivery.event))
    deliveries.remove(delivery)


def _send(targets: Sequence[Target], delivery: Delivery) -> list[_Outcome]:
    if not targets:
        return []
    if targets[0].call.is_webhook:
        return [_call_webhook(target, delivery) for target in targets]
    title, body = plain_text(delivery.event)
    settings = current().settings
    answers = services.send(
        [target.call.url for target in targets],
        title,
        body,
        config=settings.apprise_config,
        allow_internal=settings.allow_internal_urls,
    )
    return [_Outcome(answer.ok, error=answer.error, again=not answer.ok and answer.usable) for answer in answers]


def _call_webhook(target: Target, delivery: Delivery) -> _Outcome:
    settings = current().settings
    message = message_for(target, delivery.event, version=settings.app_version, now=current().clock.now())
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
    status_text = f"HTTP status {answer.status}"
    return _Outcome(ok=False, status=answer.status, error=status_text, again=is_worth_retrying(answer.status))


def _note(target: Target, outcome: _Outcome) -> None:
    """`last_delivery` of the target, and a line in the log."""
    level = logging.INFO if outcome.ok else logging.WARNING
    error = without_secrets(outcome.error, target) if outcome.error else None
    log.log(level, "Notification target '%s': %s", target.name, error or outcome.status or "told")
    last = {
        "at": current().clock.now().isoformat(),
        "status_code": outcome.status,
        "ok": outcome.ok,
        "error": error,
    }
    resources.note(NOTIFICATIONS.feature, target.id, {"last_delivery": last})
