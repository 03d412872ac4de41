"""Sessions of botocore that take little memory, and clients that talk with the engines of one machine."""

import gzip
import json
import socket
from collections.abc import Mapping
from typing import Any

from botocore.awsrequest import AWSHTTPConnection, AWSHTTPConnectionPool
from botocore.config import Config
from botocore.httpsession import URLLib3Session
from botocore.loaders import JSONFileLoader
from botocore.session import Session
from urllib3 import PoolManager
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from dlambda.service_access import ServiceAccess
from dlambda.unix_socket import connect


class _PlainModels(JSONFileLoader):
    """Reads the services' models into plain dicts; the ordered ones of botocore take half as much memory again."""

    def load_file(self, file_path: str) -> Any:
        """The model at `file_path`, which lacks its ending. None without one."""
        for ending, open_ in ((".json", open), (".json.gz", gzip.open)):
            try:
                with open_(file_path + ending, "rb") as file:
                    return json.load(file)
            except FileNotFoundError:
                continue
        return None


class _ServicesSession(Session):
    """A session whose clients have the access of their service, where that is another one than all services'."""

    def __init__(self, access: Mapping[str, ServiceAccess]) -> None:
        super().__init__()
        self._access = access

    def create_client(self, service_name: str, region_name: str | None = None, *arguments: Any, **options: Any) -> Any:
        """As botocore's; what the service has of its own wins over what all services have."""
        own = self._access[service_name].options() if service_name in self._access else {}
        region = own.pop("region_name", region_name)
        return super().create_client(service_name, region, *arguments, **{**options, **own})


def new_session(access: Mapping[str, ServiceAccess]) -> Session:
    """A session. It must not make two clients at once (`Deployment.client`)."""
    session = _ServicesSession(access)
    session.get_component("data_loader").file_loader = _PlainModels()
    # The one that botocore would write anew for each request takes a tenth of the request's time.
    session.set_default_client_config(Config(user_agent="dlambda"))
    return session


def send_through(client: Any, socket_path: str) -> None:
    """Has a client's requests go through a Unix socket, whatever host its endpoint names."""
    config = client.meta.config
    # In the place of its own; as a handler of `before-send`, it would send what another handler answers.
    client._endpoint.http_session = _SocketSession(  # noqa: SLF001
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
