"""Policies as the operator's settings have them; apart from `policy`, which sandboxed processes load, too."""

from typing import Any
from urllib.parse import urlsplit

from dlambda.deployment import current
from dlambda.domain.web.hosts import read_address
from dlambda.media.sandbox.policy import Network, Policy


def make_policy(**rights: Any) -> Policy:
    """A policy with the operator's memory limit and choice of layers; `rights` are the other fields."""
    settings = current().settings
    return Policy(memory_bytes=settings.worker_memory_bytes, uses_kernel=settings.sandbox != "off", **rights)


def rights_to_read(location: str) -> dict[str, Any]:
    """The rights that reading the file at a path or at an http(s) URL takes."""
    if not location.startswith(("http://", "https://")):
        return {"reads": (location,)}
    parts = urlsplit(location)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return {"network": Network.PORTS, "ports": (port,), "looks_up_names": read_address(parts.hostname or "") is None}
