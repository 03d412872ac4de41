"""Reading and cutting media files, in processes of their own.

The library that does it takes files from anywhere: one that crashes it, or never ends, costs a process that serves
nothing else, and its memory is not that of a process that answers requests. A few such processes are kept for the next
file; they end by themselves when none comes, and with the process that asked.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import asdict, replace
from multiprocessing.connection import Connection
from multiprocessing.reduction import send_handle
from pathlib import Path
from typing import Any, Final

from dlambda.deployment import current, per_deployment
from dlambda.domain.files.segment import Conversion, Segment
from dlambda.domain.files.timeline import Timeline
from dlambda.errors import AppError, Invalid, NotFound, OperationFailed, Unavailable
from dlambda.media.av.pieces.locations import is_remote
from dlambda.media.machine.tools import find_tool
from dlambda.media.sandbox import programs
from dlambda.media.sandbox.policy import Policy
from dlambda.media.sandbox.rights import make_policy, rights_to_read

_MODULE: Final = "dlambda.media.av.pieces.cutting_child"
_PROCESSES: Final = 4
_OUTPUT: Final = "segment.ts"
_RENDERING: Final = "/dev/dri"  # video hardware
_MOST: Final = 4  # files are read and pieces made at once; who comes later waits
_TRIES: Final = 2
_READ_SECONDS: Final = 60.0
_CUT_SECONDS: Final = 150.0
_ERRORS: Final[Mapping[str, type[AppError]]] = {
    error_class.__name__: error_class for error_class in (Invalid, NotFound, OperationFailed, Unavailable)
}


def read_timeline(location: str, *, timeout_seconds: float = _READ_SECONDS) -> Timeline:
    """Of the file at a path or URL, by a few range requests.

    Raises `NotFound` when it is gone, `Invalid` when it is no media, `OperationFailed` when it cannot be read.
    """
    return Timeline(**_ask({"do": "timeline", "location": location}, timeout_seconds))


def probe_by_library(location: str, *, timeout_seconds: float = _READ_SECONDS) -> dict[str, Any]:
    """Probes the file at a path or URL in ffprobe's format. Raises `OperationFailed` when it holds no media."""
    return _ask({"do": "probe", "location": location}, timeout_seconds)


def write_segment(
    location: str, segment: Segment, conversion: Conversion, target: Path, *, timeout_seconds: float = _CUT_SECONDS
) -> None:
    """Cuts `segment` out of the file at `location` into `target`, as MPEG-TS.

    Raises `NotFound` for a start beyond the end, `Unavailable` without ffmpeg, and what `read_timeline` raises.
    """
    ffmpeg = find_tool("ffmpeg")
    if ffmpeg is None:
        raise Unavailable("ffmpeg is not available on this system.")
    settings = current().settings
    job = {
        "do": "segment",
        "location": location,
        "segment": asdict(segment),
        "conversion": asdict(conversion),
        "encoder": [ffmpeg, settings.streamer_vcodec, settings.vaapi_device],
    }
    _ask(job, timeout_seconds, target)


def _rights(location: str) -> Policy:
    """Reading a `location` of the network, and encoding by the program or by the machine's video hardware. What is a
    file here is handed over opened.
    """
    ffmpeg = find_tool("ffmpeg")
    devices = (_RENDERING, *map(str, Path("/dev").glob("nvidia*")))
    reads = rights_to_read(location) if is_remote(location) else {}
    return make_policy(tools=(ffmpeg,) if ffmpeg else (), devices=devices, processes=_PROCESSES, **reads)


class _Process:
    """A process that reads and cuts; for one file at a time. It can read what `rights` says and write into `folder`."""

    def __init__(self, rights: Policy) -> None:
        self.rights = rights
        self.folder = Path(tempfile.mkdtemp(prefix="cutting-"))
        parent_socket, child_socket = socket.socketpair()
        with child_socket:
            self._process = programs.start_python(
                _MODULE,
                replace(rights, writes=(str(self.folder),)),
                str(child_socket.fileno()),
                stdin=subprocess.PIPE,  # its end tells the child that this process is gone
                pass_fds=[child_socket.fileno()],
            )
        self._connection = Connection(parent_socket.detach())

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def ask(self, job: Mapping[str, Any], file: int | None, timeout_seconds: float) -> dict[str, Any] | None:
        """Its answer, None when there is none in time. `file`: descriptor of what it reads, unless the job names a URL.

        Raises EOFError or OSError when it ends instead.
        """
        self._connection.send_bytes(json.dumps({**job, "target": str(self.folder / _OUTPUT)}).encode())
        if file is not None:
            send_handle(self._connection, file, self._process.pid)
        if not self._connection.poll(timeout_seconds):
            return None
        answer: dict[str, Any] = json.loads(self._connection.recv_bytes())
        return answer

    def end(self) -> None:
        """At once, with all that it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._connection.close()
        assert self._process.stdin
        self._process.stdin.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class _Pool:
    """The processes that read and cut: the idle ones, and a limit for all."""

    def __init__(self) -> None:
        self.places = threading.BoundedSemaphore(_MOST)
        self._idle: list[_Process] = []
        self._lock = threading.Lock()

    def take(self, rights: Policy) -> _Process:
        """An idle one that can read the same places, or a new one."""
        with self._lock:
            for process in [process for process in self._idle if process.has_ended]:
                self._idle.remove(process)
                process.end()
            for process in reversed(self._idle):
                if process.rights == rights:
                    self._idle.remove(process)
                    return process
            while len(self._idle) >= _MOST:
                self._idle.pop(0).end()
        return _Process(rights)

    def give_back(self, process: _Process) -> None:
        with self._lock:
            self._idle.append(process)

    def close(self) -> None:
        """Ends the idle ones."""
        with self._lock:
            while self._idle:
                self._idle.pop().end()


@per_deployment
def processes() -> _Pool:
    """The processes of this deployment."""
    return _Pool()


def _ask(job: Mapping[str, Any], timeout_seconds: float, target: Path | None = None) -> dict[str, Any]:
    """The answer to `job`; what it wrote is moved to `target`."""
    with processes().places:
        answer = _answer(job, timeout_seconds, target)
    if "error" not in answer:
        return answer
    if answer["error"] in _ERRORS:
        raise _failure(answer)
    raise RuntimeError(f"{answer['error']} while a media file was read:\n{answer['message']}")


def _failure(answer: Mapping[str, Any]) -> AppError:
    """The error that the process answered, with its notes for the log."""
    failure = _ERRORS[answer["error"]](answer["message"])
    for note in answer.get("notes", ()):
        failure.add_note(note)
    return failure


def _answer(job: Mapping[str, Any], timeout_seconds: float, target: Path | None) -> dict[str, Any]:
    location = str(job["location"])
    if is_remote(location):
        return _answer_of_process(job, None, timeout_seconds, target)
    try:
        file = os.open(location, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise NotFound("The media file does not exist.") from None
    try:
        return _answer_of_process({**job, "location": ""}, file, timeout_seconds, target)
    finally:
        os.close(file)


def _answer_of_process(
    job: Mapping[str, Any], file: int | None, timeout_seconds: float, target: Path | None
) -> dict[str, Any]:
    rights, pool = _rights(str(job["location"])), processes()
    for _ in range(_TRIES):
        process = pool.take(rights)
        try:
            answer = process.ask(job, file, timeout_seconds)
        except (EOFError, OSError):
            # By this file, or because it had waited long enough for one: the next try tells.
            process.end()
            continue
        except BaseException:
            process.end()
            raise
        if answer is None:
            process.end()
            raise OperationFailed("The media file could not be read in time.")
        if target is not None and "error" not in answer:
            shutil.move(process.folder / _OUTPUT, target)
        pool.give_back(process)
        return answer
    raise OperationFailed("The media file could not be read: the program that reads it ended unexpectedly.")
