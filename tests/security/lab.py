"""The network of the attempts: namespaces, name server, decoys, the attacker's site, secrets, and running services."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

from tests.e2e.api import Api
from tests.e2e.credentials import PASSWORD, USER, basic
from tests.e2e.service import Service
from tests.security import namespaces
from tests.security.attacker import Attacker
from tests.security.decoys import METADATA, NEIGHBOUR, Decoys
from tests.security.films import Film, make_film
from tests.security.helpers_on_path import write_recording_programs
from tests.security.nameserver import ATTACKER, NameServer

ADMIN_KEY = "admin-key-of-the-security-tests"
SECRET_TEXT = "SECRET-TEXT-OF-ANOTHER-USER"
_LIMITS = {
    "YTP_ALLOW_INTERNAL_URLS": "false",
    "YTP_ADMIN_KEY": ADMIN_KEY,
    "YTP_MAX_WORKERS_PER_EXTRACTOR": "8",
    "YTP_EXTRACT_INFO_CONCURRENCY": "6",
    "YTP_EXTRACT_INFO_TIMEOUT": "40",
    "YTP_RETRIES": "0",
    "YTP_REQUEST_LIMIT": "1000",
    "YTP_TASK_MAX_WORKERS": "6",
}
OPEN = _LIMITS | {"YTP_CONSOLE_ENABLED": "true", "YTP_BROWSER_CONTROL_ENABLED": "true"}
GUARDED = _LIMITS | {
    "YTP_HOST": "0.0.0.0",
    "YTP_AUTH_USERNAME": USER,
    "YTP_AUTH_PASSWORD": PASSWORD,
    "YTP_REQUEST_LIMIT": "20",
}


class Unavailable(RuntimeError):
    """This machine lets us make no namespaces."""


class Lab:
    """Everything below `folder`. Use as a context manager; `inside()` wherever something connects or is started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._stack = ExitStack()
        self._services: dict[str, Service] = {}
        self._looked_at: dict[tuple[str, int, int], bool] = {}

    def __enter__(self) -> Self:
        try:
            self._enter()
        except BaseException:
            self._stack.close()
            raise
        return self

    def _enter(self) -> None:
        self._start_keeper()
        self._network = os.open(f"/proc/{self._first}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        self._stack.callback(os.close, self._network)
        with self.inside():
            self._open_network()
        self.secret: Film = make_film(self.folder / "somebody-else", "secret", "160x120", 1)
        self.library: Film = make_film(self.folder / "films", "library", "192x108", 2)
        self.public: Film = make_film(self.folder / "films", "public", "256x144", 3)
        self.secret_text = self.folder / "somebody-else" / "secret.txt"
        self.secret_text.write_text(SECRET_TEXT)
        self.programs, self.called = write_recording_programs(self.folder / "programs")

    @property
    def first_process(self) -> int:
        """The first process of the PID namespace, as seen from outside; all others end with it."""
        return self._first

    def _start_keeper(self) -> None:
        command = [sys.executable, "-m", "tests.security.keeper", str(self.folder), ATTACKER, NEIGHBOUR, METADATA]
        keeper = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self._stack.callback(keeper.wait)
        assert keeper.stdin
        assert keeper.stdout
        assert keeper.stderr
        self._stack.callback(keeper.stdin.close)
        line = keeper.stdout.readline()
        if not line:
            raise Unavailable(keeper.stderr.read().strip().splitlines()[-1])
        self._first = int(line)

    def _open_network(self) -> None:
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        datagrams.bind(("127.0.0.1", 53))
        self.names = NameServer(datagrams)
        self._stack.callback(self.names.close)
        self.decoys = Decoys()
        self._stack.callback(self.decoys.close)
        self.attacker = Attacker()
        self._stack.callback(self.attacker.close)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """This thread's sockets and programs are in the network of the attempts."""
        with namespaces.inside_network(self._network):
            yield

    def service(self, name: str, settings: Mapping[str, str]) -> Service:
        """The running service of this name; started at its first use."""
        if name not in self._services:
            command = [sys.executable, "-m", "tests.security.enter", str(self._first), sys.executable, "-m", "local"]
            path = f"{self.programs}:{os.environ['PATH']}"
            service = Service(self.folder / name, {"PATH": path, **settings}, command)
            self._stack.enter_context(service)
            self._services[name] = service
        return self._services[name]

    def open_service(self) -> Service:
        """Without a password; console and file actions on."""
        return self.service("open", OPEN)

    def guarded_service(self) -> Service:
        """With a password, on all addresses."""
        return self.service("guarded", GUARDED)

    def delivered_secrets(self) -> list[Path]:
        """Files of any service that hold the secret film, the secret text, or a second copy of the library's film."""
        return [path for service in self._services.values() for path in self._secrets_in(service.folder)]

    def _secrets_in(self, data: Path) -> list[Path]:
        return [path for path in files_below(data / "media") if self._is_secret(path)]

    def _is_secret(self, path: Path) -> bool:
        """Whether it holds what nobody may get. A file is read once, as long as its size and time stay."""
        try:
            state = path.stat()
            known = (str(path), state.st_size, state.st_mtime_ns)
            if known not in self._looked_at:
                self._looked_at[known] = self._holds_secret(path.name, path.read_bytes())
        except FileNotFoundError:
            return False
        return self._looked_at[known]

    def _holds_secret(self, name: str, content: bytes) -> bool:
        copied = self.library.is_in(content) and name != "library.mp4"
        return self.secret.is_in(content) or copied or SECRET_TEXT.encode() in content

    def put_library_film(self, service: Service) -> None:
        """The film of the library as another user has it in there."""
        files = service.folder / "media" / "dlambda" / "files"
        files.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.library.mp4, files / "library.mp4")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._stack.close()


def files_below(folder: Path) -> Iterator[Path]:
    """Every file below `folder`; folders may come and go meanwhile, links are not followed."""
    for place, _, file_names in os.walk(folder):
        yield from (Path(place) / name for name in file_names if not (Path(place) / name).is_symlink())


def guarded_api(service: Service) -> Api:
    """A client with the password."""
    return Api(service.base, {"Authorization": basic()})
