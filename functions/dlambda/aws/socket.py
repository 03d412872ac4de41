"""Pushes to WebSocket clients through the gateway's management API."""

from typing import TYPE_CHECKING

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from dlambda.deployment import current, per_deployment

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient

PUSH_ERRORS = (ClientError, BotoCoreError)
_GONE = frozenset({"GoneException", "410"})


@per_deployment
def _client() -> "ApiGatewayManagementApiClient":
    config = Config(connect_timeout=2, read_timeout=5, retries={"max_attempts": 2})
    endpoint = current().settings.socket_endpoint
    management_api: ApiGatewayManagementApiClient = current().client(
        "apigatewaymanagementapi", endpoint_url=endpoint, config=config
    )
    return management_api


def is_served() -> bool:
    """True if clients may be connected: the deployment has a WebSocket API."""
    return bool(current().settings.socket_endpoint)


def close(connection_id: str) -> None:
    """Ends a connection; one that is gone already is no error."""
    try:
        _client().delete_connection(ConnectionId=connection_id)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _GONE:
            raise


def push(connection_id: str, frame: bytes) -> bool:
    """Sends one frame. False when the client is gone."""
    try:
        _client().post_to_connection(ConnectionId=connection_id, Data=frame)
    except ClientError as error:
        if error.response["Error"]["Code"] in _GONE:
            return False
        raise
    return True
