"""Ends an item as `error`: the one way from any failure, so that each is told (downloads.md 5.2, 5.8)."""

from typing import Any

from dlambda.deployment import current
from dlambda.domain.events import event
from dlambda.domain.items.failure import Failure, classify
from dlambda.domain.items.item import Item
from dlambda.store.items.leases import Lease
from dlambda.usecases.events.apply_changes import update


def fail_item(item: Item, lease: Lease, error: str, failure: Failure | None = None, **changes: Any) -> None:
    """Ends the item with a reason that a person understands; `failure` is worked out from `error` where it is None."""
    failed_item = item.failed(error, failure or classify(error), current().clock.time(), **changes)
    update(item, failed_item, lease, first=[event.download_error(failed_item)])
