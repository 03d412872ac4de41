"""200 hostile clients of six kinds beside one good client, on loopback: `python -m tests.e2e.hostile --seconds 60`.

Prints how long the good client waited (50th and 99th percentile) and what everybody was answered. The kinds: heads that
never end, bodies that trickle, readers that do not read, questions about a site that never answers, floods of bad
requests, floods of WebSockets. Hostile clients run in a process of their own, so that they do not slow the good
client's clock, and come from addresses of their own (127.0.0.2 and on) unless `--same-address`.
"""

import argparse
import asyncio
import base64
import contextlib
import http.client
import json
import multiprocessing
import os
import queue
import shutil
import socket
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

from tests.e2e import credentials
from tests.e2e.service import Service
from tests.patience import PATIENCE_SECONDS

SETTINGS = {"YTP_AUTH_USERNAME": credentials.USER, "YTP_AUTH_PASSWORD": credentials.PASSWORD}
CLIENTS = 200
PICTURE_BYTES = 3_900_000
DOCUMENTED_FAILURES = ("failed to retrieve the thumbnail.", "Failed to extract video info.")
_AUTHORIZATION = base64.b64encode(f"{credentials.USER}:{credentials.PASSWORD}".encode()).decode()
_AUTHORIZED = f"Host: x\r\nAuthorization: Basic {_AUTHORIZATION}\r\n"
_PAUSE_SECONDS = 0.25  # of one flooding client; all together some hundred requests a second
_GOOD_PATHS = (
    "/api/ping",
    "/api/history?type=queue",
    "/api/history/live",
    "/api/presets",
    "/api/history?type=done&per_page=10",
    "/api/system/configuration",
)


@dataclass
class Target:
    """What is attacked, and from where."""

    host: str
    port: int
    local: str
    tarpit: str
    end: float  # of time.time()
    answers: Counter[str] = field(default_factory=Counter)

    @property
    def running(self) -> bool:
        return time.time() < self.end

    async def connect(self, *, receive_bytes: int = 0) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A new connection; `receive_bytes` makes the kernel's own buffer small."""
        connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        connection.setblocking(False)
        if receive_bytes:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        connection.bind((self.local, 0))
        try:
            await asyncio.wait_for(
                asyncio.get_running_loop().sock_connect(connection, (self.host, self.port)), timeout=10
            )
        except BaseException:
            connection.close()
            raise
        return await asyncio.open_connection(sock=connection, limit=2**16)

    async def ask(self, request: str | bytes) -> None:
        """One request on one connection; its answer is counted."""
        reader, writer = await self.connect()
        try:
            writer.write(request if isinstance(request, bytes) else request.encode())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._note(reader), timeout=40)
        finally:
            writer.transport.abort()

    async def _note(self, reader: asyncio.StreamReader) -> None:
        line = await reader.readline()
        status = line.split(b" ")[1].decode() if line.count(b" ") >= 2 else "closed"
        if status.startswith("5"):
            head = (await reader.readuntil(b"\r\n\r\n")).decode(errors="replace").lower()
            length = head.partition("content-length:")[2].partition("\r\n")[0]
            body = (await reader.readexactly(int(length or 0))).decode(errors="replace")
            status += (
                " (documented)"
                if any(text in body for text in DOCUMENTED_FAILURES)
                else " " + body.rpartition("\n")[2][:80]
            )
        self.answers[status] += 1

    async def watch(self, reader: asyncio.StreamReader) -> None:
        """Counts the answer to what was sent, and waits until the connection is closed."""
        await self._note(reader)
        while await reader.read(2**16):
            pass


Attack = Callable[[Target, int], Awaitable[None]]


async def never_ending_heads(target: Target, _: int) -> None:
    """Ten connections that begin a head and send a byte of it each second."""

    async def one() -> None:
        reader, writer = await target.connect()
        writer.write(b"GET /api/ping HTTP/1.1\r\nHost: x\r\nX-")
        ended = asyncio.ensure_future(target.watch(reader))
        while target.running and not ended.done():
            await asyncio.sleep(1)
            writer.write(b"a")
        ended.cancel()
        writer.transport.abort()

    await _again_and_again(target, lambda: _all(one() for _ in range(10)))


async def trickling_bodies(target: Target, _: int) -> None:
    """Four connections that promise 100,000 bytes and send one each second."""

    async def one() -> None:
        reader, writer = await target.connect()
        writer.write(f"POST /api/history HTTP/1.1\r\n{_AUTHORIZED}Content-Length: 100000\r\n\r\n".encode())
        ended = asyncio.ensure_future(target.watch(reader))
        while target.running and not ended.done():
            await asyncio.sleep(1)
            writer.write(b"[")
        ended.cancel()
        writer.transport.abort()

    await _again_and_again(target, lambda: _all(one() for _ in range(4)))


async def readers_that_do_not_read(target: Target, _: int) -> None:
    """Two connections that ask for a large picture and leave the answer where it is."""
    request = f"GET /api/thumbnail?url={quote(target.tarpit + '/picture.png')} HTTP/1.1\r\n{_AUTHORIZED}\r\n"

    async def one() -> None:
        _, writer = await target.connect(receive_bytes=4096)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(request.encode())
        for _ in range(round(target.end - time.time())):
            await asyncio.sleep(1)
            if writer.is_closing():
                break
        writer.transport.abort()

    await _again_and_again(target, lambda: _all(one() for _ in range(2)))


async def questions_to_a_tarpit(target: Target, number: int) -> None:
    """Thumbnails and metadata of a site that takes the question and never answers."""
    asked = 0

    async def one() -> None:
        nonlocal asked
        asked += 1
        url = quote(f"{target.tarpit}/{number}-{asked}")
        path = "/api/yt-dlp/url/info" if number % 2 else "/api/thumbnail"
        await target.ask(f"GET {path}?url={url} HTTP/1.1\r\n{_AUTHORIZED}\r\n")
        await asyncio.sleep(_PAUSE_SECONDS)

    await _again_and_again(target, one)


async def bad_requests(target: Target, number: int) -> None:
    """Garbage, huge heads and wrong passwords."""
    wrong = base64.b64encode(b"user:wrong").decode()
    requests: tuple[str, ...] = (
        f"GET /api/history HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {wrong}\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        f"GET / HTTP/1.1\r\nHost: x\r\nX-A: {'a' * 1_000_000}\r\n\r\n",
        f"GET /{'a' * 300_000} HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n" + "A: b\r\n" * 20_000 + "\r\n",
        f"POST /api/history HTTP/1.1\r\n{_AUTHORIZED}Content-Length: 4\r\n\r\n[[[[",
    )
    sent = number

    async def one() -> None:
        nonlocal sent
        sent += 1
        await target.ask(requests[sent % len(requests)].encode("latin-1"))
        await asyncio.sleep(_PAUSE_SECONDS)

    await _again_and_again(target, one)


async def sockets(target: Target, _: int) -> None:
    """Ten WebSockets that send frames and do not read."""
    handshake = (
        f"GET /ws?apikey={quote(_AUTHORIZATION)} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    text = b'{"event": "ping"}'
    frame = bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text

    async def one() -> None:
        reader, writer = await target.connect()
        writer.write(handshake.encode())
        await asyncio.wait_for(target._note(reader), timeout=30)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        while target.running and not writer.is_closing():
            writer.write(frame * 10)
            await asyncio.sleep(1)
        writer.transport.abort()

    await _again_and_again(target, lambda: _all(one() for _ in range(10)))


ATTACKS: Mapping[str, Attack] = {
    "never-ending heads": never_ending_heads,
    "trickling bodies": trickling_bodies,
    "readers that do not read": readers_that_do_not_read,
    "questions to a tarpit": questions_to_a_tarpit,
    "bad requests": bad_requests,
    "sockets": sockets,
}


async def _all(coroutines: Iterator[Awaitable[None]]) -> None:
    for outcome in await asyncio.gather(*coroutines, return_exceptions=True):
        if isinstance(outcome, BaseException) and not isinstance(outcome, OSError | TimeoutError):
            raise outcome


async def _again_and_again(target: Target, act: Callable[[], Awaitable[None]]) -> None:
    """Until the time is over; a refused or broken connection costs half a second."""
    while target.running:
        try:
            await act()
        except (OSError, TimeoutError):
            target.answers["broken"] += 1
        await asyncio.sleep(_PAUSE_SECONDS)


async def _tarpit() -> tuple[asyncio.Server, str]:
    """A site that answers `/picture.png` and nothing else."""
    picture = b"\x89PNG\r\n\x1a\n" + bytes(PICTURE_BYTES)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.CancelledError):
            if b"/picture.png" in await reader.readline():
                head = f"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: {len(picture)}\r\n\r\n"
                writer.write(head.encode() + picture)
                await writer.drain()
            while await reader.read(2**16):
                pass
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1024)
    return server, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@dataclass(frozen=True)
class Plan:
    """How many attack, for how long, in which ways, and whether from the good client's address."""

    seconds: float
    clients: int = CLIENTS
    kinds: tuple[str, ...] = ()
    same_address: bool = False


async def _attack(base: str, plan: Plan) -> dict[str, dict[str, int]]:
    server, tarpit = await _tarpit()
    parts = urlsplit(base)
    end = time.time() + plan.seconds
    found: dict[str, Counter[str]] = {}
    jobs = []
    kinds = plan.kinds or tuple(ATTACKS)
    for place, name in enumerate(kinds):
        attack = ATTACKS[name]
        local = "127.0.0.1" if plan.same_address else f"127.0.0.{place + 2}"
        target = Target(str(parts.hostname), int(parts.port or 80), local, tarpit, end)
        found[name] = target.answers
        jobs += [attack(target, number) for number in range(len(range(place, plan.clients, len(kinds))))]
    if jobs:
        await asyncio.wait([asyncio.ensure_future(job) for job in jobs], timeout=plan.seconds + 2)
    server.close()
    return {name: dict(counter) for name, counter in found.items()}


def _run_attack(base: str, plan: Plan, results: "multiprocessing.Queue[object]") -> None:
    results.put(asyncio.run(_attack(base, plan)))
    results.close()
    results.join_thread()
    os._exit(0)  # thousands of half-open connections need no farewell


@dataclass
class Outcome:
    """What the good client saw (milliseconds), and what the hostile ones were answered."""

    waits_ms: list[float]
    slowest: list[tuple[float, float, str]]
    statuses: Counter[str]
    hostile: dict[str, dict[str, int]]

    @property
    def failures(self) -> dict[str, int]:
        """What the good client got that was no success."""
        return {status: count for status, count in self.statuses.items() if status != "200"}

    @property
    def unexpected(self) -> dict[str, int]:
        """Answers of 5xx to hostile clients, but for those that the contract has for a site that does not answer."""
        answers: Counter[str] = Counter()
        for counts in self.hostile.values():
            answers.update({status: n for status, n in counts.items() if status.startswith("5")})
        return {status: count for status, count in answers.items() if "(documented)" not in status}

    def percentile(self, percent: int) -> float:
        if len(self.waits_ms) < 2:
            return self.waits_ms[0]
        return statistics.quantiles(self.waits_ms, n=100, method="inclusive")[percent - 1]


class _Good:
    """One good client: a request every 50 ms, every other one on a new connection."""

    def __init__(self, base: str) -> None:
        self._place = base.removeprefix("http://")
        self._kept = http.client.HTTPConnection(self._place, timeout=PATIENCE_SECONDS)
        self.waits_ms: list[float] = []
        self.asked: list[tuple[float, float, str]] = []
        self._began = time.perf_counter()
        self.statuses: Counter[str] = Counter()

    def ask(self, number: int) -> None:
        connection = self._kept if number % 2 else http.client.HTTPConnection(self._place, timeout=PATIENCE_SECONDS)
        method, path, body = "GET", _GOOD_PATHS[number % len(_GOOD_PATHS)], None
        if number % 40 == 0:
            method, path = "POST", "/api/history"
            body = json.dumps({"url": f"http://127.0.0.1:9/{number}.mp4", "auto_start": False})
        began = time.perf_counter()
        try:
            connection.request(method, path, body, {"Authorization": f"Basic {_AUTHORIZATION}"})
            reply = connection.getresponse()
            reply.read()
            self.statuses[str(reply.status)] += 1
        except (OSError, http.client.HTTPException) as error:
            self.statuses[type(error).__name__] += 1
            self._kept.close()
        finally:
            self.waits_ms.append((time.perf_counter() - began) * 1000)
            self.asked.append((self.waits_ms[-1], began - self._began, f"{method} {path}"))
            if connection is not self._kept:
                connection.close()


def besiege(base: str, plan: Plan) -> Outcome:
    """Attacks the service at `base` and asks it like a good client meanwhile."""
    context = multiprocessing.get_context("spawn")
    results: multiprocessing.Queue[dict[str, dict[str, int]]] = context.Queue()
    attackers = context.Process(target=_run_attack, args=(base, plan, results), daemon=True)
    attackers.start()
    good = _Good(base)
    end = time.monotonic() + plan.seconds
    number = 0
    try:
        while time.monotonic() < end:
            good.ask(number)
            number += 1
            time.sleep(0.05)
        hostile = results.get(timeout=60)
    except queue.Empty:
        hostile = {"": {"the attackers did not report": 1}}
    finally:
        attackers.join(10)
        attackers.kill()
    return Outcome(good.waits_ms, sorted(good.asked)[-5:], good.statuses, hostile)


def report(outcome: Outcome) -> str:
    middle, most, longest = outcome.percentile(50), outcome.percentile(99), max(outcome.waits_ms)
    lines = [
        f"good client: {len(outcome.waits_ms)} requests, {dict(outcome.statuses)}",
        f"  50th percentile {middle:.0f} ms, 99th {most:.0f} ms, longest {longest:.0f} ms",
        f"  slowest: {', '.join(f'{ms:.0f} ms at {at:.0f} s ({what})' for ms, at, what in outcome.slowest)}",
        *(f"{name}: {dict(sorted(counts.items()))}" for name, counts in outcome.hostile.items()),
    ]
    return "\n".join(lines)


def main() -> int:
    """1 when the good client was refused anything, or anybody was answered an unexpected 5xx."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.hostile")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=CLIENTS)
    parser.add_argument("--kind", action="append", default=[], choices=list(ATTACKS), help="this kind alone")
    parser.add_argument("--same-address", action="store_true", help="all come from 127.0.0.1")
    options = parser.parse_args()
    place = Path(tempfile.mkdtemp(prefix="dlambda-hostile-"))
    service = Service(place / "data", SETTINGS)
    try:
        service.start()
        besiege(service.base, Plan(4, 0))  # the first requests load what later ones find
        quiet = besiege(service.base, Plan(6, 0))
        print(f"alone: 50th percentile {quiet.percentile(50):.0f} ms, 99th {quiet.percentile(99):.0f} ms", flush=True)
        plan = Plan(options.seconds, options.clients, tuple(options.kind), options.same_address)
        outcome = besiege(service.base, plan)
        print(report(outcome))
        print(f"99th percentile under 200 ms: {outcome.percentile(99) < 200}")
        service.stop()
    finally:
        service.kill()
        shutil.rmtree(place, ignore_errors=True)
    print(f"refused to the good client: {outcome.failures}; unexpected 5xx: {outcome.unexpected}")
    return 1 if outcome.failures or outcome.unexpected else 0


if __name__ == "__main__":
    sys.exit(main())
