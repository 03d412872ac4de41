"""Senders of requests, for the rules that functions have too; apart from `asgi`, which the queue engine loads."""

from dlambda.entry.senders import NAMES, Incoming
from local.gateway.asgi import Scope, values
from local.gateway.shares import client_of


def incoming(scope: Scope, path: str) -> Incoming:
    """The sender, for the rules that functions have too; `path` lies below the base path."""
    headers = {name: ",".join(texts) for name in NAMES if (texts := values(scope, name.encode()))}
    peer = (scope.get("client") or ("", 0))[0]
    return Incoming(scope["method"], path, scope["query_string"].decode("latin-1"), headers, peer)


def client_of_scope(scope: Scope) -> str:
    """The client, behind trusted proxies, as limits count clients (`shares.client_of`)."""
    return client_of(incoming(scope, "").client)
