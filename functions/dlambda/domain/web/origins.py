"""Senders of requests, as far as a browser tells: own pages, pages of configured or other origins, extensions.

`Origin` comes with every request that may change something, with CORS and with WebSockets. `Sec-Fetch-Site` comes with
all requests to https and to the loopback. A page can set or remove neither. Programs send neither.
"""

from collections.abc import Collection, Mapping
from enum import Enum
from typing import Final
from urllib.parse import urlsplit

from dlambda.domain.web.hosts import read_authority

_DEFAULT_PORTS: Final[Mapping[str, int]] = {"http": 80, "https": 443}
_EXTENSION_SCHEMES: Final = ("chrome-extension", "moz-extension", "safari-web-extension")
_OWN_SITES: Final = frozenset({"", "none", "same-origin"})
_SAME_ORIGIN: Final = "same-origin"


class Sender(Enum):
    """`OWN` also stands for programs, and for addresses that a person typed."""

    OWN = "own"
    CONFIGURED = "configured"
    EXTENSION = "extension"
    FOREIGN = "foreign"


def sender_of(headers: Mapping[str, str], host: str, configured: Collection[str]) -> Sender:
    """The sender of a request to `host` (`name[:port]`). `headers`: lower-case names; `configured`: normal origins.

    `Sec-Fetch-Site: same-origin` is what the browser itself says: it holds behind a proxy that changes `Host`.
    """
    site = headers.get("sec-fetch-site", "").strip().lower()
    if site == _SAME_ORIGIN:
        return Sender.OWN
    if "origin" in headers:
        return _sender(headers["origin"], host, configured)
    if site in _OWN_SITES:
        return Sender.OWN
    # Pictures and films of a page come without `Origin`; a page can't name another origin in `Referer` than its own.
    return Sender.CONFIGURED if normal_origin(headers.get("referer", "")) in configured else Sender.FOREIGN


def _sender(origin: str, host: str, configured: Collection[str]) -> Sender:
    normal = _exact_origin(origin)
    if normal in configured:
        return Sender.CONFIGURED
    scheme, _, authority = normal.partition("://")
    if scheme in _EXTENSION_SCHEMES:
        return Sender.EXTENSION
    is_own = scheme in _DEFAULT_PORTS and authority == _own_authority(host, scheme)
    return Sender.OWN if is_own else Sender.FOREIGN


def _exact_origin(text: str) -> str:
    """The normal form of an `Origin` header; empty for what is not just an origin (`null`, several, with a path)."""
    normal = normal_origin(text)
    return normal if normal and "/" not in text.partition("://")[2] else ""


def normal_origin(url: str) -> str:
    """`scheme://host[:port]` of an address, in lower case and without the scheme's own port; empty if it has none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    own = _own_authority(parts.netloc, parts.scheme)
    return f"{parts.scheme}://{own}" if parts.scheme and own else ""


def _own_authority(text: str, scheme: str) -> str:
    """`host[:port]`, normal for pages of `scheme`: a proxy that ends TLS hides which of the two the client used."""
    authority = read_authority(text)
    if authority is None:
        return ""
    host = f"[{authority.host}]" if ":" in authority.host else authority.host
    port = authority.port
    return host if port is None or port == _DEFAULT_PORTS.get(scheme) else f"{host}:{port}"
