"""The table engine behind a Unix socket: `python -m local.dynoxide LISTENER_FD [--port-allowed] -- COMMAND...`.

dynoxide itself knows TCP alone and checks no signature, so whoever reaches its port may use the tables. Three ways of
running it, best first; the first that this machine allows is taken:

- `socket`: its system calls are answered so that it serves the Unix socket (local/socket_calls.py); nothing is between.
- `namespace`: it has a network of its own (local/namespace.py), and this process relays bytes.
- `port`: it listens on loopback and this process relays. Every user of the machine may use the tables then, so that
  an operator must have allowed it, and the file that the variable GAPS names says so.
"""

import contextlib
import ctypes
import os
import select
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path

from local import namespace, socket_calls

_HOST = "127.0.0.1"
_PRIVATE_PORT = 8000
_PR_SET_PDEATHSIG = 1
_PROBE_SECONDS = 5.0
_NEITHER = "This machine allows neither seccomp user notification with process_vm_writev nor user namespaces"
_REFUSED = (
    f"{_NEITHER}. Without one of them every\nuser of this machine could use the tables, by a loopback port. "
    "Set YTP_ALLOW_OPEN=true to accept that."
)
_GAP = f"{_NEITHER}: every user of this machine can use the tables, by a loopback port."


class Way(StrEnum):
    """How the table engine is kept from others."""

    SOCKET = "socket"
    NAMESPACE = "namespace"
    PORT = "port"


def best_way() -> Way:
    """The best one that this machine allows."""
    if _works_by_socket():
        return Way.SOCKET
    return Way.NAMESPACE if _works_by_namespace() else Way.PORT


def _works_by_socket() -> bool:
    """Has a process listen on TCP, and reaches it by a Unix socket."""
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as client:
        listener.bind("")  # a name that the kernel chooses
        listener.listen()
        listener.setblocking(False)
        client.connect(listener.getsockname())
        try:
            filtered = socket_calls.fork_filtered(_take_one)
        except OSError:
            return False
        _answer_calls(filtered, listener, _PROBE_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.kill(filtered.pid, signal.SIGKILL)
        return os.waitpid(filtered.pid, 0)[1] == 0


def _take_one() -> None:
    """Accepts a connection, as a TCP server does. Raises `OSError` when it does not look like one of TCP."""
    with socket.create_server((_HOST, 0)) as server:
        _, (host, _) = server.accept()
    if host != _HOST:
        raise OSError


def _works_by_namespace() -> bool:
    pid = os.fork()
    if pid:
        return os.waitpid(pid, 0)[1] == 0
    status = 1
    with contextlib.suppress(Exception):
        namespace.enter()
        status = 0
    os._exit(status)


def _answer_calls(filtered: socket_calls.Filtered, listener: socket.socket, seconds: float | None) -> None:
    """Answers until the program has ended, or nothing came for `seconds`."""
    calls = socket_calls.SocketCalls(filtered.descriptor, listener)
    # Before Linux 6.11 the calls' descriptor does not tell of the end of a process that nobody has waited for.
    process = os.pidfd_open(filtered.pid)
    poll = select.poll()
    for descriptor in (process, filtered.descriptor):
        poll.register(descriptor, select.POLLIN)
    while happened := dict(poll.poll(None if seconds is None else seconds * 1000)):
        if process in happened or not happened[filtered.descriptor] & select.POLLIN:
            break
        with contextlib.suppress(OSError):  # the caller is gone, or was interrupted and asks again
            calls.answer_one()
    os.close(process)


def _starter(command: Sequence[str], port: int) -> Callable[[], None]:
    """Becomes the engine, in a process that ends with this one."""
    parent = os.getpid()

    def start() -> None:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == parent:
            os.execv(command[0], [*command, "--host", _HOST, "--port", str(port)])  # noqa: S606

    return start


def _serve_by_socket(listener: socket.socket, command: Sequence[str]) -> int:
    filtered = socket_calls.fork_filtered(_starter(command, _PRIVATE_PORT))
    _forward_stop(filtered.pid)
    _answer_calls(filtered, listener, None)
    return os.waitpid(filtered.pid, 0)[1]


def _serve_by_relay(listener: socket.socket, command: Sequence[str], way: Way) -> int:
    from local.relay import relay  # loads asyncio, which the better way needs not

    if way is Way.NAMESPACE:
        namespace.enter()
    port = _PRIVATE_PORT if way is Way.NAMESPACE else _free_port()
    start = _starter(command, port)
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(OSError):
            start()
        os._exit(1)
    _forward_stop(pid)
    statuses: list[int] = []

    def has_ended() -> bool:
        ended_pid, status = os.waitpid(pid, os.WNOHANG)
        statuses.extend([status] if ended_pid else [])
        return bool(ended_pid)

    relay(listener, port, has_ended)
    return statuses[0]


def _forward_stop(pid: int) -> None:
    signal.signal(signal.SIGTERM, lambda *_: os.kill(pid, signal.SIGTERM))


def _exit_code(status: int) -> int:
    """Of the ended engine. One that is asked to end before it listens for that ends by the signal: well, too."""
    code = os.waitstatus_to_exitcode(status)
    return 0 if code == -signal.SIGTERM else code & 0xFF


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def main() -> int:
    split = sys.argv.index("--")
    (descriptor, *allowed), command = sys.argv[1:split], sys.argv[split + 1 :]
    listener = socket.socket(fileno=int(descriptor))
    listener.setblocking(False)
    way = best_way()
    if way is Way.PORT and not allowed:
        print(_REFUSED, file=sys.stderr)
        return 1
    if way is Way.PORT:
        with Path(os.environ["GAPS"]).open("a") as file:
            file.write(_GAP + "\n")
    status = _serve_by_socket(listener, command) if way is Way.SOCKET else _serve_by_relay(listener, command, way)
    return _exit_code(status)


if __name__ == "__main__":
    sys.exit(main())
