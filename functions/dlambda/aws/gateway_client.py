"""A client of the gateway of one machine: the two operations of API Gateway's management API that are used.

It raises botocore's errors without its client, which would be 13 MB in each process that tells WebSocket clients of
anything (docs/decisions/one-machine-memory.md).
"""

import http.client
from collections import deque
from typing import Any, Final
from urllib.parse import quote, urlsplit

from botocore.exceptions import ClientError, EndpointConnectionError

from dlambda.service_absence import name_service

_SECONDS: Final = 5.0
_MOST_IDLE: Final = 10
_REFUSED: Final = 300
_SERVICE: Final = "apigatewaymanagementapi"


class GatewayClient:
    """Sends requests by kept connections. Safe between threads."""

    def __init__(self, endpoint: str) -> None:
        """`endpoint`: an `http` URL; requests go to paths below it."""
        parts = urlsplit(endpoint)
        self._address = (parts.hostname or "", parts.port or http.client.HTTP_PORT)
        self._path = parts.path
        self._idle: deque[http.client.HTTPConnection] = deque()

    def post_to_connection(self, *, ConnectionId: str, Data: bytes) -> None:  # noqa: N803 as botocore has it
        """Sends a frame. Raises `ClientError` for a client that is gone, `BotoCoreError` without a gateway."""
        self._ask("POST", ConnectionId, Data)

    def delete_connection(self, *, ConnectionId: str) -> None:  # noqa: N803 as botocore has it
        """Ends a connection, with the same errors."""
        self._ask("DELETE", ConnectionId)

    def close(self) -> None:
        """Closes the connections that are kept."""
        while self._idle:
            self._idle.pop().close()

    def _ask(self, method: str, connection_id: str, body: bytes = b"") -> None:
        path = f"{self._path}/%40connections/{quote(connection_id, safe='')}"
        try:
            status = self._send(method, path, body)
        except (OSError, http.client.HTTPException) as error:
            # It names no path: that is secret.
            failure = EndpointConnectionError(endpoint_url="http://gateway.invalid", error=type(error).__name__)
            name_service(failure, _SERVICE)
            raise failure from None
        if status >= _REFUSED:
            raise ClientError({"Error": {"Code": str(status)}, "ResponseMetadata": _metadata(status)}, method)

    def _send(self, method: str, path: str, body: bytes) -> int:
        """The status of the answer. An idle connection may have ended meanwhile: then another one is tried."""
        while True:
            idle = self._take()
            connection = idle or http.client.HTTPConnection(*self._address, timeout=_SECONDS)
            try:
                connection.request(method, path, body)
                answer = connection.getresponse()
                answer.read()
            except BaseException as error:
                connection.close()
                if idle and isinstance(error, ConnectionError | http.client.HTTPException):
                    continue
                raise
            if answer.will_close or len(self._idle) >= _MOST_IDLE:
                connection.close()
            else:
                self._idle.append(connection)
            return answer.status

    def _take(self) -> http.client.HTTPConnection | None:
        """Returns an idle connection; None without one."""
        try:
            return self._idle.pop()
        except IndexError:
            return None


def _metadata(status: int) -> Any:
    return {"HTTPStatusCode": status, "Service": _SERVICE}
