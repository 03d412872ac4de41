"""Pushes to WebSocket clients by the management API of their gateway: the deployment's, or that of another node."""

import logging
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from dlambda.aws.gateway_client import GatewayClient
from dlambda.aws.refusals import CLIENT_GONE, is_refusal
from dlambda.deployment import current, per_deployment
from dlambda.domain.web.connection_id import push_address
from dlambda.domain.web.node_signature import HEADER, sign

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient

log = logging.getLogger(__name__)

PUSH_ERRORS = (ClientError, BotoCoreError)
_AWAY_SECONDS = 5.0
"""A node that did not answer is asked again so much later: until then nobody waits for it."""


def is_served() -> bool:
    """True if clients may be connected: the deployment has a WebSocket API."""
    settings = current().settings
    return bool(settings.socket_endpoint) or settings.shares_services


def close(connection_id: str) -> None:
    """Ends a connection; one that is gone already is no error."""
    try:
        _client_of(connection_id).delete_connection(ConnectionId=connection_id)
    except ClientError as error:
        if not is_refusal(error, CLIENT_GONE):
            raise


def push(connection_id: str, frame: bytes) -> bool:
    """Sends one frame. False when the client is gone; a client of a node that is away is not, and misses the frame."""
    address = push_address(connection_id)
    if not address and not current().settings.socket_endpoint:
        return False  # left by an only machine, which had no name
    now = current().clock.monotonic()
    if _away_until().get(address, 0.0) > now:
        return True
    try:
        _client_of(connection_id).post_to_connection(ConnectionId=connection_id, Data=frame)
    except ClientError as error:
        if is_refusal(error, CLIENT_GONE):
            return False
        raise
    except BotoCoreError:
        if address:
            _away_until()[address] = now + _AWAY_SECONDS
        raise
    return True


def _client_of(connection_id: str) -> "ApiGatewayManagementApiClient":
    address = push_address(connection_id)
    if not address or address == current().settings.node_url:
        return _own_client()
    clients = _node_clients()
    if address not in clients:
        clients[address] = _make_client(address, connect_timeout=1, max_attempts=0)
        clients[address].meta.events.register("before-send.apigatewaymanagementapi", _sign)
    return clients[address]


@per_deployment
def _own_client() -> "ApiGatewayManagementApiClient":
    endpoint = current().settings.socket_endpoint
    if current().hosting.behind_gateway:
        return _make_client(endpoint, connect_timeout=2, max_attempts=2)
    return cast("ApiGatewayManagementApiClient", GatewayClient(endpoint))


@per_deployment
def _node_clients() -> "dict[str, ApiGatewayManagementApiClient]":
    return {}


@per_deployment
def _away_until() -> dict[str, float]:
    """Monotonic seconds by address."""
    return {}


def _make_client(endpoint: str, connect_timeout: int, max_attempts: int) -> "ApiGatewayManagementApiClient":
    from botocore.config import Config  # loads botocore, which an only machine does without

    config = Config(connect_timeout=connect_timeout, read_timeout=5, retries={"max_attempts": max_attempts})
    management_api: ApiGatewayManagementApiClient = current().client(
        "apigatewaymanagementapi", endpoint_url=endpoint, config=config
    )
    return management_api


def _sign(request: Any, **_: Any) -> None:  # `AWSPreparedRequest` of botocore
    """Lets the other node know that it is asked by one of the same deployment."""
    body = request.body if isinstance(request.body, bytes) else b""
    deployment = current()
    path = urlsplit(request.url).path
    signature = sign(deployment.settings.secret_key, request.method, path, body, deployment.clock.time())
    request.headers[HEADER] = signature
