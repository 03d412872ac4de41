"""Reading and cutting media files, in processes of their own.

The library that does it takes files from anywhere: one that crashes it, or never ends, costs a process that serves
nothing else, and its memory is not that of a process that answers requests. A few such processes are kept for the next
file; they end by themselves when none comes, and with the process that asked.
"""

import atexit
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from dlambda.domain.files.segment import Conversion, Segment
from dlambda.domain.files.timeline import Timeline
from dlambda.errors import AppError, Invalid, NotFound, OperationFailed, Unavailable
from dlambda.media.child_environment import child_environment
from dlambda.media.ffmpeg import find_tool
from dlambda.settings import get_settings

_MOST: Final = 4  # files are read and pieces made at once; who comes later waits
_TRIES: Final = 2
_READ_SECONDS: Final = 60.0
_CUT_SECONDS: Final = 150.0
_ERRORS: Final[Mapping[str, type[AppError]]] = {
    each.__name__: each for each in (Invalid, NotFound, OperationFailed, Unavailable)
}


def read_timeline(location: str, *, timeout_seconds: float = _READ_SECONDS) -> Timeline:
    """Of the file at a path or URL, by a few range requests.

    Raises `NotFound` when it is gone, `Invalid` when it is no media, `OperationFailed` when it cannot be read.
    """
    return Timeline(**_ask({"do": "timeline", "location": location}, timeout_seconds))


def write_segment(
    location: str, segment: Segment, conversion: Conversion, target: Path, *, timeout_seconds: float = _CUT_SECONDS
) -> None:
    """Cuts `segment` out of the file at `location` into `target`, as MPEG-TS.

    Raises `NotFound` for a start beyond the end, `Unavailable` without ffmpeg, and what `read_timeline` raises.
    """
    ffmpeg = find_tool("ffmpeg")
    if ffmpeg is None:
        raise Unavailable("ffmpeg is not available on this system.")
    settings = get_settings()
    job = {
        "do": "segment",
        "location": location,
        "segment": asdict(segment),
        "conversion": asdict(conversion),
        "target": str(target),
        "encoder": [ffmpeg, settings.streamer_vcodec, settings.vaapi_device],
    }
    _ask(job, timeout_seconds)


class _Process:
    """One that reads and cuts; for one file at a time."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "dlambda.media.pieces.cutting_child", str(theirs.fileno())],
                stdin=subprocess.PIPE,  # its end tells the child that this process is gone
                env=child_environment(),
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # so that it and its ffmpeg end together
            )
        self._connection = Connection(ours.detach())

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def ask(self, job: Mapping[str, Any], timeout_seconds: float) -> dict[str, Any] | None:
        """Its answer, None when there is none in time. Raises EOFError or OSError when it ends instead."""
        self._connection.send_bytes(json.dumps(job).encode())
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


_idle: list[_Process] = []
_lock = threading.Lock()
_places = threading.BoundedSemaphore(_MOST)


def _take() -> _Process:
    with _lock:
        while _idle:
            process = _idle.pop()
            if not process.has_ended:
                return process
            process.end()
    return _Process()


def _ask(job: Mapping[str, Any], timeout_seconds: float) -> dict[str, Any]:
    with _places:
        answer = _answer(job, timeout_seconds)
    if "error" not in answer:
        return answer
    if answer["error"] in _ERRORS:
        raise _ERRORS[answer["error"]](answer["message"])
    raise RuntimeError(f"{answer['error']} while a media file was read:\n{answer['message']}")


def _answer(job: Mapping[str, Any], timeout_seconds: float) -> dict[str, Any]:
    for _ in range(_TRIES):
        process = _take()
        try:
            answer = process.ask(job, timeout_seconds)
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
        with _lock:
            _idle.append(process)
        return answer
    raise OperationFailed("The media file could not be read: the program that reads it ended unexpectedly.")


def _end_all() -> None:
    with _lock:
        while _idle:
            _idle.pop().end()


atexit.register(_end_all)
