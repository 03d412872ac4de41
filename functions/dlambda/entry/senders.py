"""The sender of a request: its client's address, and the page that it was sent for (docs/contract/system.md 3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_network

from werkzeug.http import parse_cookie

from dlambda.deployment import current
from dlambda.domain.web.clients import Network, client_address, is_within
from dlambda.domain.web.cross_origin import Admission, Request, admission, is_open_route
from dlambda.domain.web.origins import normal_origin, sender_of
from dlambda.entry.exposure import is_open_to_pages
from dlambda.errors import Forbidden
from dlambda.user_settings import list_words

NAMES = (
    "host",
    "origin",
    "referer",
    "sec-fetch-site",
    "sec-fetch-mode",
    "sec-fetch-dest",
    "access-control-request-method",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "authorization",
    "cookie",
    "user-agent",
)
"""The headers that are looked at, beside those that settings name."""
_METHODS = "GET, PATCH, PUT, POST, DELETE"
_HEADERS = "Content-Type, Authorization, If-Match, X-API-Key"
_REFUSED_TEXT = "Pages of other origins may not ask this. Add their origin to YTP_CORS_ORIGINS if they may."
_READING = frozenset({"GET", "HEAD"})
_DOCUMENTS = frozenset({"", "document"})


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request as any entry sees it. `path` lies below the base path; `headers` have lower-case names, as in `NAMES`.

    Several headers of one name are joined by commas. `peer` is the address that the connection comes from.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    peer: str

    @property
    def client(self) -> str:
        """The address of whom the request comes from, behind trusted proxies."""
        return client_address(self.peer, self.headers.get("x-forwarded-for", ""), _proxies())

    @property
    def is_https(self) -> bool:
        """True if a trusted proxy says that the client spoke HTTPS with it."""
        scheme = self.headers.get("x-forwarded-proto", "").rpartition(",")[2].strip().lower()
        return scheme == "https" and is_trusted_proxy(self.peer)

    @property
    def is_of_script(self) -> bool:
        """True if a page's script asks: an answer that asks for a password would make the browser ask for it."""
        return self.headers.get("sec-fetch-dest", "").strip().lower() == "empty"

    def cookie(self, name: str) -> str:
        """The value of a cookie; empty without it."""
        return parse_cookie(self.headers.get("cookie", "")).get(name, "")

    @property
    def host(self) -> str:
        """`Host`, or what the nearest trusted proxy was asked for."""
        forwarded = self.headers.get("x-forwarded-host", "")
        if forwarded and is_trusted_proxy(self.peer):
            return forwarded.rpartition(",")[2].strip()
        return self.headers.get("host", "")


def header_names() -> tuple[str, ...]:
    """The headers of a request that an `Incoming` has."""
    settings = current().settings
    proxy_headers = (settings.auth_proxy_header, settings.auth_proxy_groups_header)
    return (*NAMES, *(name.lower() for name in proxy_headers if name))


def is_trusted_proxy(peer: str) -> bool:
    """True if a connection from this address carries the requests of others, who are named in its headers."""
    return is_within(peer, _proxies())


def check_sender(incoming: Incoming) -> Admission:
    """How far the request may go. Raises `Forbidden` for what pages of other origins may not do."""
    settings = current().settings
    sender = sender_of(incoming.headers, incoming.host, _origins(settings.cors_origins))
    request = _effective_request(incoming)
    admitted = admission(sender, request, open_to_pages=is_open_route(request) and is_open_to_pages())
    if admitted is None:
        raise Forbidden(_REFUSED_TEXT, headers={"Vary": "Origin"})
    return admitted


def cors_headers(incoming: Incoming, admitted: Admission | None) -> dict[str, str]:
    """Headers that let another origin's page read the answer; None: it was refused. `*` never lets credentials in."""
    headers = {
        "Vary": "Origin",
        "Access-Control-Allow-Methods": _METHODS,
        "Access-Control-Allow-Headers": _HEADERS,
    }
    if admitted is Admission.CONFIGURED and "origin" in incoming.headers:
        headers["Access-Control-Allow-Origin"] = incoming.headers["origin"]
        headers["Access-Control-Allow-Credentials"] = "true"
    elif admitted in (Admission.PAGE, Admission.EXTENSION):
        headers["Access-Control-Allow-Origin"] = "*"
        headers["Access-Control-Allow-Methods"] = _effective_request(incoming).method
    return headers


def _effective_request(incoming: Incoming) -> Request:
    """A preflight stands for the request that it asks for."""
    method, headers = incoming.method, incoming.headers
    if method == "OPTIONS":
        method = headers.get("access-control-request-method", method).strip()
    return Request(method, incoming.path, incoming.query, is_link=_is_link(incoming))


def _is_link(incoming: Incoming) -> bool:
    """True if a person follows a link or a bookmark, in a window of its own; not a form with a body, nor a frame."""
    headers = incoming.headers
    return (
        incoming.method in _READING
        and "origin" not in headers
        and headers.get("sec-fetch-mode", "").lower() == "navigate"
        and headers.get("sec-fetch-dest", "").lower() in _DOCUMENTS
    )


@lru_cache(maxsize=8)
def _read_networks(text: str) -> tuple[Network, ...]:
    return tuple(ip_network(word, strict=False) for word in list_words(text))


def _proxies() -> tuple[Network, ...]:
    return _read_networks(current().settings.trusted_proxies)


@lru_cache(maxsize=8)
def _origins(text: str) -> frozenset[str]:
    return frozenset(normal_origin(word) for word in list_words(text))
