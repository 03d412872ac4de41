"""A process that reads and cuts media files, one after another, for whoever started it (`cutting.py`)."""

import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle
from pathlib import Path
from typing import Any

import av

from dlambda.domain.files.segment import Conversion, Segment
from dlambda.errors import AppError
from dlambda.media.av.pieces.locations import of_descriptor
from dlambda.media.av.pieces.probing import probe
from dlambda.media.av.pieces.segments import write_segment
from dlambda.media.av.pieces.timeline import read_timeline
from dlambda.media.av.pieces.transcode import VideoEncoder
from dlambda.media.sandbox.enter import enter_program

_IDLE_SECONDS = 30.0


# One for the process: it remembers which codec works here.
_encoder = lru_cache(VideoEncoder)


def _do(job: Mapping[str, Any]) -> dict[str, Any]:
    if job["do"] == "timeline":
        return asdict(read_timeline(job["location"]))
    if job["do"] == "probe":
        return probe(job["location"])
    write_segment(
        job["location"],
        Segment(**job["segment"]),
        Conversion(**job["conversion"]),
        Path(job["target"]),
        _encoder(*job["encoder"]),
    )
    return {}


def _answer(job: Mapping[str, Any]) -> dict[str, Any]:
    # No error's own text but ours: FFmpeg's hold the location, which may be a signed URL.
    try:
        return _do(job)
    except AppError as error:
        return {"error": type(error).__name__, "message": error.message, "notes": getattr(error, "__notes__", [])}
    except av.FFmpegError as error:
        return {"error": "OperationFailed", "message": f"The media file could not be read ({error.strerror})."}
    except Exception as error:  # noqa: BLE001 last resort of this process: whoever asked logs it
        return {"error": type(error).__name__, "message": "".join(traceback.format_tb(error.__traceback__))}


def _end_with_parent() -> None:
    """Standard input ends when the process that holds its other end is gone; ffmpeg goes with us."""
    os.read(sys.stdin.fileno(), 1)  # not by its buffer, which this thread would hold when the process ends
    os.killpg(0, signal.SIGKILL)


def main() -> None:
    """Answers until nobody has asked for a while."""
    enter_program()
    connection = Connection(int(sys.argv[1]))
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    while connection.poll(_IDLE_SECONDS):
        try:
            answer = _take(connection)
        except EOFError:
            break
        connection.send_bytes(json.dumps(answer).encode())


def _take(connection: Connection) -> dict[str, Any]:
    """The answer to the next job. A file of this machine comes opened: this process can open none."""
    job = json.loads(connection.recv_bytes())
    if job["location"]:
        return _answer(job)
    descriptor = recv_handle(connection)
    try:
        return _answer({**job, "location": of_descriptor(descriptor)})
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    main()
