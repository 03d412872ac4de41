"""Inside a worker process: yt-dlp's command line on a pseudo-terminal (docs/contract/system.md 5, terminal)."""

import fcntl
import json
import os
import struct
import sys
import termios
import threading
from multiprocessing.connection import Connection
from typing import Any

import yt_dlp

from dlambda.media.workers.child import postprocessing, programs, recording
from dlambda.media.workers.child.downloader import Downloader, tools_params
from dlambda.media.ytdlp.options import action_of
from dlambda.media.ytdlp.worker_jobs import TerminalJob

_ROWS = 40
_READ_BYTES = 65536
_DRAIN_SECONDS = 5.0


def take_terminal(columns: int) -> int:
    """Makes a terminal of this process's output; answers the side from which it is read."""
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, columns, 0, 0))
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    os.dup2(slave, 1)
    os.dup2(slave, 2)
    os.close(slave)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 for the life of this process
    sys.stdout = open(1, "w", encoding="utf-8", errors="replace", buffering=1, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="replace", buffering=1, closefd=False)  # noqa: SIM115
    os.environ["TERM"] = "xterm-256color"
    return master


def _relay(master: int, connection: Connection) -> None:
    """Sends what appears on the terminal until nobody writes to it any more."""
    while True:
        try:
            data = os.read(master, _READ_BYTES)
        except OSError:
            return
        if not data:
            return
        connection.send_bytes(json.dumps({"type": "output", "data": data.decode("utf-8", "replace")}).encode())


def _console(job: TerminalJob) -> type[Downloader]:
    """yt-dlp's own command line makes one of these, with what the service insists on."""

    class Console(Downloader):
        def __init__(self, params: dict[str, Any]) -> None:
            for postprocessor in params.get("postprocessors", ()):
                if postprocessor["key"] == "MetadataParser":
                    postprocessor["actions"] = [action_of(action) for action in postprocessor["actions"]]
            recording.guard_ffmpeg(params)
            forced = {**tools_params(job.cache, job.deno), "ffmpeg_location": job.ffmpeg}
            super().__init__({**params, **forced}, folders=(job.workdir,))

    return Console


def _main(job: TerminalJob) -> int:
    recording.use_tool(job.ffmpeg)
    postprocessing.install()
    yt_dlp.YoutubeDL = _console(job)
    sys.argv[0] = "yt-dlp"  # what `--help` calls it
    try:
        yt_dlp.main(["--ignore-config", *job.words])
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except KeyboardInterrupt:
        return 130
    return 0


def run(job: TerminalJob, master: int, connection: Connection) -> None:
    """Sends `{"type": "output", "data"}` as it appears and `{"type": "exit", "exitcode"}` at the end.

    `master` is the side of the terminal from which it is read.
    """
    relay = threading.Thread(target=_relay, args=(master, connection), daemon=True)
    relay.start()
    os.chdir(job.workdir)
    programs.allow_only(programs.tools_beside(job.ffmpeg, job.deno))
    try:
        code = _main(job)
    except Exception as error:  # noqa: BLE001 last resort of this process
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    relay.join(_DRAIN_SECONDS)
    connection.send_bytes(json.dumps({"type": "exit", "exitcode": code}).encode())
