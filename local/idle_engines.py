"""Ends engines that run on demand when nobody has been connected to them for a while; the next one who connects starts
them again.
"""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from local.processes import Child, end

_IDLE_SECONDS: Final = 30.0
_LOOK_SECONDS: Final = 5.0
_PATIENCE_SECONDS: Final = 1.0
_CONNECTIONS: Final = Path("/proc/net/tcp")
_CONNECTED: Final = frozenset({"01", "03", "08"})  # established, being established, closed by the client alone


class IdleEngines:
    """Ends those of `engines` that start when a client connects to their socket."""

    def __init__(self, engines: Iterable[Child], idle_seconds: float = _IDLE_SECONDS) -> None:
        self._engines = [engine for engine in engines if engine.demand]
        self._idle_seconds = idle_seconds
        self._looked_at = 0.0
        self._used_at: dict[str, float] = {}

    def end_idle(self) -> None:
        """Looks every few seconds, however often it is called."""
        now = time.monotonic()
        if now - self._looked_at < min(_LOOK_SECONDS, self._idle_seconds):
            return
        self._looked_at = now
        for engine in self._engines:
            if engine.process is None or _has_clients(engine):
                self._used_at[engine.name] = now
            elif now - self._used_at.setdefault(engine.name, now) >= self._idle_seconds:
                end([engine], _PATIENCE_SECONDS)
                engine.forget()


def _has_clients(engine: Child) -> bool:
    """True as well where the system does not tell."""
    assert engine.demand
    port = f":{engine.demand.getsockname()[1]:04X}"
    try:
        rows = [line.split() for line in _CONNECTIONS.read_text().splitlines()[1:]]
    except OSError:
        return True
    return any(row[1].endswith(port) and row[3] in _CONNECTED for row in rows)
