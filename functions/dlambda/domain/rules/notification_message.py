"""The message to a notification target, and when it is tried again (docs/contract/rules.md 6.4)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from standardwebhooks import Webhook

from dlambda.domain.events.event import Event
from dlambda.domain.rules.notification import PRODUCT, Call, Target

RETRY_SECONDS: Final = (10, 30, 120, 600, 900)
"""Waits between the tries of one delivery; after the last try it is a dead letter. A queue delays by 900 at most."""
_RETRIED_STATUSES: Final = frozenset({408, 429})


@dataclass(frozen=True)
class Message:
    """An HTTP request to a webhook, but for its address."""

    method: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def message_for(target: Target, event: Mapping[str, Any], *, version: str, now: datetime) -> Message:
    """The request that tells `target` of `event` (as `payload` makes it). `now` is UTC and only dates the signature."""
    body, content_type = _body(target.call, event)
    headers = {
        "User-Agent": f"{PRODUCT}/{version}",
        "X-Event-Id": event["id"],
        "X-Event": event["event"],
        "Content-Type": content_type,
    }
    if target.secret:
        headers |= signature(target.secret, event["id"], body, now)
    own = {name.lower() for name, _ in target.call.headers}
    own_headers = {name: value for name, value in headers.items() if name.lower() not in own}
    return Message(target.call.method, own_headers | dict(target.call.headers), body)


def payload(event: Event) -> dict[str, Any]:
    """An event as targets get it, its data under `data`."""
    return {
        "id": event.id,
        "created_at": event.created_at.isoformat(),
        "event": event.name.value,
        "title": event.title,
        "message": event.message,
        "data": dict(event.data),
    }


def _body(call: Call, event: Mapping[str, Any]) -> tuple[bytes, str]:
    fields = {name: value for name, value in event.items() if name != "data"}
    if call.type == "json":
        return json.dumps(fields | {call.data_key: event["data"]}, default=str).encode(), "application/json"
    texts = {name: value or "" for name, value in fields.items()}
    form = urlencode(texts | {call.data_key: json.dumps(event["data"], default=str)})
    return form.encode(), "application/x-www-form-urlencoded"


def signature(secret: str, event_id: str, body: bytes, now: datetime) -> dict[str, str]:
    """The three headers of Standard Webhooks. `secret`: base64, `whsec_` before it or not."""
    signed = Webhook(secret).sign(event_id, now, body.decode())
    return {"webhook-id": event_id, "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signed}


def plain_text(event: Mapping[str, Any]) -> tuple[str, str]:
    """Title and body for services that show a text to a person."""
    title = event["title"] or f"{PRODUCT} Event: {event['event']}"
    return title, event["message"] or json.dumps(event, default=str)


def is_worth_retrying(status: int | None) -> bool:
    """True if a later try may succeed. None: there was no answer."""
    return status is None or status >= 500 or status in _RETRIED_STATUSES


def wait_seconds(tries: int) -> int | None:
    """How long to wait after that many tries; None: give up."""
    return RETRY_SECONDS[tries - 1] if tries <= len(RETRY_SECONDS) else None
