"""The media engine of one machine (rclone): it serves clients of S3, and is packed until the first of them comes."""

import os
import signal
import socket
import sys
import time
import zlib
from collections.abc import Callable

from dlambda.media.sandbox import landlock
from local import packed
from local.config import Config, Credentials
from local.engines import find_program, make_environ
from local.processes import Child
from local.template import STACK

_NAME = "rclone"
_KIND = "the media engine (rclone)"
_LOOPBACK = "127.0.0.1"
_FIRST_HANDED = 3
# Where Go's library learns which ending means which content type.
_CONTENT_TYPES = (
    "/usr/local/share/mime/globs2",
    "/usr/share/mime/globs2",
    "/etc/mime.types",
    "/etc/apache2/mime.types",
    "/etc/apache/mime.types",
    "/etc/httpd/conf/mime.types",
)


def media(config: Config, port: int, pair: Credentials) -> Child:
    """The engine at a port of its own."""
    program = _unpack(config)
    return Child(
        "media",
        _command(config, port, program),
        _environ(config, pair),
        config.logs_dir / "media.log",
        _KIND,
        confine=_library_alone(config, program),
    )


def media_on_demand(config: Config, listener: socket.socket, pair: Credentials) -> Child:
    """The same, started when somebody connects to `listener`: the service reads and writes the folder by itself, and
    it takes 15 MB that nobody else uses (docs/decisions/one-machine-memory.md). Its program is unpacked at the first
    start; while that fails (a full disk), its log says why, and it is tried again for as long as somebody waits.
    Raises `StartError` where there is neither a program nor an archive.
    """
    if not packed.archive_of(config.tools_dir / _NAME).exists():
        find_program(config, _NAME)

    def run() -> None:
        try:
            program = _unpack(config)
        except (OSError, EOFError, zlib.error) as error:
            sys.exit(_log_unpacking(error))
        if confine := _library_alone(config, program):
            confine()
        os.dup2(listener.fileno(), _FIRST_HANDED)
        os.set_inheritable(_FIRST_HANDED, True)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        handed = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}  # as systemd does
        command = _command(config, listener.getsockname()[1], program)
        os.execve(program, command, {**os.environ, **handed})  # noqa: S606 no shell is wanted

    return Child(
        "media",
        (),
        _environ(config, pair),
        config.logs_dir / "media.log",
        _KIND,
        descriptors=(listener.fileno(),),
        main=run,
        demand=listener,
    )


def _command(config: Config, port: int, program: str) -> list[str]:
    return [
        program, "serve", "s3", "--addr", f"{_LOOPBACK}:{port}", "--etag-hash", "none",
        # The signature covers a body's checksum already: a second one takes half of an upload's time, and one over what
        # is read takes eight times as long as the reading. The system reads ahead by itself.
        "--ignore-checksum", "--no-checksum", "--buffer-size", "0",
        "--vfs-cache-mode", "off", "--dir-cache-time", "1s", str(config.media_dir),
    ]  # fmt: skip


def _environ(config: Config, pair: Credentials) -> dict[str, str]:
    """Keys (which rclone reads as CSV) pass here, since everyone on the machine may read a command line."""
    return make_environ(config, {"RCLONE_AUTH_KEY": f'"{pair.key},{pair.secret}"', "RCLONE_CONFIG": os.devnull})


def _log_unpacking(error: Exception) -> int:
    """The exit status of an engine whose program could not be unpacked, with a line in its log."""
    print(f"{time.strftime('%Y/%m/%d %H:%M:%S')} The media engine (rclone) cannot be unpacked: {error}", flush=True)
    return 1


def _unpack(config: Config) -> str:
    """The path of rclone: a program among the tools, else what their archive holds, beside it or in the data folder."""
    archive = packed.archive_of(config.tools_dir / _NAME)
    if not archive.exists():
        return find_program(config, _NAME)
    return str(packed.unpack(archive.resolve(), (config.tools_dir.parent / "unpacked", config.data_dir / "unpacked")))


def _library_alone(config: Config, program: str) -> Callable[[], None] | None:
    """Keeps the media engine in the bucket's folder: rclone follows a link that lies there wherever it leads."""
    if not landlock.version():
        return None
    ruleset = landlock.make_ruleset(
        {
            str(config.media_dir): landlock.LIST,
            str(config.media_dir / STACK): landlock.WRITE,
            program: landlock.READ,
            os.devnull: landlock.DEVICE,
            **dict.fromkeys(_CONTENT_TYPES, landlock.READ),
        }
    )
    return lambda: landlock.enter(ruleset)
