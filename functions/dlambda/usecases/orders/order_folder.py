"""Work folders of orders."""

from pathlib import Path

from dlambda.deployment import current


def workdir_of(order_id: str) -> Path:
    """The folder of one order; it need not exist."""
    return current().settings.scratch / "orders" / order_id
