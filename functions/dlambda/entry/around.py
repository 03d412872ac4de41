"""The steps around a route's answer that know no framework: who may ask, what each answer says, the line of the log."""

import logging
import time
import uuid
from collections.abc import Callable
from functools import partial
from typing import Final

from dlambda.deployment import current
from dlambda.domain.web.cross_origin import Admission
from dlambda.entry.exposure import check_open
from dlambda.entry.senders import Incoming, check_sender, cors_headers

access_log = logging.getLogger("dlambda.access")

_PREFLIGHT_SECONDS: Final = 900
_QUIET_PATHS: Final = frozenset({"/api/ping", "/api/system/live", "/api/system/ready"})
_ID_LENGTH: Final = 64


def id_of_request(sent: str) -> str:
    """The id that a client `sent` (empty: none), or a new one."""
    return sent[:_ID_LENGTH] or uuid.uuid4().hex


def admit(incoming: Incoming, *, knows_users: bool) -> Admission:
    """How far the request may go. `knows_users`: its group asks who is calling. Raises `Unavailable`, `Forbidden`."""
    if knows_users:
        check_open()
    return check_sender(incoming)


def common_headers(request_id: str) -> dict[str, str]:
    """Headers of each answer that does not say them itself."""
    return {"X-Request-Id": request_id, "X-Content-Type-Options": "nosniff"}


def origin_headers(incoming: Incoming, admitted: Admission | None) -> dict[str, str]:
    """CORS (system.md 3); `Vary` adds to what the answer names there."""
    return {**cors_headers(incoming, admitted), "Access-Control-Max-Age": str(_PREFLIGHT_SECONDS)}


def line_of_answer(method: str, path: str, status: int, began: float) -> Callable[[], object] | None:
    """A call that writes the line of the log; None for an answer without one. `began`: the request's monotonic time."""
    if not current().settings.access_log or path in _QUIET_PATHS:
        return None
    extra = {"status": status, "ms": round((time.monotonic() - began) * 1000, 1)}
    return partial(access_log.info, "%s %s %s", method, path, status, extra=extra)
