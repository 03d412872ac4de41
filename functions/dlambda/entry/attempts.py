"""Wrong passwords and keys: each leaves a warning, and too many are answered 429 (docs/decisions/wrong-credentials.md).

The comparison comes first, so the right ones pass whatever else arrives from the same address. Counted in this process.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

from dlambda.deployment import per_deployment
from dlambda.domain.secrets.attempts import Attempts
from dlambda.domain.web.clients import counted_as
from dlambda.errors import TooMany, WrongCredentials

PASSWORD: Final = "password"  # noqa: S105 names an account, is none of its passwords
API_KEY: Final = "API key"
_log = logging.getLogger(__name__)
_lock = threading.Lock()


@contextmanager
def count_failures(account: str, client: str) -> Iterator[None]:
    """Counts `WrongCredentials` of `client`, an address, for `account`. Raises `TooMany` beyond what both may fail."""
    try:
        yield
    except WrongCredentials as error:
        _count(account, client, error)


def _count(account: str, client: str, error: WrongCredentials) -> NoReturn:
    _log.warning("Wrong %s from %s", account, client, extra={"client": client})
    with _lock:
        wait = _attempts().fail(counted_as(client), account, time.monotonic())
    if not wait:
        raise error
    raise TooMany(f"Too many wrong credentials. Try again in {wait} s.", headers={"Retry-After": str(wait)}) from None


@per_deployment
def _attempts() -> Attempts:
    return Attempts()
