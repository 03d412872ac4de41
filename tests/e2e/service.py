"""The whole service as a user starts it: `python -m local`, one data folder, one port."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from http.client import HTTPException
from pathlib import Path
from typing import IO, Self, TypeVar

from local.config import Endpoints, child_environ, read_config
from tests.e2e import processes
from tests.e2e.api import Api
from tests.e2e.processes import MARK, Process
from tests.free_port import free_port
from tests.listening import ports_of

ROOT = Path(__file__).parents[2]
START_SECONDS = 180
STOP_SECONDS = 20
_WELCOME_SECONDS = 60  # it answers a moment before it says so
_INHERITED = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV", "SSL_CERT_FILE", "XDG_CACHE_HOME", "DLAMBDA_TOOLS_DIR")
T = TypeVar("T")


class Service:
    """A service in `folder`. `settings` are environment variables over the defaults for tests."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None, command: list[str] | None = None):
        self.folder = folder
        self.port = free_port()
        self.mark = uuid.uuid4().hex
        self.log_file = folder.parent / f"{folder.name}.log"
        self.command = command or [sys.executable, "-m", "local"]
        self._settings = dict(settings or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None
        self._lock = threading.RLock()  # one thread kills and starts, another one may look whether it has ended

    @property
    def base(self) -> str:
        """The service's URL without a final slash."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def api(self) -> Api:
        """A client without credentials."""
        return Api(self.base)

    @property
    def supervisor(self) -> int:
        """The process id of what the user started."""
        assert self._process
        return self._process.pid

    def environment(self) -> dict[str, str]:
        """What the started process sees: nothing of the developer's own settings."""
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        return (
            inherited
            | {
                "PYTHONPATH": f"{ROOT / 'functions'}:{ROOT}",
                "DATA_DIR": str(self.folder),
                "PORT": str(self.port),
                "YTP_ALLOW_INTERNAL_URLS": "true",
                "YTP_CHECK_FOR_UPDATES": "false",
                MARK: self.mark,
            }
            | self._settings
        )

    def environment_of_functions(self) -> dict[str, str]:
        """What its functions run with, endpoints and credentials included; whom they tell of events is not there."""
        config = read_config(self.environment(), ROOT)
        (sockets,) = config.run_dir.iterdir()
        endpoints = Endpoints(
            tables_socket=str(sockets / "tables"),
            queues_socket=str(sockets / "queues"),
            media="http://media.invalid",
            sockets="",
            nudge_socket=str(sockets / "nudge"),
            gaps=str(sockets / "gaps"),
        )
        return self.environment() | child_environ(config, endpoints, self.port)

    def wake_media_engine(self) -> None:
        """Asks it something, as a foreign client would: it is started then."""
        for port in ports_of([self.supervisor]) - {self.port}:
            with contextlib.suppress(OSError):
                Api(f"http://127.0.0.1:{port}").get("/dlambda")

    def launch(self) -> None:
        """Starts the process and returns at once."""
        self._log = self.log_file.open("ab")
        self._process = subprocess.Popen(
            self.command, cwd=ROOT, env=self.environment(), stdin=subprocess.DEVNULL, stdout=self._log,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def start(self) -> Self:
        """Starts and waits until it answers and has told its user so."""
        self.launch()
        self.wait_ready()
        end = time.monotonic() + _WELCOME_SECONDS
        while "Ctrl-C" not in self.log_file.read_text(errors="replace") and time.monotonic() < end:
            time.sleep(0.02)
        return self

    def wait_ready(self, seconds: float = START_SECONDS) -> None:
        """Waits for /api/ping; 401 counts, since a password may be set."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self._process and self._process.poll() is not None:
                raise AssertionError(f"the service ended with {self._process.returncode}:\n{self.log_tail()}")
            with contextlib.suppress(OSError):
                if self.api.get("/api/ping", timeout=30).status in (200, 401):
                    return
            time.sleep(0.02)
        raise AssertionError(f"no answer after {seconds} s:\n{self.log_tail()}")

    def processes(self) -> list[Process]:
        """All of its processes, engines and children included."""
        return processes.processes_of(self.mark, self.folder)

    def stop(self) -> None:
        """Ctrl-C. Fails when it does not end, or leaves a process behind; kills those first."""
        if not self._process:
            return
        process, self._process = self._process, None
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_SECONDS)
            ended = True
        except subprocess.TimeoutExpired:
            ended = False
        left = processes.wait_gone(self.mark, self.folder, 2)
        processes.kill_all(left)
        process.wait()
        if self._log:
            self._log.close()
        assert ended, f"Ctrl-C did not stop it within {STOP_SECONDS} s:\n{self.log_tail()}"
        assert not left, f"left behind: {left}"

    def kill(self) -> None:
        """SIGKILL to every process, as when the power goes."""
        with self._lock:
            process, self._process = self._process, None
        left = self.processes()
        while left:
            processes.kill_all(left)
            time.sleep(0.05)
            left = self.processes()
        if process:
            process.wait()
        if self._log:
            self._log.close()

    def relaunch(self) -> None:
        """Starts again after the supervisor alone was killed; what it left behind is its own business."""
        assert self._process
        self._process.wait()
        if self._log:
            self._log.close()
        self.launch()

    def restart_if_ended(self) -> bool:
        """Starts again when the supervisor has ended by itself, as a service manager would."""
        with self._lock:
            if self._process and self._process.poll() is not None:
                self.relaunch()
                return True
            return False

    def log_tail(self, lines: int = 6) -> str:
        """The last lines that it printed, and its last complaints."""
        printed = "\n".join(_lines(self.log_file)[-lines:])
        complaints = [line for file in (self.folder / "logs").glob("*.jsonl") for line in _complaints(file)]
        return "\n".join(
            [f"--- {self.log_file.name}", printed, "--- complaints", *list(dict.fromkeys(complaints))[-lines:]]
        )

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.kill()
            raise

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.stop()
        else:
            self.kill()


def patiently(ask: Callable[[], T], *services: Service, seconds: float = 90) -> T:
    """The answer of `ask`, asked again while services are down; those that ended are started again."""
    end = time.monotonic() + seconds
    while True:
        try:
            return ask()
        except (OSError, HTTPException, ValueError, KeyError) as error:
            if time.monotonic() > end:
                tails = "\n".join(service.log_tail() for service in services)
                raise AssertionError(f"no answer for {seconds} s ({error!r}):\n{tails}") from error
            for service in services:
                service.restart_if_ended()
            time.sleep(0.1)


def _lines(file: Path) -> list[str]:
    return file.read_text(errors="replace").splitlines() if file.exists() else []


def _complaints(file: Path) -> list[str]:
    """Warnings and errors, each with the last line of its traceback."""
    records = [json.loads(line) for line in _lines(file) if '"level"' in line]
    return [
        " | ".join([record["message"][:200], *record.get("exception", "").splitlines()[-3:]])
        for record in records
        if record["level"] in ("WARNING", "ERROR", "CRITICAL")
    ]
