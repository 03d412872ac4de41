"""Work folders of orders."""

from pathlib import Path

from dlambda.settings import get_settings


def workdir_of(order_id: str) -> Path:
    """The folder of one order; it need not exist."""
    return get_settings().scratch / "orders" / order_id
