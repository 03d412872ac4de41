"""The one connection with the tables: by botocore's client in the cloud, by a socket to the engine of one machine."""

import logging
from typing import TYPE_CHECKING, Any

from pynamodb.connection import Connection

from dlambda.deployment import current, per_deployment
from dlambda.engine_client import TABLES, EngineClient
from dlambda.store.usage import usage

if TYPE_CHECKING:
    from botocore.session import Session

_POOL_SIZE = 50
# Its debug lines print whole requests, cookies included.
logging.getLogger("pynamodb").setLevel(logging.WARNING)


class _Connection(Connection):
    @property
    def session(self) -> "Session":
        return current().session()

    def close(self) -> None:
        self.client.close()


class _EngineTables(EngineClient):
    """The table engine in the place of botocore's client."""

    def _make_api_call(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        if operation == "TransactWriteItems":
            parameters.setdefault("ClientRequestToken", str(current().new_uuid()))
        return self.call(operation, parameters)


class _EngineConnection(Connection):
    """A connection with the table engine of one machine."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._engine = _EngineTables(TABLES, path)
        usage().watch(self._engine)

    @property
    def client(self) -> Any:
        return self._engine

    def close(self) -> None:
        self._engine.close()


@per_deployment
def connection() -> Connection:
    """The one connection of this deployment, for raw requests, transactions and all rows. Safe between threads."""
    path = current().settings.tables_socket
    return _EngineConnection(path) if path else cloud_connection()


def cloud_connection() -> Connection:
    """A new connection by botocore's client."""
    new_connection = _Connection(max_pool_connections=_POOL_SIZE)
    usage().watch(new_connection.client)  # made here, where no other thread makes one
    return new_connection
