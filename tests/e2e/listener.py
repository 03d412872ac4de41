"""A WebSocket client that keeps everything it hears."""

import json
import time
from collections.abc import Callable, Mapping
from threading import Thread
from typing import Any, ClassVar, Self

from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import connect

from tests.patience import PATIENCE_SECONDS

Message = dict[str, Any]


class Listener:
    """Connected to `/ws` of the service at `base` (http://…). Use as a context manager. Raises one of `REFUSALS` when
    the service does not take it."""

    REFUSALS: ClassVar[tuple[type[Exception], ...]] = (OSError, WebSocketException)

    def __init__(self, base: str, query: str = "", headers: Mapping[str, str] | None = None) -> None:
        url = base.replace("http", "ws", 1) + "/ws" + (f"?{query}" if query else "")
        self._socket = connect(
            url, additional_headers=dict(headers or {}), open_timeout=PATIENCE_SECONDS, proxy=None, legacy=True
        )
        self.messages: list[Message] = []
        self._thread = Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        try:
            for frame in self._socket:
                self.messages.append(json.loads(frame) | {"_at": time.monotonic()})
        except ConnectionClosed:
            return

    def send(self, event: str, data: object) -> None:
        """One message to the server."""
        self._socket.send(json.dumps({"event": event, "data": data}))

    def send_text(self, text: str) -> None:
        """A frame as it is."""
        self._socket.send(text)

    def of(self, event: str, item_id: str | None = None) -> list[Message]:
        """The messages of one event so far, of one item if asked."""
        return [
            message
            for message in list(self.messages)
            if message["event"] == event and (item_id is None or _item_id(message) == item_id)
        ]

    def wait(
        self, event: str, match: Callable[[Message], bool] = lambda _: True, seconds: float = PATIENCE_SECONDS
    ) -> Message:
        """The first message of `event` that matches, past or to come."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for message in self.of(event):
                if match(message):
                    return message
            time.sleep(0.02)
        heard = [message["event"] for message in self.messages]
        raise AssertionError(f"no {event} within {seconds} s; heard {heard}")

    @property
    def is_open(self) -> bool:
        """False once the connection has ended."""
        return self._thread.is_alive()

    def wait_closed(self) -> None:
        """Waits until the connection has ended."""
        self._thread.join()

    def close(self) -> None:
        """Says goodbye."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def payload(message: Message) -> Any:
    """The payload of an Event object (docs/contract/websocket.md 3)."""
    return message["data"]["data"]


def _item_id(message: Message) -> str | None:
    found = payload(message)
    if not isinstance(found, dict):
        return None
    inner = found.get("item")
    item = inner if isinstance(inner, dict) else found
    value = item.get("_id")
    return value if isinstance(value, str) else None


def about(url: str, **values: object) -> Callable[[Message], bool]:
    """Matches messages whose item has this URL and these values."""

    def match(message: Message) -> bool:
        data = payload(message)
        item = data.get("item", data)
        return item.get("url") == url and all(item.get(key) == value for key, value in values.items())

    return match
