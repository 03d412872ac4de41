"""The service as a fault meets it: one machine, one machine with a layer before an engine, or two nodes."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import TypeVar

from tests.e2e.api import Api
from tests.e2e.listener import Listener, Message
from tests.e2e.service import Service, patiently

SETTINGS = {
    "YTP_MAX_WORKERS": "10",
    "YTP_MAX_WORKERS_PER_EXTRACTOR": "10",
    "YTP_EXTRACT_INFO_TIMEOUT": "120",
    "DLAMBDA_TICK_SECONDS": "5",
}
_RECONNECT_SECONDS = 0.2
_ANSWER_SECONDS = 120.0
T = TypeVar("T")


class Ear:
    """A WebSocket client of one node that connects again whenever it was cut off."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._listeners: list[Listener] = []
        self._ended = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(HTTPException, *Listener.REFUSALS):
                listener = Listener(self._service.base)
                self._listeners.append(listener)
                listener.wait_closed()
            self._ended.wait(_RECONNECT_SECONDS)

    def messages(self) -> list[Message]:
        """Everything that it heard so far."""
        return [message for listener in list(self._listeners) for message in list(listener.messages)]

    def close(self) -> None:
        """Listens no more."""
        self._ended.set()
        for listener in list(self._listeners):
            listener.close()


@dataclass(frozen=True)
class Deployment:
    """Nodes that serve one set of tables; clients ask the last one."""

    nodes: list[Service]

    @property
    def api(self) -> Api:
        """A client of the last node."""
        return self.nodes[-1].api

    def ask(self, question: Callable[[Api], T], seconds: float = _ANSWER_SECONDS) -> T:
        """The answer to `question`, asked again while there is none; nodes that ended by themselves are started."""
        return patiently(lambda: question(self.api), *self.nodes, seconds=seconds)


@contextlib.contextmanager
def one_machine(place: Path, **settings: str) -> Iterator[Deployment]:
    """`make run` with its own engines."""
    with Service(place / "data", SETTINGS | settings) as service:
        yield Deployment([service])
