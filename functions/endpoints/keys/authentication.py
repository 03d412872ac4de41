"""Authentication of the key API: the key of a request, and who may use which route.

@routes.get("/get_keys")
@needs(Permission.GET_KEYS)      # or @any_key(), @without_key
def get_keys() -> Answer: ...
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import current_app, g, request

from dlambda.domain.accounts.permission import Permission as RoutePermission
from dlambda.domain.accounts.principal import OPERATOR
from dlambda.domain.orders.key import Key, Permission
from dlambda.entry.attempts import API_KEY, count_failures
from dlambda.entry.principals import set_principal
from dlambda.errors import AppError, Invalid
from dlambda.usecases.orders.keys import recognise

_HEADER = "X-API-Key"
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Access:
    """The access rule of a route."""

    with_key: bool = True
    permission: Permission | None = None
    remembered: bool = False
    """A key that was seen a second ago is not looked up again."""


def needs(permission: Permission) -> Callable[[View], View]:
    """The route is for keys that hold `permission`."""
    return _declare(Access(permission=permission))


def any_key(*, remembered: bool = False) -> Callable[[View], View]:
    """The route is for every key. `remembered`: see `Access`."""
    return _declare(Access(remembered=remembered))


def without_key(view: View) -> View:
    """The route is for everyone."""
    return _declare(Access(with_key=False))(view)


def _declare(access: Access) -> Callable[[View], View]:
    def declare(view: View) -> View:
        view.access = access  # type: ignore[attr-defined]  # the framework's wrapper takes it along
        view.permission = access.permission or (  # type: ignore[attr-defined]
            RoutePermission.ANY_KEY if access.with_key else RoutePermission.PUBLIC
        )
        return view

    return declare


def access_of(view: Callable[..., Any]) -> Access:
    """Returns a route's access rule. Raises `LookupError` when it declares none: then it must not answer anybody."""
    access: Access | None = getattr(view, "access", None)
    if access is None:
        raise LookupError(f"{view.__name__} does not say who may use it")
    return access


class UnsupportedType(AppError):
    """A body that is no JSON and does not claim to be."""

    status = 415
    code = "UNSUPPORTED_MEDIA_TYPE"


def check_key() -> None:
    """Before anything else of the request is read. Raises `Unauthorized`, `Forbidden` or `TooMany`."""
    access = access_of(current_app.view_functions[request.endpoint or ""])
    if not access.with_key:
        return
    with count_failures(API_KEY, g.incoming.client):
        g.key = recognise(request.headers.get(_HEADER), remembered=access.remembered)
    if access.permission is not None:
        g.key.check(access.permission)
    set_principal(OPERATOR)


def current_key() -> Key:
    key: Key = g.key
    return key


def read_object(body: Any) -> Mapping[str, Any]:
    """A body that must be an object; none counts as an empty one. Raises `Invalid`."""
    if body is None:
        return {}
    if not isinstance(body, Mapping):
        raise Invalid("The body must be a JSON object.")
    return body


def check_type() -> None:
    """Raises `UnsupportedType` for a body of another type, unless it is JSON nevertheless (as `curl -d` sends it)."""
    kind = request.mimetype
    if not request.content_length or kind.endswith("json") or kind == "":
        return
    if request.get_data(cache=True).lstrip()[:1] not in (b"{", b"["):
        raise UnsupportedType("Unsupported Media Type")
