"""Head and body of a small answer go out together: each write is a call of the kernel, and wakes the client."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final, Protocol

_KEY: Final = "joined_writes"


class Answer(Protocol):
    """An answer of uvicorn's, as far as it is needed here."""

    transport: asyncio.Transport

    def send(self, message: Any, /) -> Coroutine[Any, Any, None]:
        """Writes a part of the answer."""


class _Collected:
    """A transport that keeps what is written until it is flushed."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._written: list[bytes] = []

    def write(self, data: bytes) -> None:
        self._written.append(data)

    def close(self) -> None:
        self.flush()
        self._transport.close()

    def take(self) -> bytes:
        text = b"".join(self._written)
        self._written.clear()
        return text

    def flush(self) -> None:
        if (text := self.take()) and not self._transport.is_closing():
            self._transport.write(text)


def offer(scope: Any, answer: Answer) -> None:
    """Lets the application of a request join what it writes."""
    scope["state"][_KEY] = lambda: _joined(answer)


def joined_writes(scope: Any) -> AbstractContextManager[None]:
    """Sends at its end, as one write, what the request's application has sent inside."""
    join: Callable[[], AbstractContextManager[None]] = scope.get("state", {}).get(_KEY, nullcontext)
    return join()


@contextlib.contextmanager
def _joined(answer: Answer) -> Iterator[None]:
    transport = answer.transport
    collected = _Collected(transport)
    answer.transport = collected  # type: ignore[assignment]  # as much of one as an answer uses
    try:
        yield
    finally:
        answer.transport = transport
        collected.flush()


def text_of(answer: Answer, message: Any) -> bytes:
    """The bytes that an answer would write for a message; none when its client is gone. For any thread while the loop
    leaves the answer alone, and nothing of it waits to be written.
    """
    transport = answer.transport
    collected = _Collected(transport)
    answer.transport = collected  # type: ignore[assignment]  # as much of one as an answer uses
    try:
        answer.send(message).send(None)
    except StopIteration:
        return collected.take()
    finally:
        answer.transport = transport
    raise RuntimeError("The answer waits for its client.")
