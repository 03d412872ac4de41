"""What the gateway refuses before an application is asked, or when its answer is too much."""

import asyncio
import json
import sys
import types

import pytest

from local.gateway.functions import Functions
from local.gateway.pools import COMMON, SITES
from local.template import Function, Route

MEGABYTE = 1024 * 1024


@pytest.fixture
def functions(monkeypatch):
    """One application, which answers as many megabytes as its path says."""
    module = types.ModuleType("an_application")

    def app(environ, start_response):
        size = int(environ["PATH_INFO"].strip("/")) * MEGABYTE
        start_response("200 OK", [("Content-Length", str(size))])
        return [bytes(size)]

    module.app = app
    monkeypatch.setitem(sys.modules, "an_application", module)
    return Functions([Route("GET", "/x", greedy=True, function=Function("F", "an_application", "lambda_handler", 29))])


class Reader:
    """A client that reads when it is told to."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.reads = asyncio.Event()
        self.answered = asyncio.Event()
        self.status = 0
        self.body = b""
        self.length = 0

    async def send(self, message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], dict(message["headers"])
            self.answered.set()
        else:
            if self.status == 200:
                await self.reads.wait()
            self.length += len(message["body"])
            self.body = message["body"]


def ask(functions, reader: Reader, megabytes: int, pool=SITES, body: tuple = (), **headers: str):
    scope = {
        "type": "http", "method": "POST" if body else "GET", "path": f"/{megabytes}", "raw_path": b"", "root_path": "",
        "query_string": b"", "http_version": "1.1", "client": (reader.address, 1),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    parts = iter(body)

    async def receive():
        return next(parts)

    app = functions._apps["an_application"]
    return asyncio.ensure_future(functions.call(app, pool, scope, receive, reader.send))


def test_who_reads_nothing_gets_no_more_and_others_do(functions):
    async def run() -> None:
        idle = [Reader("1.1.1.1") for _ in range(5)]
        tasks = [ask(functions, reader, 12) for reader in idle[:3]]
        await asyncio.gather(*(reader.answered.wait() for reader in idle[:3]))
        await ask(functions, idle[3], 1)
        assert idle[3].status == 429
        assert idle[3].headers[b"retry-after"] == b"5"
        assert json.loads(idle[3].body)["code"] == "TOO_MANY"
        other, small = Reader("2.2.2.2"), Reader("1.1.1.1")
        for reader in (other, small, *idle):
            reader.reads.set()
        await ask(functions, other, 12)
        await ask(functions, small, 0, COMMON)
        await asyncio.gather(*tasks)
        await ask(functions, idle[4], 12)
        assert [reader.length // MEGABYTE for reader in (other, idle[0], idle[4])] == [12, 12, 12]
        assert small.status == 200

    asyncio.run(run())


def test_answers_beside_each_other_are_bounded(functions):
    async def run() -> None:
        readers = [Reader("1.1.1.1") for _ in range(8)]
        tasks = [ask(functions, reader, 15, COMMON) for reader in readers]
        await asyncio.gather(*(reader.answered.wait() for reader in readers))
        assert sorted(reader.status for reader in readers) == [200] * 4 + [429] * 4
        for reader in readers:
            reader.reads.set()
        await asyncio.gather(*tasks)

    asyncio.run(run())


def test_bodies_beside_each_other_are_bounded(functions):
    async def run() -> None:
        never = asyncio.Event()
        readers = [Reader("1.1.1.1") for _ in range(8)]
        tasks = []
        for reader in readers:
            task = asyncio.ensure_future(_send_slowly(functions, reader, never))
            tasks.append(task)
        for _ in range(20):
            await asyncio.sleep(0.01)
        assert [reader.status for reader in readers] == [0] * 6 + [429] * 2
        for task in tasks:
            task.cancel()

    asyncio.run(run())


async def _send_slowly(functions, reader: Reader, never: asyncio.Event) -> None:
    scope = {
        "type": "http", "method": "POST", "path": "/0", "raw_path": b"", "root_path": "", "query_string": b"",
        "http_version": "1.1", "client": (reader.address, 1), "headers": [(b"transfer-encoding", b"chunked")],
    }  # fmt: skip
    sent = False

    async def receive():
        nonlocal sent
        if sent:
            await never.wait()
        sent = True
        return {"type": "http.request", "body": bytes(10 * MEGABYTE), "more_body": True}

    await functions.call(functions._apps["an_application"], COMMON, scope, receive, reader.send)
