"""The steps around a route's answer that know no framework: who may ask, what each answer says, the line of the log."""

import logging
import time
import uuid
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


def is_logged(path: str) -> bool:
    """True if an answer leaves a line in the log."""
    return current().settings.access_log and path not in _QUIET_PATHS


def log_answer(method: str, path: str, status: int, began: float) -> None:
    """Writes that line. `began`: the monotonic time at which the request came."""
    took = round((time.monotonic() - began) * 1000, 1)
    access_log.info("%s %s %s", method, path, status, extra={"status": status, "ms": took})
