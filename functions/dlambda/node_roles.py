"""The roles of nodes: a deployment on several machines may share the work out (docs/several-machines.md)."""

from typing import Final

GATEWAY: Final = "gateway"
WORKER: Final = "worker"
SCHEDULER: Final = "scheduler"
ROLES: Final = (GATEWAY, WORKER, SCHEDULER)


def read_roles(text: str) -> tuple[str, ...]:
    """The roles that a setting names: `all`, or some of `ROLES`. Raises `ValueError`."""
    words = text.lower().replace(",", " ").split()
    if words == ["all"]:
        return ROLES
    if not words or not set(words) <= set(ROLES):
        raise ValueError(f"must be all, or some of {', '.join(ROLES)}")
    return tuple(role for role in ROLES if role in words)
