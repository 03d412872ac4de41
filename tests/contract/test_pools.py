"""The table of pools names routes that exist, and finds them as the applications do."""

import json
import re
from pathlib import Path

import pytest

from local.gateway.pools import (
    ADDS,
    COMMON,
    EXTRACTIONS,
    POOLS,
    ROUTES,
    SITES,
    STREAMS,
    WAITING_ADDS,
    WORKERS,
    Pool,
    PoolOfRoute,
)

DOCUMENT = json.loads(Path("functions/endpoints/system/openapi.json").read_text())
OF_ROUTE = PoolOfRoute(ROUTES.items())


@pytest.mark.parametrize("route", ROUTES)
def test_each_route_of_the_table_exists(route: str) -> None:
    method, _, path = route.partition("?")[0].partition(" ")
    pattern = re.compile(re.sub(r"<path:\w+>", ".+", re.sub(r"<\w+>", "[^/]+", path)) + "/?")
    found = [
        known for known, methods in DOCUMENT["paths"].items() if pattern.fullmatch(known) and method.lower() in methods
    ]
    assert found


@pytest.mark.parametrize(
    ("method", "path", "query", "pool"),
    [
        ("GET", "/api/thumbnail", b"url=x", SITES),
        ("HEAD", "/api/thumbnail", b"", SITES),
        ("GET", "/api/thumbnail/", b"", SITES),
        ("GET", "/api//yt-dlp///url/info/", b"", EXTRACTIONS),
        ("POST", "/api/history", b"", ADDS),
        ("POST", "/api/history/", b"sync=false", ADDS),
        ("POST", "/api/history", b"sync=TRUE", WAITING_ADDS),
        ("POST", "/api/history/", b"x=1&%73ync=true", WAITING_ADDS),
        ("GET", "/api/history", b"type=queue", COMMON),
        ("DELETE", "/api/history", b"sync=true", COMMON),
        ("GET", "/api/history/live", b"", COMMON),
        ("GET", "/api/history/add", b"url=x", WAITING_ADDS),
        ("GET", "/api/history/0b1c", b"", WORKERS),
        ("POST", "/api/history/0b1c", b"", COMMON),
        ("POST", "/api/history/0b1c/nfo", b"", EXTRACTIONS),
        ("POST", "/api/tasks/7/mark", b"", EXTRACTIONS),
        ("GET", "/api/tasks/7", b"", COMMON),
        ("GET", "/api/player/segments/3/a/b c.mp4.ts", b"", WORKERS),
        ("GET", "/api/file/info/a/b.mp4", b"", WORKERS),
        ("GET", "/api/logs/stream", b"", STREAMS),
        ("POST", "/ytptube/api/history/", b"sync=true", WAITING_ADDS),
        ("GET", "//ytptube//api/yt-dlp/url/info", b"", EXTRACTIONS),
        ("GET", "/api/ping", b"", COMMON),
        ("GET", "/", b"", COMMON),
    ],
)  # fmt: skip
def test_the_pool_of_a_request(method: str, path: str, query: bytes, pool: Pool) -> None:
    assert OF_ROUTE.find(method, path, query) is pool


@pytest.mark.parametrize("pool", POOLS, ids=lambda pool: pool.name)
def test_no_client_may_have_a_whole_pool(pool: Pool) -> None:
    assert pool.per_client <= pool.threads / 2
