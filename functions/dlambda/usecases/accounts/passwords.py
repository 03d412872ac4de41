"""Hashes and checks passwords with Argon2id. What was right a moment ago is not computed again (accounts.md 3)."""

import hashlib
import hmac
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Final

from dlambda.deployment import current, per_deployment
from dlambda.errors import TooMany

if TYPE_CHECKING:
    from argon2 import PasswordHasher

# Guesses must not take the memory of everything else.
_turns: Final = threading.BoundedSemaphore(2)
_WAIT_SECONDS: Final = 2.0
_REMEMBERED_SECONDS: Final = 300.0
_MOST_REMEMBERED: Final = 1000
_KEY_BYTES: Final = 32


@cache
def _hasher() -> "PasswordHasher":
    """Memory in KiB; OWASP's second choice."""
    from argon2 import PasswordHasher  # callers with a session or a key need none

    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hash_password(password: str) -> str:
    """Returns the hash that is stored of a password."""
    with _turn():
        return _hasher().hash(password)


@contextmanager
def _turn() -> Iterator[None]:
    """Lets a few compute at a time. Raises `TooMany` after a wait: guesses must not hold the threads of others."""
    if not _turns.acquire(timeout=_WAIT_SECONDS):
        raise TooMany("Too many passwords are being checked. Try again in a moment.", headers={"Retry-After": "1"})
    try:
        yield
    finally:
        _turns.release()


def is_right(password_hash: str, password: str) -> bool:
    """True if `password_hash` was made of `password`. Without a hash it takes as long, and is False."""
    from argon2.exceptions import InvalidHashError, VerificationError

    memory = _memory()
    if password_hash and memory.knows(password_hash, password):
        return True
    try:
        with _turn():
            _hasher().verify(password_hash or _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    if not password_hash:
        return False
    memory.keep(password_hash, password)
    return True


@per_deployment
def _nobodys_hash() -> str:
    """The hash that the password of an unknown name is compared with, so that time does not tell which names exist."""
    return hash_password(current().new_token())


class _Memory:
    """Passwords that were right: each request of a Basic client carries one. Keyed hashes of them, in this process."""

    def __init__(self) -> None:
        self._key = current().random.randbytes(_KEY_BYTES)
        self._ends: dict[bytes, float] = {}

    def knows(self, password_hash: str, password: str) -> bool:
        return current().clock.monotonic() < self._ends.get(self._entry(password_hash, password), 0.0)

    def keep(self, password_hash: str, password: str) -> None:
        if len(self._ends) >= _MOST_REMEMBERED:
            self._ends.clear()
        self._ends[self._entry(password_hash, password)] = current().clock.monotonic() + _REMEMBERED_SECONDS

    def _entry(self, password_hash: str, password: str) -> bytes:
        return hmac.digest(self._key, f"{password_hash}\0{password}".encode(), hashlib.sha256)


@per_deployment
def _memory() -> _Memory:
    return _Memory()
