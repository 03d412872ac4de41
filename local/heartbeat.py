"""The thread that says that this node is there, and looks whether others still are."""

import logging
import threading
from collections.abc import Callable

from dlambda.deployment import current
from dlambda.domain.system.node import BEAT_SECONDS, Watch
from dlambda.store import nodes
from dlambda.store.table import TABLE_ERRORS
from dlambda.usecases.operations.nodes import say_alive, take_over

_log = logging.getLogger(__name__)


class Heartbeat(threading.Thread):
    """Says every few seconds that this node is there, and looks whether others still are.

    `speaks`: one process of a node says it. `on_forgotten`: others thought that it was gone. `on_silent`: another node
    went silent, and what it had is free; without one, nobody is looked after here.
    """

    def __init__(
        self, *, speaks: bool, on_forgotten: Callable[[], object], on_silent: Callable[[], object] | None = None
    ) -> None:
        super().__init__(name="heartbeat", daemon=True)
        self._speaks, self._on_forgotten, self._on_silent = speaks, on_forgotten, on_silent
        self._watch = Watch()
        self._stopped = threading.Event()

    def run(self) -> None:
        while not self._stopped.wait(BEAT_SECONDS):
            try:
                self._beat()
            except TABLE_ERRORS:
                _log.warning("The tables do not answer a node", exc_info=True)

    def _beat(self) -> None:
        if self._speaks and not say_alive():
            self._on_forgotten()
        if self._on_silent is None:
            return
        own = current().settings.node
        other_nodes = [node for node in nodes.list_() if node.name != own]
        clock = current().clock
        for name, seconds in self._watch.find_clocks_apart(other_nodes, clock.time(), clock.monotonic()).items():
            _log.warning("The clock of the node %s is %+.0f s from this one's: set both by NTP", name, seconds)
        silent = self._watch.find_silent(other_nodes, clock.monotonic())
        freed = [node for node in silent if take_over(node)]
        if freed:
            self._on_silent()
