"""The deployment that a process serves: its settings, clock and randomness, and what is made once for it.

A process serves one deployment: `entry` builds it at the start. Tests serve one after another (`tests/stack.py`).

@per_deployment
def client() -> Client:   # made at the first call; closed with the deployment when it has a method `close`
"""

import atexit
import logging
import threading
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cached_property, wraps
from random import Random, SystemRandom
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from dlambda.environment import read_environment, read_service_access
from dlambda.hosting import Hosting
from dlambda.service_access import ServiceAccess
from dlambda.settings import Settings

if TYPE_CHECKING:
    from botocore.session import Session

log = logging.getLogger(__name__)
T = TypeVar("T")
_TOKEN_BYTES: Final = 32
_MISSING: Final = object()


class Clock:
    """The machine's clock."""

    def time(self) -> float:
        """Unix seconds."""
        return time.time()

    def time_ns(self) -> int:
        """The same in nanoseconds."""
        return int(self.time() * 1e9)

    def now(self) -> datetime:
        """The same, with its zone (UTC)."""
        return datetime.fromtimestamp(self.time(), UTC)

    def monotonic(self) -> float:
        """Seconds of a clock that is never set: for measuring durations."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Lets this thread wait."""
        time.sleep(seconds)

    def together(self, calls: Sequence[Callable[[], T]]) -> list[T]:
        """Answers of `calls`, in their order; they run at the same time, in threads. Raises what one of them raises.

        For requests that wait for nothing but their answers.
        """
        if len(calls) < 2:
            return [call() for call in calls]
        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(lambda call: call(), calls))


class Deployment:
    """Settings, clock, randomness, and the values that are made once for them. Safe between threads."""

    def __init__(self, clock: Clock | None = None, random: Random | None = None) -> None:
        """`random` must be unpredictable: keys and ids are made of it."""
        self.clock = clock or Clock()
        self.random = random or SystemRandom()
        self._lock = threading.RLock()
        self._values: dict[Callable[[], Any], Any] = {}
        self._before_close: list[Callable[[], object]] = []

    @cached_property
    def settings(self) -> Settings:
        """The settings that the environment describes, read once.

        Raises `SettingsError` with a text for the operator.
        """
        return read_environment(self._fetch_secret)

    @cached_property
    def hosting(self) -> Hosting:
        """Properties of the host: one machine, or the cloud."""
        return Hosting.of(self.settings)

    @cached_property
    def service_access(self) -> Mapping[str, ServiceAccess]:
        """Credentials, region and certificates of single services, by botocore's names of them; read once."""
        return read_service_access()

    def _fetch_secret(self, name: str) -> str:
        from dlambda.secret_store import fetch_secret  # loads botocore, which one machine does without

        return fetch_secret(name, self.session())

    def new_uuid(self) -> uuid.UUID:
        """A random one."""
        return uuid.UUID(int=self.random.getrandbits(128), version=4)

    def new_token(self) -> str:
        """A secret that nobody guesses: 43 letters, digits, `-` and `_`."""
        return urlsafe_b64encode(self.random.randbytes(_TOKEN_BYTES)).rstrip(b"=").decode()

    def value(self, make: Callable[[], T]) -> T:
        """The value of `make()`, which is called once in this deployment."""
        value = self._values.get(make, _MISSING)  # most requests ask several times
        if value is not _MISSING:
            return cast("T", value)
        with self._lock:
            if make not in self._values:
                self._values[make] = make()
            return cast("T", self._values[make])

    def before_close(self, action: Callable[[], object]) -> None:
        """`close()` calls `action` first, while clients can still be used."""
        self._before_close.append(action)

    def session(self) -> "Session":
        """The one botocore session: each further one would read the services' models again, and keep 7 MB."""
        return self.value(_make_session)

    def client(self, service: str, **options: Any) -> Any:
        """A new client of one service. Region, endpoint and credentials come from the environment."""
        with self._lock:  # a session must not make two clients at once
            return self.session().create_client(service, **options)

    def close(self) -> None:
        """Stores what has been gathered, ends processes and closes clients. What is used after that is made anew."""
        while self._before_close:
            _attempt(self._before_close.pop())
        while self._values:
            _, value = self._values.popitem()
            if close := getattr(value, "close", None):
                _attempt(close)


def _attempt(action: Callable[[], object]) -> None:
    """Does one step of the end; the others follow, whatever becomes of it."""
    try:
        action()
    except Exception:  # last resort of a process that ends
        log.warning("A part of the deployment could not be closed", exc_info=True)


def _make_session() -> "Session":
    from dlambda.session import new_session  # loads botocore, which some processes do without

    return new_session(current().service_access)


def per_deployment(make: Callable[[], T]) -> Callable[[], T]:
    """Has a function called once in each deployment, and the deployment keep what it answered."""

    @wraps(make)
    def value() -> T:
        return current().value(make)

    return value


_current: Deployment | None = None
_starting = threading.Lock()


def current() -> Deployment:
    """The deployment of this process; the first call builds it."""
    return _current or _start()


def _start() -> Deployment:
    with _starting:
        if _current is not None:  # another thread was faster
            return _current
        deployment = Deployment()
        atexit.register(deployment.close)
        serve(deployment)
        return deployment


def serve(deployment: Deployment | None) -> Deployment | None:
    """From now on this process serves `deployment`; answers which one it served before."""
    global _current
    before, _current = _current, deployment
    return before
