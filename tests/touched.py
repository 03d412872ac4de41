"""Which tables and queues this process has written to: only those have to be emptied after a test.

Every client of AWS in the process goes through `Endpoint.make_request`: those of the cloud and of tests. What goes to an
engine of one machine goes through `EngineClient`.
"""

import sys
import threading
from collections.abc import Collection
from functools import wraps
from typing import Any

from botocore.endpoint import Endpoint

from dlambda.engine_client import EngineClient

_WRITES = {
    "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems", "SendMessage", "SendMessageBatch",
}  # fmt: skip


class Touched:
    """The bodies' texts of the requests that write, until they are taken."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names: set[str] = set()
        self._known: set[str] = set()

    def watch(self, names: Collection[str]) -> None:
        """From now on requests that name one of `names` (of tables and queues) are noted."""
        with self._lock:
            self._known.update(names)

    def note(self, operation: str, body: Any) -> None:
        """Notes what the request names. A name inside another one is noted as well, which does no harm."""
        if operation in _WRITES:
            text = body.decode() if isinstance(body, bytes) else str(body)
            with self._lock:
                self._names.update(name for name in self._known if name in text)

    def note_all(self) -> None:
        """Notes everything."""
        with self._lock:
            self._names.update(self._known)

    def take(self) -> set[str]:
        """The names that were written to since the last call."""
        with self._lock:
            taken, self._names = self._names, set()
        return taken


touched = Touched()


def _note_program(event: str, arguments: tuple[Any, ...]) -> None:
    """A program of a test in a process of its own may write anywhere."""
    if event == "subprocess.Popen" and arguments[1][:2] == [sys.executable, "-c"]:
        touched.note_all()


sys.addaudithook(_note_program)
_make_request = Endpoint.make_request


@wraps(_make_request)
def _noted_request(self: Endpoint, operation_model: Any, request_dict: Any) -> Any:
    body = request_dict.get("body")
    touched.note(operation_model.name, body)
    try:
        return _make_request(self, operation_model, request_dict)
    finally:
        touched.note(operation_model.name, body)  # what a thread still writes while tables are emptied goes next time


Endpoint.make_request = _noted_request  # type: ignore[method-assign]
_send = EngineClient._send


@wraps(_send)
def _noted_send(self: EngineClient, operation: str, body: bytes) -> tuple[int, bytes]:
    touched.note(operation, body)
    try:
        return _send(self, operation, body)
    finally:
        touched.note(operation, body)


EngineClient._send = _noted_send  # type: ignore[method-assign]
