"""The redirect to a file without the framework answers as the framework does, or leaves the request to it."""

import asyncio
import base64
import importlib
import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from botocore.exceptions import EndpointConnectionError

from dlambda.aws import bucket
from dlambda.deployment import current
from dlambda.domain.secrets.attempts import PER_ADDRESS
from dlambda.entry.logs import JsonLines, follow_level
from dlambda.store.table_connection import connection
from dlambda.usecases.accounts.login_need import login_needed, look_again
from dlambda.usecases.operations.log_level import configured_level, set_level
from local.gateway.asgi import Message, Scope
from local.gateway.functions import Functions
from local.template import Function, Route
from tests.e2e.api import wait_until
from tests.functions.people import make_account, set_up
from tests.patience import PATIENCE_SECONDS
from tests.stack import Stack

FILM = "direct/film a.mp4"
PATH = "/api/download/direct/film a.mp4"
HOST = "127.0.0.1:8081"
PAIR = base64.b64encode(b"user:word").decode()
BASIC = {"Authorization": f"Basic {PAIR}"}
# What is another one in each answer.
_OWN = re.compile(r"X-Amz-(?:Date|Signature)=[^&]*|^[0-9a-f]{32}$")
Headers = dict[str, str]
Reply = tuple[int, dict[str, str], bytes]


@pytest.fixture(autouse=True)
def film(stack: Stack, configure: Callable[..., None]) -> None:
    """A file of one machine."""
    configure(library_files="true", media_public_url="request")
    bucket.put_bytes(f"files/{FILM}", b"film", "video/mp4")
    look_again()
    login_needed()


@pytest.fixture
def functions() -> Functions:
    """The gateway's part that calls applications, with that of files loaded."""
    functions = Functions([Route("ANY", "/api/download", True, Function("file", "endpoints.file.main", "file", 30))])
    functions.load_early()
    importlib.import_module("endpoints.file.main")
    app = functions.find("GET", PATH)
    assert app
    app.load()
    return functions


class Exchange:
    """One request, sent one way or the other."""

    def __init__(self, functions: Functions, method: str, path: str, query: str, headers: Headers) -> None:
        self._functions = functions
        self._path = path
        pairs = [(name.lower().encode(), text.encode("latin-1")) for name, text in {"Host": HOST, **headers}.items()]
        self._scope: Scope = {
            "type": "http", "http_version": "1.1", "method": method, "scheme": "http", "path": path, "raw_path": path.encode(),
            "query_string": query.encode(), "root_path": "", "headers": pairs, "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", 8081), "state": {},
        }  # fmt: skip

    def directly(self) -> Reply | None:
        """None: it is left to the framework."""
        reply, has_answered = self._ask(is_direct=True)
        assert has_answered or reply is None
        return reply

    def by_framework(self) -> Reply:
        reply, _ = self._ask(is_direct=False)
        assert reply
        return reply

    def _ask(self, *, is_direct: bool) -> tuple[Reply | None, bool]:
        return asyncio.run(self.ask(is_direct=is_direct))

    async def ask(self, *, is_direct: bool) -> tuple[Reply | None, bool]:
        """The answer, if one was sent, and whether it is complete."""
        messages: list[Message] = []
        app = self._functions.find(self._scope["method"], self._path)
        assert app

        async def send(message: Message) -> None:
            messages.append(message)

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        has_answered = True
        if is_direct:
            has_answered = await self._functions.answer_directly(app, self._path, self._scope, send)
        else:
            pool = self._functions.pool_of(self._scope["method"], self._path, self._scope["query_string"])
            await self._functions.call(app, pool, self._scope, receive, send)
        if not messages:
            return None, has_answered
        headers = {name.decode(): _OWN.sub("", text.decode("latin-1")) for name, text in messages[0]["headers"]}
        return (messages[0]["status"], headers, b"".join(part.get("body", b"") for part in messages[1:])), has_answered


@contextmanager
def asked_tables() -> Iterator[list[bool]]:
    """Requests to the tables: for each, whether it was made in an event loop."""
    requests: list[bool] = []

    def note(**_: object) -> None:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            requests.append(False)
        else:
            requests.append(True)

    events = connection().client.meta.events
    events.register("before-call.dynamodb", note)
    try:
        yield requests
    finally:
        events.unregister("before-call.dynamodb", note)


def assert_alike(exchange: Exchange) -> Reply:
    reply = exchange.directly()
    assert reply is not None
    assert reply == exchange.by_framework()
    return reply


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("", {}),
        ("download=1", {}),
        ("download", {}),
        ("a=b&apikey=x%3Dy&c=%C3%BC+", {}),
        ("", {"Host": "localhost"}),
        ("", {"Host": "127.0.0.1"}),
        ("", {"Range": "bytes=0-1", "User-Agent": "player"}),
        ("", {"X-Request-Id": "mine"}),
        ("", {"X-Request-Id": "x" * 80}),
        ("", {"Origin": f"http://{HOST}", "Sec-Fetch-Site": "same-origin"}),
        ("", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}),
        ("", {"Accept": "application/problem+json"}),
        ("", BASIC),
    ],
)
def test_a_file_is_redirected_to_alike(functions: Functions, query: str, headers: Headers) -> None:
    with asked_tables() as requests:
        status, answer, body = assert_alike(Exchange(functions, "GET", PATH, query, headers))
    assert (status, body, answer["content-length"]) == (302, b"", "0")
    assert answer["location"].startswith("/dlambda/files/direct/film%20a.mp4?")
    assert ("attachment" in answer["location"]) == query.startswith("download")
    assert requests == []


def test_pages_of_configured_origins_read_it(functions: Functions, configure: Callable[..., None]) -> None:
    configure(cors_origins="https://page.example")
    headers = {"Origin": "https://page.example", "Sec-Fetch-Site": "cross-site"}
    _, answer, _ = assert_alike(Exchange(functions, "GET", PATH, "", headers))
    assert answer["access-control-allow-origin"] == "https://page.example"


def test_below_a_base_path(functions: Functions, configure: Callable[..., None]) -> None:
    """The gateway takes it off the path; the address has it again."""
    configure(base_path="/media")
    reply = Exchange(functions, "GET", PATH, "", {}).directly()
    assert reply
    assert reply[1]["location"].startswith("/media/dlambda/files/")


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("HEAD", PATH, {}, 200),
        ("OPTIONS", PATH, {}, 204),
        ("POST", PATH, {}, 405),
        ("GET", PATH, {"If-None-Match": '"a"'}, 302),
        ("GET", PATH, {"If-Modified-Since": "Fri, 13 Feb 2099 23:31:30 GMT"}, 304),
        ("GET", PATH, {"Content-Length": "0"}, 302),
        ("GET", PATH, {"Transfer-Encoding": "chunked"}, 302),
        ("GET", PATH, {"Host": "127.0.0.1:80"}, 302),
        ("GET", PATH, {"Host": "xn--bcher-kva.localhost"}, 302),
        ("GET", PATH, {"Host": "[::1]:8081"}, 302),
        ("GET", PATH, {"Host": "LOCALHOST"}, 302),
        ("GET", PATH, {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, 403),
        ("GET", f"{PATH}/", {}, 302),
        ("GET", f"{PATH}\n", {}, 404),
        ("GET", "/api/download/", {}, 404),
        ("GET", "/api/download/direct", {}, 404),
        ("GET", "/api/download/none.mp4", {}, 404),
        ("GET", "/api/download/../direct/film a.mp4", {}, 404),
        ("GET", "/api/download/a\0b", {}, 404),
        ("GET", f"/api/download/{'a' * 300}", {}, 404),
    ],
)
def test_all_else_is_left_to_the_framework(
    functions: Functions, method: str, path: str, headers: Headers, status: int
) -> None:
    exchange = Exchange(functions, method, path, "", headers)
    assert (exchange.directly(), exchange.by_framework()[0]) == (None, status)


def test_the_user_of_the_settings(functions: Functions, configure: Callable[..., None]) -> None:
    configure(auth_username="user", auth_password="word")
    with asked_tables() as requests:
        for query, headers in (("", BASIC), (f"apikey={PAIR}", {})):
            assert assert_alike(Exchange(functions, "GET", PATH, query, headers))[0] == 302
    assert requests == []
    for query, headers in (
        ("", {}),
        ("", {"Authorization": "Basic bm8="}),
        ("apikey=bm8=", {}),
        ("", {"Cookie": "a=b"}),
    ):
        exchange = Exchange(functions, "GET", PATH, query, headers)
        assert exchange.directly() is None
        assert exchange.by_framework()[0] == 401


def test_wrong_passwords_are_counted_once_and_end_as_before(
    functions: Functions, configure: Callable[..., None]
) -> None:
    configure(auth_username="user", auth_password="word")
    exchange = Exchange(functions, "GET", PATH, "", {"Authorization": "Basic dXNlcjpubw=="})
    statuses = []
    for _ in range(PER_ADDRESS + 1):
        assert exchange.directly() is None
        statuses.append(exchange.by_framework()[0])
    assert statuses == [401] * PER_ADDRESS + [429]
    assert Exchange(functions, "GET", PATH, "", BASIC).directly()


def test_what_ends_access_counts_at_once(functions: Functions) -> None:
    """Nothing of who may what is remembered, and the event loop asks no table."""
    admin = set_up()
    key, of_items = admin.make_key(), admin.make_key(scopes=["items:read"])
    session, bearer = {"Cookie": f"ytp_session={admin.cookie}"}, {"Authorization": f"Bearer {key}"}
    with asked_tables() as requests:
        for headers in (session, bearer):
            assert assert_alike(Exchange(functions, "GET", PATH, "", headers))[0] == 302
    assert requests
    assert not any(requests)
    assert answers(functions, {"Authorization": f"Bearer {of_items}"}) == (None, 403)
    assert answers(functions, {}) == (None, 401)
    number = next(entry["id"] for entry in admin.auth("GET", "api-keys")[1]["items"] if key.endswith(entry["hint"]))
    admin.auth("DELETE", f"api-keys/{number}")
    assert answers(functions, bearer) == (None, 401)
    admin.auth("POST", "logout")
    assert answers(functions, session) == (None, 401)


def answers(functions: Functions, headers: Headers) -> tuple[Reply | None, int]:
    """The direct answer, and the framework's status."""
    exchange = Exchange(functions, "GET", PATH, "", headers)
    return exchange.directly(), exchange.by_framework()[0]


def test_a_member_has_its_home_alone(functions: Functions) -> None:
    admin = set_up()
    member, _ = make_account(admin, "bob", "member")
    bucket.put_bytes("files/users/bob/own.mp4", b"film", "video/mp4")
    session = {"Cookie": f"ytp_session={member.cookie}"}
    assert answers(functions, session) == (None, 404)
    assert assert_alike(Exchange(functions, "GET", "/api/download/own.mp4", "", session))[0] == 302


def test_tables_that_are_away_are_waited_for_once(functions: Functions) -> None:
    exchange = Exchange(functions, "GET", PATH, "", {"Cookie": f"ytp_session={set_up().cookie}"})

    def fail(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="http://tables")

    events = connection().client.meta.events
    events.register("before-call.dynamodb", fail)
    try:
        (status, _, body), (expected, _, text) = exchange.directly() or (0, {}, b""), exchange.by_framework()
    finally:
        events.unregister("before-call.dynamodb", fail)
    assert (status, json.loads(body)) == (expected, json.loads(text))
    assert status == 500


def test_the_line_of_the_log(
    functions: Functions, configure: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "dlambda.access")
    caplog.handler.setFormatter(JsonLines())
    assert current().settings.access_log
    Exchange(functions, "GET", PATH, "", {"X-Request-Id": "line"}).directly()
    functions.close()
    Exchange(functions, "GET", PATH, "", {"X-Request-Id": "line"}).by_framework()
    lines = [record for record in caplog.records if record.name == "dlambda.access"]
    assert [line.getMessage() for line in lines] == [f"GET {PATH} 302"] * 2
    assert [vars(line)["status"] for line in lines] == [302] * 2
    assert caplog.text.count('"request_id": "line"') == 2
    configure(access_log="false")
    Exchange(functions, "GET", PATH, "", {}).directly()
    functions.close()
    assert len([record for record in caplog.records if record.name == "dlambda.access"]) == 2


def test_lines_of_the_log_are_written_by_a_thread(functions: Functions, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "dlambda.access")

    async def ask() -> None:
        for _ in range(3):
            await Exchange(functions, "GET", PATH, "", {}).ask(is_direct=True)
        await asyncio.sleep(0.1)

    asyncio.run(ask())
    wait_until(lambda: len(caplog.records) == 3, PATIENCE_SECONDS, lambda: caplog.text)
    assert {record.threadName for record in caplog.records} == {"common_0"}


def test_another_level_of_the_log_is_followed(functions: Functions) -> None:
    before = configured_level()
    try:
        for name, number in (("error", logging.ERROR), ("warning", logging.WARNING)):
            set_level(name)
            Exchange(functions, "GET", PATH, "", {}).directly()
            functions.close()
            assert logging.getLogger().level == number
    finally:
        set_level(before)
        follow_level()
