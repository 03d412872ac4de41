"""Nodes: machines that serve one deployment together, by the same tables and queues (docs/several-machines.md)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

BEAT_SECONDS: Final = 5.0
SILENT_SECONDS: Final = 20.0
"""A node whose row has not changed for so long is gone; as long as a lease lasts that nobody renews."""

_MOST_PAUSE_SECONDS: Final = 3 * BEAT_SECONDS
_MOST_CLOCK_SECONDS: Final = SILENT_SECONDS
"""A clock that is further ahead takes leases for expired that are still renewed."""


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
    _apart: frozenset[str] = frozenset()

    def find_clocks_apart(self, nodes: Iterable[Node], now: float, monotonic: float) -> dict[str, float]:
        """By how many seconds clocks of nodes are ahead of this machine's (`now`, unix seconds), by the nodes' names.

        Only those that differ too much, and did not before. To be called before `find_silent`, with the same nodes: a
        row that has changed since the last look was written a few seconds ago.
        """
        if monotonic - self._looked_at > _MOST_PAUSE_SECONDS:
            return {}
        ahead = {
            node.name: node.seen_at - now
            for node in nodes
            if (last := self._changed.get(node.name)) and last[0].seen_at != node.seen_at
        }
        apart = frozenset(name for name, seconds in ahead.items() if abs(seconds) > _MOST_CLOCK_SECONDS)
        before, self._apart = self._apart, apart | (self._apart - ahead.keys())
        return {name: ahead[name] for name in apart - before}

    def find_silent(self, nodes: Iterable[Node], monotonic: float) -> list[Node]:
        """The nodes whose rows have not changed for `SILENT_SECONDS` of this machine's time (`monotonic`)."""
        before = self._changed if monotonic - self._looked_at < _MOST_PAUSE_SECONDS else {}
        self._changed, self._looked_at = {}, monotonic
        for node in nodes:
            last = before.get(node.name)
            self._changed[node.name] = last if last and last[0] == node else (node, monotonic)
        return [node for node, since in self._changed.values() if monotonic - since > SILENT_SECONDS]
