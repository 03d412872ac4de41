"""Senders of requests, for the rules that functions have too; apart from `asgi`, which the queue engine loads."""

from collections.abc import Mapping

from dlambda.entry.senders import NAMES, Incoming
from local.gateway.asgi import Scope
from local.gateway.shares import client_of

_NAMES = {name.encode(): name for name in NAMES}
_FORWARDED = {b"x-forwarded-for": "x-forwarded-for"}


def incoming(scope: Scope, path: str) -> Incoming:
    """The sender, for the rules that functions have too; `path` lies below the base path."""
    query = scope["query_string"].decode("latin-1")
    return Incoming(scope["method"], path, query, headers_of(scope, _NAMES), peer_of(scope))


def headers_of(scope: Scope, names: Mapping[bytes, str]) -> dict[str, str]:
    """The request's headers among `names`, several of one name joined by commas."""
    headers: dict[str, str] = {}
    for key, value in scope["headers"]:
        if name := names.get(key):
            text = bytes(value).decode("latin-1")
            headers[name] = f"{headers[name]},{text}" if name in headers else text
    return headers


def peer_of(scope: Scope) -> str:
    """The address that the connection comes from."""
    peer: str = (scope.get("client") or ("", 0))[0]
    return peer


def client_of_scope(scope: Scope) -> str:
    """The client, behind trusted proxies, as limits count clients (`shares.client_of`)."""
    return client_of(Incoming(scope["method"], "", "", headers_of(scope, _FORWARDED), peer_of(scope)).client)
