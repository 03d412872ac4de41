"""Thread pools for requests that wait for strangers or for worker processes.

Whatever a site, a name server or a film does, it can use up the threads of its pool alone; all other requests keep
theirs. When a pool and its waiting places are taken, the request is refused at once (429 with `Retry-After`). No client
gets more than its part of a pool, so that one cannot take it from the others.
"""

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from dlambda.domain.dialects.registry import split_path
from local.gateway.shares import Shares

_SLASHES = re.compile("/{2,}")
_PARAMETER = re.compile(r"<path:\w+>|<\w+>")


@dataclass(frozen=True, slots=True)
class Pool:
    """`threads` work at once, `per_client` of them for one client; `waiting` more requests wait for their turn."""

    name: str
    threads: int
    per_client: int
    waiting: int


# Requests that wait for nothing but the tables.
COMMON: Final = Pool("common", 32, 8, 2048)
# Adds, which ask name servers about the hosts that they name.
ADDS: Final = Pool("adds", 32, 8, 512)
# Adds that wait for their extraction, ten seconds at most.
WAITING_ADDS: Final = Pool("waiting-adds", 32, 16, 64)
# Fetches from a site.
SITES: Final = Pool("sites", 32, 8, 256)
# Reads of a site by yt-dlp or a handler.
EXTRACTIONS: Final = Pool("extractions", 12, 6, 24)
# Work of ffmpeg, ffprobe or yt-dlp in a process of its own.
WORKERS: Final = Pool("workers", 32, 8, 512)
# Answers that go on until the client leaves.
STREAMS: Final = Pool("streams", 16, 8, 0)
POOLS: Final = (COMMON, ADDS, WAITING_ADDS, SITES, EXTRACTIONS, WORKERS, STREAMS)

ROUTES: Final[dict[str, Pool]] = {
    "POST /api/history": ADDS,
    "POST /api/history?sync=true": WAITING_ADDS,
    "GET /api/history/add": WAITING_ADDS,
    "GET /api/history/<id>": WORKERS,
    "POST /api/history/<id>/nfo": EXTRACTIONS,
    "POST /get_video": ADDS,
    "POST /get_audio": ADDS,
    "POST /get_live_video": ADDS,
    "POST /get_live_audio": ADDS,
    "POST /get_info": ADDS,
    "GET /api/thumbnail": SITES,
    "GET /api/random/background": SITES,
    "POST /api/system/check-updates": SITES,
    "POST /api/notifications/test": SITES,
    "GET /api/yt-dlp/url/info": EXTRACTIONS,
    "POST /api/yt-dlp/archive_id": EXTRACTIONS,
    "POST /api/conditions/test": EXTRACTIONS,
    "POST /api/tasks": EXTRACTIONS,
    "POST /api/tasks/inspect": EXTRACTIONS,
    "POST /api/tasks/definitions/inspect": EXTRACTIONS,
    "POST /api/tasks/<id>/mark": EXTRACTIONS,
    "DELETE /api/tasks/<id>/mark": EXTRACTIONS,
    "POST /api/tasks/<id>/metadata": EXTRACTIONS,
    "POST /api/yt-dlp/convert": WORKERS,
    "POST /api/yt-dlp/command": WORKERS,
    "GET /api/yt-dlp/options": WORKERS,
    "GET /api/file/ffprobe/<path:path>": WORKERS,
    "GET /api/file/info/<path:path>": WORKERS,
    "GET /api/player/<path:path>": WORKERS,
    "GET /api/logs/stream": STREAMS,
    "POST /api/system/terminal": STREAMS,
    "GET /api/system/terminal/<session_id>/stream": STREAMS,
    "GET /api/stats/stream": STREAMS,
}
"""Every route whose answer may take as long as somebody else likes. All others are `COMMON`."""

# More specific routes that are not meant by a pattern above.
_SPECIFIC: Final = frozenset({"GET /api/history/live"})


class PoolOfRoute:
    """Finds the pool of a request; paths as the applications read them (doubled slashes are one, HEAD is GET)."""

    def __init__(self, routes: Iterable[tuple[str, Pool]]) -> None:
        self._exact: dict[str, Pool] = {}
        self._patterns: list[tuple[re.Pattern[str], Pool]] = []
        for route, pool in routes:
            if "<" in route:
                self._patterns.append((_pattern(route), pool))
            else:
                self._exact[route] = pool

    def find(self, method: str, path: str, query: bytes) -> Pool:
        """`path` lies below the base path and is decoded; below a dialect's path it means the same."""
        method = "GET" if method == "HEAD" else method
        _, path = split_path(_SLASHES.sub("/", path))
        request_line = f"{method} {path.rstrip('/')}"
        if query and (waiting := self._exact.get(f"{request_line}?sync=true")) and _is_sync(query):
            return waiting
        if (pool := self._exact.get(request_line)) or request_line in _SPECIFIC:
            return pool or COMMON
        return next((pool for pattern, pool in self._patterns if pattern.fullmatch(request_line)), COMMON)


def _pattern(route: str) -> re.Pattern[str]:
    parts = _PARAMETER.split(route)
    names = [".+" if name.startswith("<path:") else "[^/]+" for name in _PARAMETER.findall(route)]
    return re.compile("".join(re.escape(part) + (names[n] if n < len(names) else "") for n, part in enumerate(parts)))


def _is_sync(query: bytes) -> bool:
    return any(name == "sync" and value.lower() == "true" for name, value in parse_qsl(query.decode("latin-1")))


class Full(Exception):
    """All places of a pool are taken, and those of its waiting requests."""


class Places:
    """The threads of one pool. Whoever waits gets a place in turn with other clients, not in the order of coming."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.threads = ThreadPoolExecutor(pool.threads, pool.name)
        self._working = Shares(pool.threads, pool.per_client)
        self._waiting = Shares(pool.waiting, (pool.waiting + 1) // 2)
        self._queues: dict[str, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def place(self, client: str) -> AsyncIterator[ThreadPoolExecutor]:
        """The threads, with the right to use one of them. Raises `Full`."""
        if not self._working.take(client):
            await self._wait(client)
        try:
            yield self.threads
        finally:
            self._working.give_back(client)
            self._call_next()

    async def _wait(self, client: str) -> None:
        if not self._waiting.take(client):
            raise Full
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queues.setdefault(client, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._working.give_back(client)
                self._call_next()
            raise
        finally:
            self._waiting.give_back(client)

    def _call_next(self) -> None:
        """Gives a free place to the client whose turn it is and who has not all of its own."""
        for client in list(self._queues):
            turns = self._queues.pop(client)
            while turns and turns[0].done():
                turns.popleft()  # cancelled
            if not turns:
                continue
            has_place = self._working.take(client)
            if has_place:
                turns.popleft().set_result(None)
            if turns:
                self._queues[client] = turns  # behind the others
            if has_place:
                return
