"""Clients of botocore that talk with the engines of one machine, as the service's own client does."""

import socket
from typing import Any

from botocore.awsrequest import AWSHTTPConnection, AWSHTTPConnectionPool
from botocore.httpsession import URLLib3Session
from urllib3 import PoolManager
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from dlambda.unix_socket import connect


def send_through(client: Any, socket_path: str) -> None:
    """Has a client's requests go through a Unix socket, whatever host its endpoint names."""
    config = client.meta.config
    # In the place of its own; as a handler of `before-send`, it would send what another handler answers.
    client._endpoint.http_session = _SocketSession(
        socket_path,
        timeout=(config.connect_timeout, config.read_timeout),
        max_pool_connections=config.max_pool_connections,
    )


class _SocketSession(URLLib3Session):
    """The HTTP client of botocore with another way to connect."""

    _manager: PoolManager

    def __init__(self, path: str, **options: Any) -> None:
        super().__init__(**options)
        connection = type("_Connection", (_SocketConnection,), {"path": path})
        pool = type("_Pool", (AWSHTTPConnectionPool,), {"ConnectionCls": connection})
        self._manager.pool_classes_by_scheme = {"http": pool}


class _SocketConnection(AWSHTTPConnection):
    """A connection of a pool. `path`: of the Unix socket."""

    path = ""

    def _new_conn(self) -> socket.socket:
        """The errors name no path: it is secret, and they are logged."""
        try:
            return connect(self.path, self.timeout)
        except TimeoutError:
            raise ConnectTimeoutError(self, "the engine's socket does not answer") from None
        except OSError as error:
            raise NewConnectionError(self, f"the engine's socket: {error.strerror}") from None
