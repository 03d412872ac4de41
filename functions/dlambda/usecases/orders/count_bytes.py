"""Counts the bytes that an order brings against the quotas of its key, of the key's makers, and of all keys."""

from dlambda.deployment import current
from dlambda.domain.orders.order import Order, OrderFailed
from dlambda.domain.orders.units import GIGABYTE, MINUTE
from dlambda.store.orders import keys, quota_usage


class ByteCount:
    """The bytes of one order. What an earlier worker has counted is read when the first bytes come."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._meter: quota_usage.Meter | None = None
        self._quotas: dict[str, int] = {}

    def raise_to(self, size_bytes: int) -> None:
        """Counts the order with `size_bytes` in all. Raises `OrderFailed` when that is more than is allowed."""
        owner, settings = self._order.owner, current().settings
        if self._meter is None:
            self._meter = quota_usage.Meter.of(owner, self._order.id)
            self._quotas = keys.quotas_of(owner)
        limits = quota_usage.Limits(
            key=self._quotas.get(owner) or int(settings.default_quota_gb * GIGABYTE),
            all=int(settings.available_gb * GIGABYTE),
            seconds=settings.quota_rate_minutes * MINUTE,
            makers={key_id: quota for key_id, quota in self._quotas.items() if key_id != owner},
        )
        try:
            self._meter = quota_usage.raise_to(self._meter, size_bytes, current().clock.time(), limits)
        except quota_usage.OverQuota as over:
            limit = f"{settings.available_gb:g} GB of all keys" if over.of_all else "storage quota of the key"
            minutes = settings.quota_rate_minutes
            raise OrderFailed(f"Quota exceeded: the {limit} in {minutes:g} min is used up.") from None
