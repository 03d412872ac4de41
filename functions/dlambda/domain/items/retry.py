"""When a failed item is tried again: only for what passes by itself, later each time, as late as the site asks.

Pure: the caller brings the time. What a site says in `Retry-After` wins over our own waits.
"""

import math
from email.utils import parsedate_to_datetime

from dlambda.domain.items.failure import Failure, FailureKind

_FACTOR = {FailureKind.TRANSIENT: 3, FailureKind.TIMEOUT: 3}
_FIRST_SECONDS = {
    FailureKind.TRANSIENT: 2.0,
    FailureKind.TIMEOUT: 2.0,
    FailureKind.RATE_LIMITED: 60.0,
    FailureKind.DISK: 60.0,
}
_LONGEST_SECONDS = 86400.0


def retry_after_seconds(header: str | None, now: float) -> float | None:
    """Seconds of a `Retry-After` (RFC 9110 10.2.3: seconds, or a date), at most a day; None if it cannot be read."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), _LONGEST_SECONDS)
    try:
        seconds = parsedate_to_datetime(text).timestamp() - now
    except ValueError:
        return None
    return min(max(0.0, seconds), _LONGEST_SECONDS)


def wait_before_retry(failure: Failure, attempts: int, limit: int, asked_seconds: float | None = None) -> float | None:
    """Seconds until the next try of an item that was tried `attempts` times; None when there is none.

    `limit`: how many retries are allowed. `asked_seconds`: what the site asked for.
    """
    first = _FIRST_SECONDS.get(failure.kind)
    if not failure.retryable or first is None or attempts > limit:
        return None
    if asked_seconds is not None:
        return asked_seconds
    return min(first * math.pow(_FACTOR.get(failure.kind, 4), attempts - 1), _LONGEST_SECONDS)
