"""Ids of WebSocket connections: `token[~process][@url]`. On several machines an id names the node that has the
connection, where a gateway has several processes the one: where to push.
"""

from typing import Final

_URL_MARK: Final = "@"
_PROCESS_MARK: Final = "~"


def connection_id(token: str, url: str, process: int = 0) -> str:
    """The id of a connection to the node at `url`, or of the only machine. `process`: of the gateway, from 0."""
    name = f"{token}{_PROCESS_MARK}{process}" if process else token
    return f"{name}{_URL_MARK}{url}" if url else name


def push_address(connection: str) -> str:
    """The URL of the node that has a connection; empty: this deployment's only gateway."""
    return connection.partition(_URL_MARK)[2]


def process_of(connection: str) -> int:
    """The number of the process that has a connection."""
    number = connection.partition(_URL_MARK)[0].partition(_PROCESS_MARK)[2]
    return int(number) if number.isdecimal() else 0
