"""Limits of API keys, the same for both APIs: how many requests that add something a key may make (accounts.md 5)."""

import math
import uuid
from collections.abc import Mapping

from dlambda.deployment import current
from dlambda.domain.orders.key import Key
from dlambda.domain.orders.units import MINUTE
from dlambda.errors import TooMany
from dlambda.store.orders import keys, rate_limits


def count_order(key: Key, order_id: str, now: float) -> None:
    """Counts an order of the key API, on the key and on its makers. Raises `TooMany`, and then counts nothing."""
    own_limits = _own_limits(key) if key.account_id else {}
    common = current().settings.request_limit
    _count(order_id, now, {key_id: own_limits.get(key_id, common) for key_id in (key.id, *key.makers)})


def count_add(key_id: str) -> None:
    """Counts a request or message that adds something, on those of the key and its makers that have a limit.

    Raises `TooMany`, and then counts nothing.
    """
    key = keys.find_by_id(key_id)
    if key is not None and (limits := _own_limits(key)):
        _count(uuid.uuid4().hex, current().clock.time(), limits)


def _own_limits(key: Key) -> dict[str, int]:
    """Key id -> limit, of the key and its makers, as far as they have one of their own."""
    chain = [key, *keys.find_many(key.makers)]
    return {member.id: member.request_limit for member in chain if member.request_limit}


def _count(mark: str, now: float, limits: Mapping[str, int]) -> None:
    minutes = current().settings.task_cleanup_time
    try:
        rate_limits.record(mark, now, limits=limits, seconds=minutes * MINUTE)
    except rate_limits.RateLimitReached as reached:
        text = f"Rate limit exceeded. Max {min(limits.values())} per {minutes:g} min"
        raise TooMany(text, headers={"Retry-After": str(math.ceil(reached.wait_seconds))}) from None
