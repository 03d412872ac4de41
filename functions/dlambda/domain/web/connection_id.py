"""Ids of WebSocket connections. On several machines an id names the node that has the connection: where to push."""

from typing import Final

_MARK: Final = "@"


def connection_id(token: str, url: str) -> str:
    """The id of a connection to the node at `url`; of the only machine without one."""
    return f"{token}{_MARK}{url}" if url else token


def push_address(connection: str) -> str:
    """The URL of the node that has a connection; empty: this deployment's only gateway."""
    return connection.partition(_MARK)[2]
