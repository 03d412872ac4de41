"""Ends an item as `error`: the one way from any failure, so that each is counted and told (downloads.md 5.2, 5.8)."""

import time
from typing import Any

from dlambda.domain.events import event
from dlambda.domain.items.failure import Failure, classify
from dlambda.domain.items.item import Item
from dlambda.store.items import items
from dlambda.store.items.leases import Lease
from dlambda.usecases.events.measure import count_failed
from dlambda.usecases.events.publish import publish


def fail_item(item: Item, lease: Lease, error: str, failure: Failure | None = None, **changes: Any) -> None:
    """Ends the item with a reason that a person understands; `failure` is worked out from `error` where it is None."""
    new_item = items.save(item, item.failed(error, failure or classify(error), time.time(), **changes), lease)
    count_failed(new_item)
    publish(event.download_error(new_item), event.item_updated(new_item), event.item_moved(new_item))
