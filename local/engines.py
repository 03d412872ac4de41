"""The engines of one machine: tables (dynoxide), queues (`queue_engine`); media (rclone) is in `media_engine`.

Tables and queues check no signature: they serve Unix sockets below DATA_DIR/run, which no other user, page or worker
process reaches (docs/decisions/engines.md). Media, which checks every signature, listens on a loopback port.
"""

import contextlib
import http.client
import importlib
import json
import os
import secrets
import shutil
import socket
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from dlambda import unix_socket
from dlambda.media.sandbox import landlock
from local.config import Config
from local.processes import Child
from local.start_error import StartError
from local.template import ROOT, Queue

_BACKLOG = 1024
_IMPORTS = os.pathsep.join([str(ROOT / "functions"), str(ROOT)])
_PROBE_SECONDS = 0.5
_NO_LANDLOCK = (
    "This kernel has no Landlock (Linux 5.13): links out of the library are refused by a check before writing only."
)


@dataclass(frozen=True, slots=True)
class Sockets:
    """Where this run's processes meet: a folder with a name that nobody can guess, new at each start."""

    folder: Path
    tables: socket.socket
    queues: socket.socket
    warm: socket.socket
    """Where processes ask for one of yt-dlp's warm processes, by datagrams."""

    @property
    def tables_path(self) -> str:
        return str(self.folder / "tables")

    @property
    def queues_path(self) -> str:
        return str(self.folder / "queues")

    @property
    def nudge_path(self) -> str:
        return str(self.folder / "nudge")

    @property
    def warm_path(self) -> str:
        return str(self.folder / "warm")

    @property
    def gaps(self) -> Path:
        """A line for each protection that this machine cannot give."""
        return self.folder / "gaps"

    def close(self) -> None:
        self.tables.close()
        self.queues.close()
        self.warm.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def make_sockets(config: Config) -> Sockets:
    """The folder and what listens in it; what an earlier run left is removed. They outlive an engine: while it is
    started again, its clients wait. Raises `StartError`.
    """
    try:
        for old in config.run_dir.iterdir():
            shutil.rmtree(old, ignore_errors=True)
        folder = config.run_dir / secrets.token_urlsafe(16)
        folder.mkdir(mode=0o700)
        tables, queues = (unix_socket.bind(str(folder / name)) for name in ("tables", "queues"))
        warm = unix_socket.bind(str(folder / "warm"), socket.SOCK_DGRAM)
    except OSError as error:
        raise StartError(f"No sockets can be made in {config.run_dir}: {error.strerror}.") from None
    for listener in (tables, queues):
        listener.listen(_BACKLOG)
    for bound in (tables, queues, warm):
        bound.setblocking(False)
    sockets = Sockets(folder, tables, queues, warm)
    gaps = [*config.gaps, *([] if landlock.version() else [_NO_LANDLOCK])]
    sockets.gaps.write_text("".join(f"{gap}\n" for gap in gaps))
    return sockets


class SocketConnection(http.client.HTTPConnection):
    """HTTP by a Unix socket."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = unix_socket.connect(self._path, self.timeout)


def serves(path: str) -> bool:
    """True if an engine answers at the Unix socket `path`."""
    connection = SocketConnection(path, _PROBE_SECONDS)
    with contextlib.closing(connection):
        try:
            connection.request("GET", "/")
            connection.getresponse()
        except (OSError, http.client.HTTPException):
            return False
    return True


def find_program(config: Config, name: str) -> str:
    """The path of a program among the tools. Raises `StartError` without it."""
    path = config.tools_dir / name
    if not path.exists():
        raise StartError(f"{name} is missing in {config.tools_dir}. `make run` installs it (README.md, Requirements).")
    return str(path)


def make_environ(config: Config, extra: Mapping[str, str]) -> dict[str, str]:
    """Engines see the machine, none of the service's secrets."""
    inherited = {name: os.environ[name] for name in ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR") if name in os.environ}
    return inherited | {"HOME": str(config.data_dir)} | dict(extra)


def _module(name: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", f"local.{name}", *arguments]


def tables(config: Config, sockets: Sockets) -> Child:
    program = config.settings.dynoxide or find_program(config, "dynoxide")
    if not (Path(program).is_file() and os.access(program, os.X_OK)):
        raise StartError(f"DLAMBDA_DYNOXIDE={program} is no program.")
    engine = [program, "--db-path", str(config.data_dir / "tables" / "tables.db")]
    listener = sockets.tables.fileno()
    allowed = ["--port-allowed"] if config.settings.allow_open else []
    return Child(
        "tables",
        _module("dynoxide", str(listener), *allowed, "--", *engine),
        # By the environment, since everyone on the machine may read a command line, and the folder's name is secret.
        make_environ(config, {"PYTHONPATH": _IMPORTS, "GAPS": str(sockets.gaps)}),
        config.logs_dir / "tables.log",
        "the table engine (dynoxide)",
        (listener,),
    )


def forked(engine: Child) -> Child:
    """An engine that is a module of ours, forked from this process in place of started: it shares the memory of Python
    and of what is loaded. For a process that has one thread.
    """
    _, _, name, *arguments = engine.command
    module = importlib.import_module(name)  # here, where it fills fresh pages: afterwards it would write to shared ones

    def run() -> None:
        sys.argv = [name, *arguments]
        sys.exit(module.main() or 0)

    return replace(engine, name=name.removeprefix("local."), main=run)


def queues(config: Config, sockets: Sockets, queue_list: Iterable[Queue]) -> Child:
    """The queue engine, which has `queue_list` from its first answer on, also after a restart: it keeps nothing."""
    listener = sockets.queues.fileno()
    return Child(
        "queues",
        _module("queue_engine", str(listener)),
        make_environ(
            config, {"PYTHONPATH": _IMPORTS, "QUEUES": json.dumps([queue.definition() for queue in queue_list])}
        ),
        config.logs_dir / "queues.log",
        "the queue engine",
        (listener,),
    )
