"""Rules for requests from pages of other origins (docs/decisions/cross-origin.md)."""

from dataclasses import dataclass
from enum import Enum
from typing import Final
from urllib.parse import parse_qsl

from dlambda.domain.web.origins import Sender

# For bookmarklets and extensions: they add, and offer the names of presets.
_OPEN_ROUTES: Final = frozenset({("POST", "/api/history"), ("GET", "/api/history/add")})
_PRESETS: Final = ("GET", "/api/presets")
_NAMES_ONLY: Final = [("filter", "name")]
# The extension asks whether it reaches the service.
_EXTENSION_ROUTES: Final = frozenset({("GET", "/api/ping")})
# What a link on another page may lead to: files and documents. A sign-in provider leads back.
_LINKED: Final = ("/api/docs/", "/api/download/", "/api/file/download/", "/api/player/", "/api/auth/oidc/")
_API: Final = "/api/"


class Admission(Enum):
    """How far a request may go; what is refused has none."""

    OWN = "own"
    """Everything."""
    CONFIGURED = "configured"
    """Everything, and the page may read the answer, with the user's credentials."""
    LINK = "link"
    """A person follows a link: the page that it stood on reads nothing."""
    EXTENSION = "extension"
    """An open route, asked by an extension, which is software that the user installed."""
    PAGE = "page"
    """An open route, asked by any page: credentials that the browser adds by itself prove nothing."""


@dataclass(frozen=True, slots=True)
class Request:
    """`method` is the one that a preflight asks for; `path` lies below the base path."""

    method: str
    path: str
    query: str
    is_link: bool = False


def admission(sender: Sender, request: Request, *, open_to_pages: bool) -> Admission | None:
    """How far `sender` may go with `request`; None: not at all. `open_to_pages` opens the open routes to every page."""
    if sender is Sender.OWN:
        return Admission.OWN
    if sender is Sender.CONFIGURED:
        return Admission.CONFIGURED
    if sender is Sender.EXTENSION and (is_open_route(request) or _route(request) in _EXTENSION_ROUTES):
        return Admission.EXTENSION
    if open_to_pages and is_open_route(request):
        return Admission.PAGE
    return Admission.LINK if request.is_link and _may_be_linked(request.path) else None


def _route(request: Request) -> tuple[str, str]:
    return request.method, request.path.rstrip("/")


def is_open_route(request: Request) -> bool:
    """True for what pages of other origins may ask, where the deployment is open to them."""
    return _route(request) in _OPEN_ROUTES or (_route(request) == _PRESETS and asks_for_names(request.query))


def asks_for_names(query: str) -> bool:
    """True if a query asks presets for their names and for nothing else."""
    pairs = parse_qsl(query, keep_blank_values=True)
    return [pair for pair in pairs if pair[0] != "apikey"] == _NAMES_ONLY


def _may_be_linked(path: str) -> bool:
    return not f"{path}/".startswith(_API) or f"{path}/".startswith(_LINKED)
