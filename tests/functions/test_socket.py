"""The WebSocket's routes and messages: docs/contract/websocket.md 1 to 5."""

import base64
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from dlambda.aws import bucket
from dlambda.domain.items.item import Shelf, Status
from dlambda.store import connections
from dlambda.store.items import archive, items, leases
from dlambda.store.tasks import feed_history
from dlambda.usecases.files import folders
from events.on_socket.main import lambda_handler
from tests.functions.calls import Client, Heard
from tests.functions.permissions import acting_as
from tests.pushes import Pushes
from tests.stack import Stack, new_deployment
from tests.store import records
from tests.store.samples import T0, done, item, waiting

URL = "https://video.example/watch?v=1"
OK = {"statusCode": 200}


def handle(route: str, connection_id: str = "c1", **event: Any) -> dict[str, Any]:
    with acting_as("on_socket"):
        return lambda_handler({"requestContext": {"routeKey": route, "connectionId": connection_id}, **event}, None)


def say(event: object, data: object = None, **more: object) -> None:
    """One frame of the client `c1`."""
    assert handle("$default", body=json.dumps({"event": event, "data": data, **more})) == OK


class TestDoors:
    """websocket.md 2"""

    def test_a_client_comes_is_greeted_and_goes(self, stack: Stack, pushes: Pushes) -> None:
        assert handle("$connect", headers={}, queryStringParameters={"_": "123"}) == OK
        assert connections.ids_by_audience() == {("", ""): ["c1"]}
        assert pushes.to("c1") == []
        messages = stack.messages("socket")
        records = [{"messageId": "m", "body": json.dumps(message)} for message in messages]
        assert lambda_handler({"Records": records}, None) == {"batchItemFailures": []}
        [greeting] = pushes.to("c1")
        assert greeting["event"] == "connected"
        assert re.fullmatch(r"[A-Za-z0-9]{14}", greeting["data"]["sid"])
        assert greeting["data"]["data"] == {"sid": greeting["data"]["sid"]}
        assert abs(greeting["data"]["timestamp"] - time.time()) < 60
        assert handle("$disconnect") == OK
        assert connections.ids_by_audience() == {}

    @pytest.mark.parametrize(
        ("query", "listens"), [({"progress": "true"}, "brief"), ({"progress": "1"}, ""), ({"progress": ""}, "")]
    )
    def test_a_client_may_ask_for_short_progress(self, stack: Stack, query: dict[str, str], listens: str) -> None:
        assert handle("$connect", headers={}, queryStringParameters=query) == OK
        [audience] = connections.ids_by_audience()
        assert audience.dialect == listens

    def test_one_that_left_before_its_greeting(self, stack: Stack, pushes: Pushes) -> None:
        handle("$connect")
        handle("$disconnect")
        [message] = stack.messages("socket")
        assert lambda_handler({"Records": [{"messageId": "m", "body": json.dumps(message)}]}, None) == {
            "batchItemFailures": []
        }
        assert pushes.to("c1") == []

    def test_greetings_go_to_the_new_client_alone(self, stack: Stack, pushes: Pushes, listening: Heard) -> None:
        handle("$connect", "c2")
        [message] = stack.messages("socket")
        lambda_handler({"Records": [{"messageId": "m", "body": json.dumps(message)}]}, None)
        assert listening.names == []
        assert len(pushes.to("c2")) == 1

    @pytest.mark.parametrize(
        ("headers", "query", "text"),
        [
            ({}, None, "Authorization Required."),
            ({"Authorization": "Basic eDp5"}, None, "Unauthorized (Invalid credentials)."),
            ({"authorization": "Bearer x"}, None, "Unsupported authentication method."),
            (None, {"apikey": "x"}, "Unauthorized (Invalid credentials)."),
        ],
    )
    def test_refused_at_the_handshake(
        self,
        stack: Stack,
        configure: Callable[..., None],
        headers: dict[str, str] | None,
        query: dict[str, str] | None,
        text: str,
    ) -> None:
        configure(auth_username="u", auth_password="p")
        answer = handle("$connect", headers=headers, queryStringParameters=query)
        assert answer["statusCode"] == 401
        assert json.loads(answer["body"])["error"] == text
        assert connections.ids_by_audience() == {}
        assert stack.messages("socket") == []

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({"Host": "127.0.0.1:8080", "Origin": "http://127.0.0.1:8080"}, 200),
            ({"Host": "dl.example", "Origin": "https://dl.example"}, 200),
            ({"Host": "inner:1", "Origin": "https://dl.example", "Sec-Fetch-Site": "same-origin"}, 200),
            ({"Host": "127.0.0.1:8080", "Origin": "https://page.example"}, 200),
            ({"Host": "127.0.0.1:8080"}, 200),
            ({"Host": "127.0.0.1:8080", "Origin": "https://evil.example"}, 403),
            ({"Host": "127.0.0.1:8080", "Origin": "null"}, 403),
            ({"Host": "127.0.0.1:8080", "Origin": ""}, 403),
            ({"Host": "127.0.0.1:8080", "Origin": "http://127.0.0.1:8081"}, 403),
            ({"Host": "127.0.0.1:8080", "Origin": "http://localhost:8080"}, 403),
            ({"Host": "127.0.0.1:8080", "Origin": "https://sub.page.example"}, 403),
            ({"Host": "127.0.0.1:8080", "Origin": "chrome-extension://abc"}, 403),
            ({"Host": "inner:1", "Origin": "https://dl.example", "X-Forwarded-Host": "dl.example"}, 403),
            ({"Host": "127.0.0.1:8080", "Sec-Fetch-Site": "cross-site"}, 403),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("locked", [False, True])
    def test_pages_of_other_origins(
        self, stack: Stack, configure: Callable[..., None], headers: dict[str, str], status: int, locked: bool
    ) -> None:
        configure(cors_origins="https://page.example")
        query = None
        if locked:
            configure(auth_username="u", auth_password="p")
            query = {"apikey": base64.b64encode(b"u:p").decode()}
        multiple = {name: [value] for name, value in headers.items()}
        answer = handle("$connect", headers=headers, multiValueHeaders=multiple, queryStringParameters=query)
        assert answer["statusCode"] == status
        assert connections.ids_by_audience() == ({("", ""): ["c1"]} if status == 200 else {})

    def test_a_doubled_origin(self, stack: Stack) -> None:
        origins = ["https://evil.example", "http://localhost"]
        headers = {"Host": "localhost", "Origin": origins[-1]}
        answer = handle("$connect", headers=headers, multiValueHeaders={"Host": ["localhost"], "Origin": origins})
        assert answer["statusCode"] == 403

    @pytest.mark.parametrize(("settings", "status"), [({}, 503), ({"allow_open": "true"}, 200)])
    def test_in_the_cloud_without_a_password(
        self,
        stack: Stack,
        configure: Callable[..., None],
        monkeypatch: pytest.MonkeyPatch,
        settings: dict[str, str],
        status: int,
    ) -> None:
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "stack-OnSocketFunction")
        configure(**settings)
        assert handle("$connect", headers={"Host": "x.example"})["statusCode"] == status

    @pytest.mark.parametrize("where", ["header", "query"])
    def test_credentials_open(self, stack: Stack, configure: Callable[..., None], where: str) -> None:
        configure(auth_username="u", auth_password="p")
        encoded = base64.b64encode(b"u:p").decode()
        event: dict[str, Any] = {"header": {"headers": {"AUTHORIZATION": f"Basic {encoded}"}},
                 "query": {"queryStringParameters": {"apikey": encoded}}}[where]  # fmt: skip
        assert handle("$connect", **event) == OK

    @pytest.mark.parametrize(
        "body",
        ["", "{", "[]", "5", "null", '"add_url"', '{"data": 1}', '{"event": 5}', '{"event": null}', '{"event": "x"}',
         '{"event": ["add_url"]}', '{"event": {}}', "[" * 100_000, '{"event": "add_url", "data": "\\ud800"}', None],
    )  # fmt: skip
    def test_bad_frames_are_ignored(self, listening: Heard, body: str | None) -> None:
        assert handle("$default", body=body) == OK
        assert listening.frames == []
        assert connections.ids_by_audience() == {("", ""): ["c1"]}


class TestFanOut:
    def test_everybody_hears_the_same_in_order(self, history: Client, pushes: Pushes) -> None:
        for name in ("c1", "c2", "c3"):
            connections.add(name, name)
        history.post("/api/history", {"url": URL})
        [queued] = [each["_id"] for each in history.get("/api/history")[1]["queue"]]
        history.post("/api/history/cancel", {"ids": [queued]})
        heard = [Heard(pushes, name).frames for name in ("c1", "c2", "c3")]
        assert heard[0] == heard[1] == heard[2]
        assert Heard(pushes, "c1").names == ["item_added", "item_cancelled", "item_moved"]

    def test_a_change_of_fields_is_told(self, group: Callable[[str], Client], listening: Heard) -> None:
        assert group("dl_fields").post("/api/dl_fields", {"name": "a", "field": "--a"})[0] == 200
        assert listening.names == ["config_update"]

    def test_one_that_is_gone_is_forgotten(self, history: Client, pushes: Pushes) -> None:
        connections.add("c1", "1")
        connections.add("c2", "2")
        pushes.gone = {"c1"}
        assert history.post("/api/history", {"url": URL})[0] == 200
        assert connections.ids_by_audience() == {("", ""): ["c2"]}
        assert Heard(pushes, "c2").names == ["item_added"]

    def test_a_broken_gateway_breaks_nothing(self, history: Client, pushes: Pushes) -> None:
        connections.add("c1", "1")
        pushes.broken = True
        assert history.post("/api/history", {"url": URL})[0] == 200
        assert items.count(Shelf.QUEUE) == 1
        assert connections.ids_by_audience() == {("", ""): ["c1"]}


class TestEnvelope:
    """websocket.md 1, 3"""

    def test_an_event_object(self, history: Client, listening: Heard) -> None:
        history.post("/api/history", {"url": URL})
        [frame] = listening.frames
        event = frame["data"]
        assert frame.keys() == {"event", "data"}
        assert {"id", "created_at", "event", "title", "message", "data"} <= event.keys()
        assert event["event"] == frame["event"] == "item_added"
        assert datetime.fromisoformat(event["created_at"]).utcoffset() is not None
        # The payload's keys stand beside it; of `id` and `title` the item's win.
        assert event.items() >= {key: value for key, value in event["data"].items() if key != "message"}.items()

    def test_a_log_keeps_its_own_title_and_has_a_timestamp(self, listening: Heard) -> None:
        say("item_cancel", "")
        [event] = listening.of("log_error")
        assert re.fullmatch(r"[A-Za-z0-9]{16}", event["id"])
        assert (event["title"], event["message"], event["data"]) == ("Invalid Request", "No item ID provided.", {})
        assert abs(event["timestamp"] - time.time()) < 60

    def test_no_secrets_and_no_long_descriptions(self, history: Client, listening: Heard) -> None:
        records.add([done("a", cookies="hush hush", description="d" * 2000)])
        history.post("/api/history/a", {"title": "T"})
        [event] = listening.of("item_updated")
        assert event["data"]["cookies"] == "********"
        assert len(event["data"]["description"]) <= 500
        assert "hush" not in json.dumps(listening.frames)


def problems(listening: Heard) -> list[tuple[str, str]]:
    return [(event["title"], event["message"]) for event in listening.of("log_error")]


class TestAddUrl:
    """websocket.md 4"""

    @pytest.fixture
    def intake(self) -> Iterator[dict[str, Any]]:
        """Ends the intake of whatever is added; answers how."""
        stop = threading.Event()
        ends: dict[str, Any] = {"extracted": True}

        def work() -> None:
            while not stop.wait(0.02):
                for id_ in items.page(Shelf.QUEUE, page=1, per_page=9, newest_first=False).ids:
                    found = items.find(id_)
                    if found and not found.extracted and found.shelf is Shelf.QUEUE:
                        records.save(found, found.evolve(**ends))

        thread = threading.Thread(target=work)
        thread.start()
        yield ends
        stop.set()
        thread.join()

    def test_the_sender_gets_a_status(
        self, target: Any, listening: Heard, pushes: Pushes, intake: dict[str, Any]
    ) -> None:
        connections.add("c2", "2")
        say("add_url", {"url": f" {URL} ", "preset": "mobile"})
        assert listening.names == ["item_added", "item_status"]
        assert Heard(pushes, "c2").names == ["item_added"]
        [event] = listening.of("item_status")
        assert event["title"] == "Adding URL"
        assert event["message"] == f"Adding URL '{URL}' to the download queue."
        assert (event["data"]["status"], event["data"]["preset"]) == ("ok", "mobile")
        assert event["status"] == "queued"
        assert event["id"]

    def test_what_the_pipeline_refuses(self, listening: Heard, intake: dict[str, Any]) -> None:
        intake.update(extracted=False, status=Status.ERROR, error="No such video.")
        say("add_url", {"url": URL})
        [event] = listening.of("item_status")
        assert (event["data"]["status"], event["data"]["msg"]) == ("error", "No such video.")

    @pytest.mark.parametrize("data", [None, {}, {"url": ""}, {"url": "  "}, {"url": 5}, "text", [], 5])
    def test_without_url(self, listening: Heard, data: Any) -> None:
        say("add_url", data)
        assert problems(listening) == [("Invalid request", "No URL provided.")]

    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            ({"url": URL, "preset": "x"}, "Preset 'x' does not exist."),
            ({"url": "ftp://x.example"}, "Invalid scheme usage. Only HTTP or HTTPS allowed."),
            ({"url": URL, "cli": "--exec x"}, "Option '--exec' is not allowed."),
            (
                {"url": URL, "folder": "../x"},
                'Folder "../x" must resolve inside the base download folder "/downloads".',
            ),
        ],
    )
    def test_an_invalid_item(self, listening: Heard, data: dict[str, str], reason: str) -> None:
        say("add_url", data)
        assert problems(listening) == [("Error Adding URL", reason)]
        assert listening.of("log_error")[0]["data"] == {"preset": data.get("preset", "")}
        assert items.count(Shelf.QUEUE) == 0

    def test_what_is_archived_stays_as_it_is(self, listening: Heard, configure: Callable[..., None]) -> None:
        configure(daily_gb=1)
        records.add([done("a", archive_id="site a", archive="x.log")])
        archive.add("x.log", ["site a"], T0)
        say("add_url", {"url": items.get("a").url, "cli": "--download-archive x.log"})
        assert [event["title"] for event in listening.of("log_info")] == ["Already Downloaded"]
        assert items.count(Shelf.QUEUE) == 0

    def test_only_the_sender_hears_of_it(self, listening: Heard, pushes: Pushes) -> None:
        connections.add("c2", "2")
        say("add_url", {})
        assert pushes.to("c2") == []


class TestItems:
    @pytest.mark.parametrize("data", [None, "", {}, {"id": "a"}, ["a"], 5])
    def test_cancel_wants_an_id(self, listening: Heard, data: Any) -> None:
        say("item_cancel", data)
        assert problems(listening) == [("Invalid Request", "No item ID provided.")]

    @pytest.mark.parametrize("data", [None, "", "a", {}, {"id": ""}, {"id": 5}, {"id": None}, []])
    def test_delete_wants_an_id(self, listening: Heard, data: str | list[Any] | dict[str, Any] | None) -> None:
        say("item_delete", data)
        assert problems(listening) == [("Invalid Request", "No item ID provided.")]

    @pytest.mark.parametrize("verb", ["start", "pause"])
    @pytest.mark.parametrize("data", [None, "", [], {}, 5, [5, None], [""]])
    def test_start_and_pause_want_ids(self, listening: Heard, verb: str, data: Any) -> None:
        say(f"item_{verb}", data)
        assert problems(listening) == [("Invalid Request", f"No items provided to {verb}.")]

    @pytest.mark.parametrize(
        ("event", "data"),
        [("item_cancel", "x"), ("item_delete", {"id": "x"}), ("item_cancel", "d"), ("item_start", ["x"]),
         ("item_pause", "x"), ("item_cancel", "\0" * 3000)],
    )  # fmt: skip
    def test_nobody_is_told_of_an_unknown_one_but_its_sender(
        self, listening: Heard, pushes: Pushes, event: str, data: str | dict[str, str] | list[str]
    ) -> None:
        records.add([done("d")])
        connections.add("c2", "2")
        say(event, data)
        assert len(problems(listening)) == 1
        assert pushes.to("c2") == []

    def test_cancel(self, listening: Heard) -> None:
        records.add([item("a")])
        say("item_cancel", "a")
        assert listening.names == ["item_cancelled", "item_moved"]
        assert items.get("a").status is Status.CANCELLED

    def test_delete_of_a_history_record(self, listening: Heard) -> None:
        records.add([done("a")])
        say("item_delete", {"id": "a"})
        assert listening.names == ["item_deleted"]
        assert items.find("a") is None

    def test_delete_of_what_a_feed_brought_is_known_to_its_next_sweep(self, listening: Heard) -> None:
        records.add([done("a", Status.ERROR, identity="entry-1", extras={"source_handler": "Rss"})])
        name = feed_history.memory_name("Rss", "")
        now = time.time()
        feed_history.confirm(name, ["entry-1"], {}, now)
        say("item_delete", {"id": "a"})
        assert feed_history.find_many(name, ["entry-1"], now)["entry-1"].failed_at == T0

    def test_delete_of_the_last_file_of_a_folder(self, listening: Heard, configure: Callable[..., None]) -> None:
        configure(remove_files=True)
        for path in ("a/x.mp4", "b/y.mp4"):
            bucket.put_bytes(f"files/{path}", b"x")
        assert [entry.name for path in ("", "a") for entry in folders.entries_of(path)] == ["a", "b", "x.mp4"]
        records.add([done("a", folder="a", filename="x.mp4")])
        say("item_delete", {"id": "a", "remove_file": True})
        assert [entry.name for entry in folders.entries_of("")] == ["b"]

    def test_delete_of_a_queued_item_cancels_and_removes_it(self, listening: Heard) -> None:
        records.add([item("a")])
        say("item_delete", {"id": "a"})
        assert listening.names == ["item_cancelled", "item_moved", "item_deleted"]
        assert items.find("a") is None

    def test_delete_of_a_running_download_waits_for_its_worker(self, listening: Heard) -> None:
        records.add([waiting("a")])
        lease = leases.acquire("a", "w", time.time())
        assert lease
        begun = records.save(items.get("a"), items.get("a").evolve(status=Status.DOWNLOADING), lease)

        def work() -> None:
            while leases.renew(lease, time.time()) != "cancel":
                time.sleep(0.02)
            records.save(begun, begun.ended(Status.CANCELLED, time.time()), lease)

        worker = threading.Thread(target=work)
        worker.start()
        say("item_delete", {"id": "a"})
        worker.join()
        assert items.find("a") is None
        assert listening.names == ["item_deleted"]

    @pytest.mark.parametrize("given", ["a", ["a", "a"], ["b", "a"]])
    def test_pause_and_start(self, listening: Heard, given: str | list[str]) -> None:
        records.add([waiting("a"), waiting("b")])
        ids = {given} if isinstance(given, str) else set(given)
        say("item_pause", given)
        assert {id_ for id_ in "ab" if not items.get(id_).auto_start} == ids
        say("item_start", given)
        assert all(items.get(id_).auto_start for id_ in ids)
        assert listening.names == ["item_updated"] * 2 * len(ids)

    def test_files_stay_unless_asked_for(self, listening: Heard, configure: Callable[..., None], stack: Stack) -> None:
        configure(remove_files=True)
        for remove, left in ((None, True), ("yes", True), (True, False)):
            bucket.put_bytes("files/x.mp4", b"x")
            records.add([done("a", filename="x.mp4")])
            say("item_delete", {"id": "a", "remove_file": remove})
            assert (bucket.find("files/x.mp4") is not None) is left


def test_a_failing_handler_leaves_the_connection(listening: Heard) -> None:
    """A deployment without its queues: the add fails, the client is told and stays."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DLAMBDA_QUEUE_PREFIX", "nowhere-")
        with new_deployment():
            say("add_url", {"url": URL})
    assert connections.ids_by_audience() == {("", ""): ["c1"]}
    assert problems(listening) == [("Error Adding URL", "Internal Server Error")]
