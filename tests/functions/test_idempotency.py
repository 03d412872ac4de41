"""`Idempotency-Key`: who sends a creation again gets the first answer (docs/contract/README.md, Repeats)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from dlambda.aws import bucket
from dlambda.store.table_connection import connection
from dlambda.usecases.orders.keys import make_first_key
from tests.functions.calls import Client, error
from tests.stack import Stack

pytestmark = pytest.mark.usefixtures("stack", "permitted")

Group = Callable[[str], Client]
ADMIN_KEY = "an-admin-key-of-these-tests"
URL = "https://8.8.8.8/clip.mp4"
DEFINITION = {
    "name": "pages",
    "match_url": ["https://8.8.8.8/*"],
    "definition": {
        "parse": {
            "items": {"selector": "a", "fields": {"link": {"type": "css", "expression": "a", "attribute": "href"}}}
        }
    },
}
CREATIONS: list[tuple[str, str, Any, Any]] = [
    ("history", "/api/history", {"url": URL}, {"url": f"{URL}?2"}),
    ("presets", "/api/presets", {"name": "one"}, {"name": "two"}),
    ("conditions", "/api/conditions", {"name": "one", "filter": "duration > 1", "cli": "--no-mtime"}, {"name": "two", "filter": "duration > 1", "cli": "--no-mtime"}),
    ("dl_fields", "/api/dl_fields", {"name": "one", "description": "d", "field": "--one", "kind": "text"},
     {"name": "two", "description": "d", "field": "--two", "kind": "text"}),
    ("notifications", "/api/notifications", {"name": "one", "request": {"url": "https://8.8.8.8/a"}},
     {"name": "two", "request": {"url": "https://8.8.8.8/b"}}),
    ("tasks", "/api/tasks", {"name": "one", "url": URL}, {"name": "two", "url": URL}),
    ("tasks", "/api/tasks/definitions", DEFINITION, DEFINITION | {"name": "others"}),
    ("file", "/api/file/download", ["a.mp4"], ["b.mp4"]),
    ("keys", "/create_key", {"name": "one", "permissions": ["get_info"]}, {"name": "two", "permissions": ["get_info"]}),
    ("keys", "/get_info", {"url": URL}, {"url": f"{URL}?2"}),
]  # fmt: skip
BY_PATH = pytest.mark.parametrize(
    ("name", "path", "body", "other"), CREATIONS, ids=[path.strip("/") for _, path, _, _ in CREATIONS]
)
Send = Callable[[str, str, Any, str], Client]


@pytest.fixture
def send(group: Group, configure: Callable[..., None]) -> Send:
    """Posts a body with an idempotency key; the client, whose `last` is the answer."""
    configure(admin_key=ADMIN_KEY)
    make_first_key()
    for name in ("a.mp4", "b.mp4"):
        bucket.put_bytes(f"files/{name}", b"film")

    def post(name: str, path: str, body: Any, key: str) -> Client:
        client = group(name)
        client.call("POST", path, body, headers={"Idempotency-Key": key, "X-API-Key": ADMIN_KEY})
        return client

    return post


@BY_PATH
def test_a_repeat_gets_the_first_answer(send: Send, name: str, path: str, body: Any, other: Any) -> None:
    first = send(name, path, body, "k1").last
    again = send(name, path, body, "k1").last
    assert first.status_code < 300, first.text
    assert (again.status_code, again.text, again.mimetype) == (first.status_code, first.text, first.mimetype)
    assert ("Idempotency-Replayed" in first.headers, again.headers["Idempotency-Replayed"]) == (False, "true")
    assert send(name, path, other, "k2").last.text != first.text


@BY_PATH
def test_a_key_is_for_one_body(send: Send, name: str, path: str, body: Any, other: Any) -> None:
    send(name, path, body, "k1")
    reply = send(name, path, other, "k1").last
    assert (reply.status_code, reply.json) == (
        422,
        {"error": "This Idempotency-Key was used for another request.", "code": "IDEMPOTENCY_KEY_REUSED"},
    )


def test_of_many_at_once_one_creates(send: Send, group: Group) -> None:
    with ThreadPoolExecutor(12) as pool:
        replies = list(
            pool.map(lambda _: send("tasks", "/api/tasks", {"name": "one", "url": URL}, "k").last, range(24))
        )
    assert {reply.status_code for reply in replies} <= {200, 409}
    ids = {str(reply.json) for reply in replies if reply.status_code == 200}
    assert len(ids) == 1
    assert all(reply.headers["Retry-After"] == "1" for reply in replies if reply.status_code == 409)
    assert len(group("tasks").get("/api/tasks")[1]["items"]) == 1


def test_a_refusal_is_repeated_too(send: Send) -> None:
    first = send("presets", "/api/presets", {"name": ""}, "k").last
    again = send("presets", "/api/presets", {"name": ""}, "k").last
    assert (first.status_code, again.status_code, again.json) == (400, 400, first.json)


def test_other_callers_and_paths_may_use_the_same_key(send: Send, group: Group) -> None:
    send("presets", "/api/presets", {"name": "one"}, "k")
    assert send("tasks", "/api/tasks", {"name": "one", "url": URL}, "k").last.status_code == 200
    stranger = {"Idempotency-Key": "k", "X-API-Key": "another"}
    send("keys", "/get_info", {"url": URL}, "k")
    assert error(group("keys").call("POST", "/get_info", {"url": URL}, headers=stranger))[0] == 401


@pytest.mark.parametrize("key", ["", " ", "a b", "ä", "x" * 256])
def test_a_key_that_is_none_is_refused(send: Send, key: str) -> None:
    reply = send("presets", "/api/presets", {"name": "one"}, key).last
    assert (reply.status_code, (reply.json or {})["error"]) == (
        400,
        "Idempotency-Key must have 1 to 255 visible characters.",
    )


def test_an_answer_that_cannot_be_kept_is_given_all_the_same(send: Send, group: Group) -> None:
    writes: list[int] = []

    def fail_second_write(params: dict[str, Any], **_: object) -> None:
        if "idempotency:" in str(params["body"]):
            writes.append(1)
            if len(writes) > 1:
                raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")

    events, name = connection().client.meta.events, "before-call.dynamodb.PutItem"
    events.register(name, fail_second_write)
    try:
        first = send("presets", "/api/presets", {"name": "one"}, "k").last
    finally:
        events.unregister(name, fail_second_write)
    assert (first.status_code, len(writes)) == (200, 2)
    assert send("presets", "/api/presets", {"name": "one"}, "k").last.status_code == 409  # not created again


def test_the_password_is_no_part_of_a_row(stack: Stack, send: Send, group: Group) -> None:
    """Clients may change between header and query."""
    headers = {"Idempotency-Key": "k", "Authorization": "Basic dTpw"}
    first = group("presets").call("POST", "/api/presets", {"name": "one"}, headers=headers)
    again = group("presets").call("POST", "/api/presets?apikey=dTpw", {"name": "one"}, headers={"Idempotency-Key": "k"})
    assert again == first
    assert len([row for row in stack.rows("cache") if row["key"]["S"].startswith("idempotency:")]) == 1


def test_elsewhere_it_is_ignored(group: Group) -> None:
    for _ in range(2):
        reply = group("history").call("POST", "/api/history/start", {"ids": ["x"]}, headers={"Idempotency-Key": "k"})
        assert reply[0] == 200
