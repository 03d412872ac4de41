"""Server-sent events: an answer that goes on while something happens."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Response

from dlambda.errors import TooMany

_NOTHING = ": \n\n"


@dataclass(frozen=True, slots=True)
class Sent:
    """A server-sent event. `id` comes back as `Last-Event-ID` when the client connects again."""

    event: str
    data: Any
    id: str = ""


class Streams:
    """At most `most` streams at once: each holds a thread of this process as long as its client stays."""

    def __init__(self, limit: int) -> None:
        self._free = threading.BoundedSemaphore(limit)

    def open(self, events: Iterator[Sent | None]) -> Response:
        """The answer. None among the events is sent as a comment, which tells whether the client is there still.

        Raises `TooMany`. `events` is closed when the client goes.
        """
        if not self._free.acquire(blocking=False):
            raise TooMany("Too many streams are open.", headers={"Retry-After": "5"})
        response = Response(_Body(events, self._free.release), mimetype="text/event-stream")
        response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Accel-Buffering"] = "no"
        return response


class _Body:
    """The iterable that a server sends; it is closed even when nothing was read of it."""

    def __init__(self, events: Iterator[Sent | None], release: Any) -> None:
        self._events = events
        self._release = release
        self._lock = threading.Lock()
        self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        yield _NOTHING.encode()
        for event in self._events:
            yield (_NOTHING if event is None else _render(event)).encode()

    def close(self) -> None:
        with self._lock:
            if self._closed:
                return
            self._closed = True
        close = getattr(self._events, "close", None)
        try:
            if close:
                close()
        finally:
            self._release()


def _render(event: Sent) -> str:
    head = f"id: {event.id}\n" if event.id else ""
    return f"{head}event: {event.event}\ndata: {json.dumps(event.data)}\n\n"
