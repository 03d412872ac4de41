"""Makes the journey at one server: requests, what they keep, streams and events."""

import contextlib
import http.client
import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from tests.dialects.journey import Step
from tests.dialects.shape import Shape, join, shape
from tests.e2e.api import Api, Reply

_WAIT_SECONDS = 15
_PAUSE_SECONDS = 0.1


@dataclass(frozen=True)
class Answer:
    """What came back: `shape` of JSON and of event streams, else the content type as its only path."""

    status: int
    shape: Shape
    body: str


@dataclass
class Traveller:
    """Makes the journey at `base`. A context manager: it listens to the events meanwhile."""

    base: str
    origin: str
    run: str  # a text that no earlier journey had
    headers: dict[str, str] = field(default_factory=dict)
    events: dict[str, Shape] = field(default_factory=dict)  # name to the shape of all its data
    _names: dict[str, str] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self._api = Api(self.base, self.headers)
        self._api.post("/api/system/resume")  # an earlier journey may have ended while it was paused
        self._names.update(origin=self.origin, run=self.run)
        address = self.base.replace("http", "ws", 1) + "/ws?_="
        self._socket = connect(address, proxy=None, max_size=None, additional_headers=self.headers)
        self._listener = threading.Thread(target=self._listen, args=(self._socket,), daemon=True)
        self._listener.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self._listener.join()

    def take(self, step: Step) -> Answer:
        """The answer to one step, the last one where it was to be repeated."""
        answer = self._answer(step)
        with contextlib.suppress(LookupError, ValueError):
            value = json.loads(answer.body)
            self._names.update({name: str(pick(value, path)) for name, path in step.keep.items()})
        return answer

    def _answer(self, step: Step) -> Answer:
        path, body = self.base + self._filled(step.path), self._filled_value(step.body)
        if step.seconds:
            return self._read_stream(step, path, body)
        if not step.until:
            return _answer(self._api.request(step.method, path, body, headers=step.headers, raw=step.raw))
        where, value = step.until[0], self._filled_value(step.until[1])
        replies: list[Reply] = []

        def reached() -> bool:
            replies[:] = [self._api.request(step.method, path, body, headers=step.headers)]
            with contextlib.suppress(LookupError, ValueError):
                return bool(pick(replies[0].json(), where) == value)
            return False

        end = time.monotonic() + _WAIT_SECONDS
        while not reached() and time.monotonic() < end:
            time.sleep(_PAUSE_SECONDS)
        return _answer(replies[0])

    def _read_stream(self, step: Step, path: str, body: Any) -> Answer:
        """The events of a stream that came within the step's time, or until it ended."""
        parts = urlsplit(path)
        connection = http.client.HTTPConnection(parts.netloc, timeout=step.seconds)
        sent = {"Content-Type": "application/json"} | self.headers | dict(step.headers)
        raw = json.dumps(body).encode() if body is not None else None
        connection.request(step.method, parts.path, raw, sent)
        reply = connection.getresponse()
        lines: list[bytes] = []
        end = time.monotonic() + step.seconds
        with contextlib.suppress(TimeoutError):
            while time.monotonic() < end and (line := reply.readline()):
                lines.append(line)
        connection.close()
        return _answer(Reply(reply.status, reply.headers, b"".join(lines)))

    def _listen(self, socket: ClientConnection) -> None:
        with contextlib.suppress(WebSocketException):
            for frame in socket:
                event = json.loads(frame)
                name = str(event.get("event"))
                self.events[name] = join(self.events.get(name, {}), shape(event))

    def _filled(self, text: str) -> str:
        for name, value in self._names.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def _filled_value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._filled(value)
        if isinstance(value, list):
            return [self._filled_value(member) for member in value]
        if isinstance(value, dict):
            return {name: self._filled_value(member) for name, member in value.items()}
        return value


def pick(value: Any, path: str) -> Any:
    """The value at a path; `*` is the last member of an object, the first of an array. Raises `LookupError`."""
    for name in path.split("."):
        if name == "*":
            members = list(reversed(value.values())) if isinstance(value, dict) else value
            if not members:
                raise LookupError(path)
            value = members[0]
        else:
            if not isinstance(value, dict):
                raise LookupError(path)
            value = value[name]
    return value


def _answer(reply: Reply) -> Answer:
    kind = (reply.headers.get("Content-Type") or "no content").partition(";")[0]
    text = reply.body.decode(errors="replace")
    if kind == "text/event-stream":
        return Answer(reply.status, _stream_shape(text), text)
    with contextlib.suppress(ValueError):
        return Answer(reply.status, shape(json.loads(text)) if text else {}, text)
    return Answer(reply.status, {f"({kind})": frozenset({"bytes"})}, text)


def _stream_shape(text: str) -> Shape:
    """The shapes of a stream's events, each below its name."""
    result: Shape = {}
    for block in text.replace("\r", "").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and not line.startswith(":"))
        if "data" in fields:
            with contextlib.suppress(ValueError):
                below = {
                    f"{fields.get('event', 'message')}.{path}": t
                    for path, t in shape(json.loads(fields["data"])).items()
                }
                result = join(result, below)
    return result
