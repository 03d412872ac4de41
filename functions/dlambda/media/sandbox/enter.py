"""Puts the calling process, or the calling thread and what it starts, into a sandbox."""

import json
import os
import pickle
import socket
import sys
from functools import lru_cache
from pathlib import Path
from typing import Final

from dlambda.media.sandbox import brokered, guard, landlock, limits, seccomp
from dlambda.media.sandbox.broker import MESSAGE_BYTES
from dlambda.media.sandbox.policy import Network, Policy, file_rights
from dlambda.media.sandbox.syscall import hide_memory

_STREAMS: Final = frozenset({int(socket.SOCK_STREAM)})
_WITH_NAMES: Final = _STREAMS | {int(socket.SOCK_DGRAM)}

relay_listener: socket.socket | None = None
"""Where the relay of this process listens: bound before the sandbox closes, since no port can be bound in it."""


def prepare() -> None:
    """Works out what every sandbox needs, in a process whose forked children enter one: they find it done."""
    file_rights(Policy())
    for sockets in (_STREAMS, frozenset[int]()):
        seccomp.prepare(seccomp.Calls(sockets, keeps_session=True))


def enter(policy: Policy, broker: socket.socket) -> None:
    """Closes the sandbox around this process, for the rest of its life. It must have one thread.

    Two layers, of which each stands alone: audit hooks in Python for what Python opens and connects to, and the
    kernel's rules for everything, native code and started programs included.
    """
    global relay_listener
    if policy.network is Network.BROKER:
        relay_listener = socket.create_server(("127.0.0.1", 0))
        brokered.install(broker)
    if policy.network is not Network.PORTS:
        guard.install(allow_internal=policy.allow_internal)
    if policy.writes:
        guard.confine(*map(Path, policy.writes))
    limits.apply(limits.Limits(policy.memory_bytes))
    if policy.uses_kernel:
        ports = [relay_listener.getsockname()[1]] if relay_listener else []
        listener = restrict(policy, ports, keeps_session=True)
        if listener is not None:
            socket.send_fds(broker, [json.dumps({"do": "count"}).encode()], [listener])
            os.close(listener)


@lru_cache(maxsize=1)
def protect_parent() -> None:
    """Before the first start of a sandboxed process: it cannot read the secrets of the process that starts it.

    With Landlock there is no need, and tools that look at processes go on working.
    """
    if landlock.version() < landlock.FILES:
        hide_memory()


def enter_program() -> None:
    """`enter` for a program that `programs.start_python` started; before it reads anything or starts a thread."""
    broker = socket.socket(fileno=int(sys.argv.pop()))
    enter(pickle.loads(broker.recv(MESSAGE_BYTES)), broker)  # noqa: S301 sent by our own process over a private socket


def restrict(policy: Policy, relay_ports: list[int], *, keeps_session: bool) -> int | None:
    """The kernel's part, for this thread and what it starts; the descriptor at which new processes are asked for."""
    landlock.restrict(file_rights(policy), [*policy.ports, *relay_ports])
    seccomp.drop_capabilities()
    network = policy.network is not Network.NONE
    sockets = (_WITH_NAMES if policy.looks_up_names else _STREAMS) if network else frozenset()
    return seccomp.install(seccomp.Calls(sockets, keeps_session=keeps_session))
