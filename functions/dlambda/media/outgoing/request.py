"""Values of an HTTP request: what is asked, what comes back, and why nothing does.

Apart from what sends it (`fetch`), which loads urllib3.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from dlambda.errors import OperationFailed

DEFAULT_TIMEOUT_SECONDS: Final = 120.0
DEFAULT_LIMIT_BYTES: Final = 16 * 1024 * 1024


class FetchFailed(OperationFailed):
    """`message` is the cause, in words; `upstream_status` the status that was not wanted, if that is it."""

    def __init__(self, message: str, upstream_status: int | None = None) -> None:
        super().__init__(message)
        self.upstream_status = upstream_status


@dataclass(frozen=True)
class Request:
    """A request. `timeout_seconds` covers everything from look-up to the last byte and all redirects.

    `proxy` is one of the forms that yt-dlp takes: http, https, socks4, socks4a, socks5, socks5h; http without a scheme.
    """

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    limit_bytes: int = DEFAULT_LIMIT_BYTES
    proxy: str | None = None
    follow: bool = True
    browser: str | None = None  # whose handshake it is made with; by `dlambda.media.workers.browser_fetch` alone
    sends_browser_headers: bool = True


@dataclass(frozen=True)
class Answer:
    """An answer. `url` is the address after redirects; header names are lower case."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        return self.status < 400

    @property
    def content_type(self) -> str:
        """Without parameters, lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def expect_ok(self) -> "Answer":
        """Itself. Raises `FetchFailed` for a status of 400 and above."""
        if not self.ok:
            raise FetchFailed(f"HTTP status {self.status}", self.status)
        return self
