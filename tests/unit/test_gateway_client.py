"""The client of the gateway's management API, with a real server."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from dlambda.aws.gateway_client import GatewayClient
from dlambda.aws.refusals import CLIENT_GONE, is_refusal
from dlambda.service_absence import find_absence

Request = tuple[str, str, bytes, int]


class _Server(ThreadingHTTPServer):
    """Answers `status`, and notes method, path, body and port of each request."""

    daemon_threads = True
    status = 200
    ends_silently = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[Request] = []
        self.may_answer = threading.Event()
        self.may_answer.set()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.requests.append((self.command, self.path, body, self.client_address[1]))
        self.server.may_answer.wait()
        self.send_response(self.server.status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")
        self.close_connection = self.server.ends_silently

    do_DELETE = do_POST  # noqa: N815 the name that the library calls

    def log_message(self, *_: object) -> None:
        """Prints nothing."""


@contextmanager
def served() -> Iterator[tuple[_Server, GatewayClient]]:
    server = _Server()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    client = GatewayClient(f"http://127.0.0.1:{server.server_address[1]}/secret")
    try:
        yield server, client
    finally:
        client.close()
        server.shutdown()
        server.server_close()


def test_a_frame_is_sent_by_a_kept_connection() -> None:
    with served() as (server, client):
        for frame in (b"one", b"two"):
            client.post_to_connection(ConnectionId="a/b=", Data=frame)
        client.delete_connection(ConnectionId="c~1")
    path = "/secret/%40connections/"
    assert [request[:3] for request in server.requests] == [
        ("POST", f"{path}a%2Fb%3D", b"one"),
        ("POST", f"{path}a%2Fb%3D", b"two"),
        ("DELETE", f"{path}c~1", b""),
    ]
    assert len({request[3] for request in server.requests}) == 1


def test_a_connection_that_has_ended_is_replaced() -> None:
    with served() as (server, client):
        server.ends_silently = True
        for _ in range(3):
            client.post_to_connection(ConnectionId="a", Data=b"x")
    assert len(server.requests) == 3


def test_a_frame_that_is_not_answered_is_not_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gateway may have it: it only answers late."""
    monkeypatch.setattr("dlambda.aws.gateway_client._SECONDS", 0.2)
    with served() as (server, client):
        client.post_to_connection(ConnectionId="a", Data=b"one")
        server.may_answer.clear()
        with pytest.raises(BotoCoreError):
            client.post_to_connection(ConnectionId="a", Data=b"two")
        server.may_answer.set()
    assert [body for _, _, body, _ in server.requests] == [b"one", b"two"]


@pytest.mark.parametrize(
    ("status", "gone", "service"), [(410, True, None), (403, False, None), (503, False, "apigatewaymanagementapi")]
)
def test_a_refusal_is_botocore_s_error(status: int, gone: bool, service: str | None) -> None:
    with served() as (server, client):
        server.status = status
        with pytest.raises(ClientError) as refused:
            client.post_to_connection(ConnectionId="a", Data=b"x")
    assert is_refusal(refused.value, CLIENT_GONE) is gone
    assert find_absence(refused.value) == service


def test_a_gateway_that_is_away_is_botocore_s_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(BotoCoreError) as away:
        GatewayClient(f"http://127.0.0.1:{port}/secret").delete_connection(ConnectionId="a")
    assert find_absence(away.value) == "apigatewaymanagementapi"
    assert "secret" not in str(away.value)
