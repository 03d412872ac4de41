"""Nodes: machines that serve one deployment together, by the same tables and queues (docs/several-machines.md)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

BEAT_SECONDS: Final = 5.0
SILENT_SECONDS: Final = 20.0
"""A node whose row has not changed for so long is gone; as long as a lease lasts that nobody renews."""

_MOST_PAUSE_SECONDS: Final = 3 * BEAT_SECONDS


@dataclass(frozen=True, slots=True)
class Node:
    """A node as its row shows it. `url`: where others push to its WebSocket clients; empty without a gateway.

    `identity`: of its data folder; two nodes of one name differ in it. Unix seconds, by the node's own clock.
    """

    name: str
    roles: tuple[str, ...]
    url: str
    identity: str
    version: str
    started_at: float
    seen_at: float = 0.0


@dataclass(slots=True)
class Watch:
    """Notices which nodes went silent. It compares rows with earlier ones, since clocks of machines differ.

    After a pause in which it could not look, it knows nothing: the others may have been kept from the tables as well.
    """

    _changed: dict[str, tuple[Node, float]] = field(default_factory=dict)
    _looked_at: float = 0.0

    def find_silent(self, nodes: Iterable[Node], monotonic: float) -> list[Node]:
        """The nodes whose rows have not changed for `SILENT_SECONDS` of this machine's time (`monotonic`)."""
        before = self._changed if monotonic - self._looked_at < _MOST_PAUSE_SECONDS else {}
        self._changed, self._looked_at = {}, monotonic
        for node in nodes:
            last = before.get(node.name)
            self._changed[node.name] = last if last and last[0] == node else (node, monotonic)
        return [node for node, since in self._changed.values() if monotonic - since > SILENT_SECONDS]
