"""Sessions: what the cookie of a browser stands for (docs/contract/accounts.md 4). Only a hash of it is stored."""

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

_TOKEN: Final = re.compile(r"(\d{1,16})\.(\d{1,16})\.([A-Za-z0-9_-]{20,100})")
_AGENT_LENGTH: Final = 300
SESSION_ID_BITS: Final = 52  # JavaScript reads ids as numbers


class Token(NamedTuple):
    """The parts of a cookie's value: where the session lies, and what proves that it is one's own."""

    account_id: str
    session_id: str
    secret: str = ""

    @property
    def text(self) -> str:
        return f"{self.account_id}.{self.session_id}.{self.secret}"


def read_token(text: str) -> Token | None:
    """Reads the value of a cookie; None for what is none of ours."""
    match = _TOKEN.fullmatch(text)
    return Token(*match.groups()) if match else None


def hash_of(secret: str) -> str:
    """Returns what is stored of a random secret. It has 256 bits, so that a plain hash cannot be guessed backwards."""
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Session:
    """A session. Unix seconds. `stamp`: of the account, when it began."""

    account_id: str
    id: str
    secret_hash: str = field(repr=False)
    stamp: str = field(repr=False)
    created_at: float
    expires_at: float
    user_agent: str = ""
    address: str = ""

    def belongs_to(self, secret: str, stamp: str, now: float) -> bool:
        """True if `secret` is the cookie's, the account's password is the same as then, and time is left."""
        return (
            now < self.expires_at
            and hmac.compare_digest(self.secret_hash, hash_of(secret))
            and hmac.compare_digest(self.stamp, stamp)
        )

    def view(self, *, current: bool) -> dict[str, Any]:
        return {
            "id": int(self.id),
            "created_at": as_text(self.created_at),
            "expires_at": as_text(self.expires_at),
            "user_agent": self.user_agent,
            "ip": self.address,
            "current": current,
        }


def shortened(user_agent: str) -> str:
    """Returns what is kept of a `User-Agent` header."""
    return "".join(letter for letter in user_agent if letter.isprintable())[:_AGENT_LENGTH]


def as_text(seconds: float) -> str:
    """Returns a time (unix seconds) as the newest API writes it: `2026-01-31 00:00:00`, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
