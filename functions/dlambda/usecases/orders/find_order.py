"""Looks orders up for those who may see them (docs/contract/hostapi.md, Tasks and Files)."""

import json
from collections.abc import Collection
from typing import Any

from dlambda.aws import bucket
from dlambda.deployment import current
from dlambda.domain.orders.key import Key
from dlambda.domain.orders.order import Order, State, is_id
from dlambda.domain.orders.qualities import select_fields
from dlambda.domain.orders.units import MINUTE
from dlambda.errors import NotFound
from dlambda.store.items import leases
from dlambda.store.orders import orders

_MISSING_TASK = "Task not found"
_MISSING_FILE = "File not found"


def object_of(order_id: str, name: str) -> str:
    """The key of an order's file in the bucket."""
    return f"orders/{order_id}/{name}"


def describe_order(key: Key, order_id: str) -> dict[str, Any]:
    """The answer of `/status`. Raises `NotFound`, also for another key's order."""
    order = _living(order_id)
    if order is None or order.owner != key.id:
        raise NotFound(_MISSING_TASK, extra={"status": "error", "message": _MISSING_TASK})
    progress = None
    if order.state is State.PROCESSING:
        progress = leases.find_progress([order_id]).get(order_id, {}).get("percent")
    return order.view(progress)


def find_order_file(order_id: str, name: str) -> str:
    """The file's key in the bucket. Raises `NotFound`."""
    order = _living(order_id)
    if order is None or order.file is None or order.file != name:
        raise NotFound(_MISSING_FILE)
    return object_of(order_id, name)


def read_info(order_id: str, name: str, names: Collection[str]) -> dict[str, Any]:
    """The metadata that an order brought, or the parts of it that are named. Raises `NotFound`."""
    try:
        info: dict[str, Any] = json.loads(bucket.get_bytes(find_order_file(order_id, name)))
    except NotFound:
        raise NotFound(_MISSING_FILE) from None
    if not names:
        return info
    fields = select_fields(info, names)
    if not fields:
        raise NotFound("No matching parameters")
    return fields


def _living(order_id: str) -> Order | None:
    """None for what is unknown or has expired; the sweep may be a minute late."""
    order = orders.find(order_id) if is_id(order_id) else None
    if order is None or order.is_over(current().clock.time(), current().settings.task_cleanup_time * MINUTE):
        return None
    return order
