"""Authentication of the key API: the key of a request, and its permissions."""

from collections.abc import Mapping
from typing import Any

from flask import g, request

from dlambda.domain.orders.key import Key, Permission
from dlambda.entry.attempts import API_KEY, count_failures
from dlambda.errors import AppError, Invalid
from dlambda.usecases.orders.keys import recognise

_HEADER = "X-API-Key"
# Routes that are no permission of that name.
_OPEN = frozenset({"file"})
_ANY_KEY = frozenset({"status", "check_permissions"})


class UnsupportedType(AppError):
    """A body that is no JSON and does not claim to be."""

    status = 415
    code = "UNSUPPORTED_MEDIA_TYPE"


def check_key() -> None:
    """Before anything else of the request is read. Raises `Unauthorized`, `Forbidden` or `TooMany`."""
    name = (request.endpoint or "").rpartition(".")[2]
    if name in _OPEN:
        return
    with count_failures(API_KEY, g.incoming.client):
        g.key = recognise(request.headers.get(_HEADER), remembered=name == "status")
    if name not in _ANY_KEY:
        g.key.check(Permission(name.removesuffix("_by_delete")))


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
