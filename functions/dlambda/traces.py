"""Subsegments of X-Ray, which show how a function spends its time: requests of AWS's services, and named steps.

Lambda writes the segment of an invocation, and says by a variable whether this one is sampled (parameter `Tracing` of
template.yaml); without that nothing is measured or sent. A subsegment is a datagram for the daemon that Lambda runs
beside each function. Steps nest; a request belongs to the step around it.
"""

import json
import os
import secrets
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

_TRACE: Final = "_X_AMZN_TRACE_ID"  # Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1
_DAEMON: Final = "AWS_XRAY_DAEMON_ADDRESS"
_HEADER: Final = b'{"format": "json", "version": 1}\n'
_MARK: Final = "dlambda_began"
_SERVER_ERRORS, _CLIENT_ERRORS, _THROTTLED = 500, 400, 429

_step: ContextVar[str] = ContextVar("step", default="")


@dataclass(frozen=True, slots=True)
class _Trace:
    """The sampled trace of this invocation, and where its parts are sent to."""

    root: str
    parent: str
    daemon: tuple[str, int]

    def send(self, name: str, began: float, fields: Mapping[str, Any], part_id: str = "") -> None:
        subsegment = {
            "trace_id": self.root,
            "id": part_id or _new_id(),
            "parent_id": _step.get() or self.parent,
            "type": "subsegment",
            "name": name,
            "start_time": began,
            "end_time": time.time(),
            **fields,
        }
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
            channel.setblocking(False)
            with suppress(OSError):  # a trace that is lost is no failure of what it tells of
                channel.sendto(_HEADER + json.dumps(subsegment).encode(), self.daemon)


@contextmanager
def step(name: str, **annotations: str) -> Iterator[None]:
    """Measures what happens inside, when the invocation is sampled. Annotations can be searched for."""
    trace = _current()
    if trace is None:
        yield
        return
    began, part_id = time.time(), _new_id()
    fields: dict[str, Any] = {"annotations": annotations}
    token = _step.set(part_id)
    try:
        yield
    except BaseException as error:
        fields |= {"fault": True, "cause": {"exceptions": [{"id": _new_id(), "type": type(error).__name__}]}}
        raise
    finally:
        _step.reset(token)
        trace.send(name, began, fields, part_id)


def watch(events: Any) -> None:
    """Measures the requests of all clients that have these hooks of botocore."""
    events.register("before-call", _note_begin)
    events.register("after-call", _note_answer)
    events.register("after-call-error", _note_failure)


def _note_begin(context: dict[str, Any], **_: Any) -> None:
    if os.environ.get(_DAEMON):
        context[_MARK] = time.time()


def _note_answer(event_name: str, http_response: Any, context: dict[str, Any], **_: Any) -> None:
    status = int(http_response.status_code)
    fields = {
        "http": {"response": {"status": status}},
        "error": _CLIENT_ERRORS <= status < _SERVER_ERRORS,
        "throttle": status == _THROTTLED,
        "fault": status >= _SERVER_ERRORS,
    }
    _send_request(event_name, context, fields)


def _note_failure(event_name: str, context: dict[str, Any], **_: Any) -> None:
    _send_request(event_name, context, {"fault": True})


def _send_request(event_name: str, context: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
    trace = _current()
    if trace is None or _MARK not in context:
        return
    _, service, operation = event_name.split(".")
    trace.send(service, context[_MARK], {"namespace": "aws", "aws": {"operation": operation}, **fields})


def _current() -> _Trace | None:
    """None when this invocation is not sampled, as on one machine."""
    address = os.environ.get(_DAEMON, "")
    parts = dict(part.split("=", 1) for part in os.environ.get(_TRACE, "").split(";") if "=" in part)
    if not address or parts.get("Sampled") != "1" or "Root" not in parts:
        return None
    host, _, port = address.rpartition(":")
    return _Trace(parts["Root"], parts.get("Parent", ""), (host, int(port)))


def _new_id() -> str:
    return secrets.token_hex(8)
