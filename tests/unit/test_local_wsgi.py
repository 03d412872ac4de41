"""How the gateway hands requests to applications and answers back."""

import asyncio
import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.gateway.wsgi import MOST_BODY_BYTES, ClientGone, Exchange, TooLarge, read_request

DISCONNECT = {"type": "http.disconnect"}


def part(body: bytes, *, more: bool = False) -> dict:
    return {"type": "http.request", "body": body, "more_body": more}


def scope(**headers: str) -> dict:
    return {
        "type": "http", "method": "POST", "path": "/base/a b", "root_path": "/base", "query_string": b"x=1", "http_version": "1.1",
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip


class Client:
    """Sends `messages`, then listens until it has `heard` so many."""

    def __init__(self, *messages: dict, patience: int = 100) -> None:
        self.messages = list(messages)
        self.patience = patience
        self.heard: list[dict] = []
        self.leaving = asyncio.Event()

    async def receive(self) -> dict:
        if self.messages:
            return self.messages.pop(0)
        await self.leaving.wait()
        return DISCONNECT

    async def send(self, message: dict) -> None:
        self.heard.append(message)
        if len(self.heard) == self.patience:
            self.leaving.set()


def answered(app, *messages: dict, **headers: str) -> list[dict]:
    """What a client hears that sends the messages."""

    async def run() -> list[dict]:
        client = Client(*messages)
        environ = await read_request(scope(**headers), client.receive)
        exchange = Exchange(app, environ, client.receive, client.send)
        with ThreadPoolExecutor(1) as threads:
            body = await asyncio.wait_for(exchange.run(threads), 5)
        if body is not None:
            await exchange.send_whole(body)
        return client.heard

    return asyncio.run(run())


def whole(environ, start_response):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    text = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} {environ['QUERY_STRING']} ".encode() + body
    start_response("200 OK", [("Content-Length", str(len(text))), ("X-A", "1")])
    return [text[:5], text[5:]]


def test_an_answer_of_known_length_is_sent_in_one_piece():
    start, body = answered(whole, part(b"in ", more=True), part(b"two"), content_length="6")
    assert start == {
        "type": "http.response.start", "status": 200, "headers": [(b"content-length", b"20"), (b"x-a", b"1")],
    }  # fmt: skip
    assert body == {"type": "http.response.body", "body": b"POST /a b x=1 in two"}


def test_a_body_in_chunks_has_a_length_for_the_application():
    _, body = answered(whole, part(b"abc"), transfer_encoding="chunked")
    assert body["body"].endswith(b" abc")


def test_a_request_without_a_body_is_not_waited_for():
    _, body = answered(whole, content_length="0")
    assert body["body"] == b"POST /a b x=1 "


@pytest.mark.parametrize("headers", [{"content_length": str(MOST_BODY_BYTES + 1)}, {"transfer_encoding": "chunked"}])
def test_a_body_that_is_too_large_is_not_read_to_its_end(headers):
    with pytest.raises(TooLarge):
        answered(whole, part(b"x" * MOST_BODY_BYTES, more=True), part(b"xx", more=True), **headers)


def test_a_client_that_goes_before_its_body_is_complete():
    with pytest.raises(ClientGone):
        answered(whole, part(b"x", more=True), DISCONNECT, content_length="5")


def test_no_content_is_sent_in_one_piece():
    def app(_, start_response):
        start_response("204 NO CONTENT", [])
        return []

    start, body = answered(app)
    assert (start["status"], body) == (204, {"type": "http.response.body", "body": b""})


def test_what_has_no_length_is_streamed_with_what_was_written_first():
    def app(_, start_response):
        start_response("200 OK", [])(b"0")
        yield b"1"
        yield b"2"

    _, *parts = answered(app)
    assert [(each["body"], each.get("more_body", False)) for each in parts] == [
        (b"0", True), (b"1", True), (b"2", True), (b"", False),
    ]  # fmt: skip


def test_a_stream_ends_with_its_client_and_is_closed():
    closed = threading.Event()

    def app(_, start_response):
        start_response("200 OK", [])
        try:
            yield from itertools.repeat(b"on and on")
        finally:
            closed.set()

    async def run() -> None:
        client = Client(patience=3)
        environ = await read_request(scope(), client.receive)
        with ThreadPoolExecutor(1) as threads:
            await asyncio.wait_for(Exchange(app, environ, client.receive, client.send).run(threads), 5)

    asyncio.run(run())
    assert closed.is_set()


def test_what_an_application_raises_is_raised():
    def app(_, start_response):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        answered(app)


def test_a_header_with_an_underscore_does_not_pass_for_another():
    """Proxies that set `Remote-User` let `Remote_User` through; in a WSGI environment both have one name."""

    async def run() -> dict:
        request = scope() | {"headers": [(b"remote_user", b"admin"), (b"x-a", b"1")]}
        return await read_request(request, Client(part(b"")).receive)

    environ = asyncio.run(run())
    assert "HTTP_REMOTE_USER" not in environ
    assert environ["HTTP_X_A"] == "1"
