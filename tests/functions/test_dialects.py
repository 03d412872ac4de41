"""What is asked below `/ytptube`: docs/contract/dialects.md. Shapes one by one: tests/unit/test_dialects.py."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from dlambda.deployment import current
from dlambda.domain.items.item import Status
from dlambda.store import connections
from dlambda.store.items import items, slots
from events.on_socket.main import lambda_handler
from tests.functions.calls import Client, error
from tests.functions.permissions import acting_as
from tests.pushes import Pushes
from tests.stack import Stack
from tests.store import records
from tests.store.samples import done, waiting

Group = Callable[[str], Client]
Configure = Callable[..., None]
URL = "https://video.example/watch?v=1"
UNKNOWN = "5f0c6a0e-6f5e-4e3c-9c43-0f1d7f0c2b11"


class TestPath:
    def test_the_plain_root_answers_as_the_document_says(self, history: Client) -> None:
        records.add([waiting("a")])
        assert history.get("/api/history/a")[1]["status"] == "pending"
        assert history.get("/ytptube/api/history/a")[1]["status"] is None

    @pytest.mark.parametrize("path", ["/ytptube//api/history/a", "/ytptube/api//history/a/"])
    def test_slashes_too_many_are_folded(self, history: Client, path: str) -> None:
        records.add([waiting("a")])
        assert history.get(path)[1]["status"] is None

    @pytest.mark.parametrize("path", ["/ytptube", "/ytptube/", "/other/api/ping", "/ytptube/ytptube/api/ping"])
    def test_what_no_dialect_has(self, system: Client, path: str) -> None:
        assert system.get(path)[0] == 404

    def test_below_a_base_path(self, stack: Stack, configure: Configure) -> None:
        from dlambda.entry.http import make_app
        from endpoints.history.routes import routes

        configure(base_path="/dl")
        records.add([waiting("a")])
        client = Client(make_app(routes).test_client(), "history")
        assert client.get("/dl/ytptube/api/history/a")[1]["status"] is None
        assert client.get("/ytptube/api/history/a")[0] == 404

    def test_a_redirect_stays_below_it(self, system: Client) -> None:
        status, document = system.get("/ytptube/api/docs/openapi.json")
        assert (status, document["servers"][0]["url"]) == (200, "/ytptube")

    @pytest.mark.parametrize("name", ["conditions", "notifications", "presets", "dl_fields", "tasks"])
    def test_every_group_is_there(self, group: Group, name: str) -> None:
        status, body = group(name).get(f"/ytptube/api/{name}/")
        assert (status, sorted(body)) == (200, ["items", "pagination"])

    def test_credentials_are_asked_for_but_by_ping(self, system: Client, configure: Configure) -> None:
        configure(auth_username="u", auth_password="p")
        assert system.get("/ytptube/api/ping") == (200, {"status": "pong"})
        assert system.get("/ytptube/api/system/configuration")[0] == 401
        assert system.get("/api/ping")[0] == 401
        key = base64.b64encode(b"u:p").decode()
        assert system.get("/ytptube/api/system/configuration", apikey=key)[0] == 200

    @pytest.mark.parametrize("path", ["/api/system/pause", "/ytptube/api/system/pause"])
    def test_pages_of_other_origins_are_refused_there_as_well(self, system: Client, path: str) -> None:
        headers = {"Origin": "https://page.example", "Sec-Fetch-Site": "cross-site"}
        assert system.call("POST", path, headers=headers)[0] == 403


class TestHistory:
    @pytest.mark.parametrize("paused", [False, True])
    def test_a_waiting_item_has_no_status(self, history: Client, system: Client, paused: bool) -> None:
        records.add([waiting("a")])
        if paused:
            slots.pause(1.0)
        [listed] = history.get("/ytptube/api/history")[1]["items"]
        live = history.get("/ytptube/api/history/live")[1]
        queue = system.get("/ytptube/api/system/configuration")[1]["queue"]
        shown = [listed, live["queue"]["a"], queue["a"], history.get("/ytptube/api/history/a")[1]]
        assert {(view["status"], view["is_live"], view["force_start"]) for view in shown} == {(None, False, False)}
        assert (live["queue_count"], live["queue_loaded"], live["history_count"]) == (1, 1, 0)

    def test_all_is_no_type(self, history: Client) -> None:
        assert error(history.get("/ytptube/api/history", type="all")) == (400, "type must be one of done, queue.")
        records.add([done("a")])
        assert history.get("/ytptube/api/history", type="done")[1]["items"][0]["speed"] is None

    def test_adds_are_accepted(self, history: Client) -> None:
        status, body = history.post("/ytptube/api/history", [{"url": URL}, {"url": f"{URL}0"}])
        assert (status, body["status"], body["count"]) == (202, "accepted", 2)
        assert body["message"]
        assert body["batch_id"].startswith("batch_")
        assert items.find(body["items"][0]["_id"]) is not None
        assert history.post("/ytptube/api/history", {})[0] == 400

    def test_a_repeat_is_answered_in_its_own_dialect(self, history: Client) -> None:
        headers = {"Idempotency-Key": "k1"}
        statuses = [
            history.call("POST", f"{base}/api/history", {"url": URL}, headers=headers)[0]
            for base in ("", "/ytptube", "", "/ytptube")
        ]
        assert statuses == [200, 202, 200, 202]

    def test_deletes_answer_both_versions(self, history: Client) -> None:
        records.add([done("a"), done("b", Status.ERROR)])
        status, body = history.delete("/ytptube/api/history", {"type": "done", "ids": ["a"]})
        assert (status, body["items"], body["deleted"]) == (200, {"status": "ok", "a": "ok"}, 1)
        assert {"error", "message"}.isdisjoint(body)
        status, body = history.delete("/ytptube/api/history", {"type": "done", "status": "error"})
        assert (status, body["items"]["b"], body["deleted"]) == (200, "ok", 1)

    @pytest.mark.parametrize("body", [{}, {"ids": ["a"]}])
    def test_a_word_that_it_does_not_know(self, history: Client, body: dict[str, Any]) -> None:
        assert error(history.post("/ytptube/api/history/unknown-word", body)) == (404, "item not found.")

    def test_words(self, history: Client) -> None:
        records.add([waiting("a", auto_start=False)])
        assert history.post("/ytptube/api/history/start", {"ids": ["a"]})[1] == {"status": "ok", "a": "started"}

    def test_archiving(self, history: Client) -> None:
        records.add([done("plain"), done("marked", archive="x.log", archive_id="site 1")])
        assert history.post("/ytptube/api/history/plain/archive")[0] == 400
        assert history.delete("/ytptube/api/history/marked/archive")[0] == 409
        assert history.post(f"/ytptube/api/history/{UNKNOWN}/archive")[0] == 404


class TestOthers:
    def test_configuration(self, system: Client) -> None:
        status, body = system.get("/ytptube/api/system/configuration")
        assert status == 200
        assert (body["queue"], body["folders"], body["history_count"]) == ({}, [], 0)
        assert body["app"]["instance_title"] is None
        for name, kind in {"ui_update_title": bool, "queue_display_limit": int, "retry": int, "retry_fresh": bool,
                           "log_level": str, "runtime_log_level": str, "monitor_enabled": bool}.items():  # fmt: skip
            assert type(body["app"][name]) is kind

    def test_a_second_pause_or_resume(self, system: Client) -> None:
        statuses = [system.post(f"/ytptube/api/system/{word}")[0] for word in ("pause", "pause", "resume", "resume")]
        assert statuses == [200, 406, 200, 406]

    def test_options_are_a_list(self, group: Group) -> None:
        status, body = group("ytdlp").get("/ytptube/api/yt-dlp/options")
        assert status == 200
        assert body[0]["flags"]
        assert group("ytdlp").get("/api/yt-dlp/options")[1]["options"] == body

    def test_an_unknown_preset(self, group: Group) -> None:
        asked = {"url": "https://93.184.216.34/", "preset": "nobody"}
        assert group("ytdlp").get("/ytptube/api/yt-dlp/url/info", **asked)[0] == 400
        assert group("ytdlp").get("/api/yt-dlp/url/info", **asked)[0] == 404

    def test_removing_what_is_in_no_archive(self, archiver: Client) -> None:
        body = {"preset": "default", "items": ["a 1"]}
        expected = {"file": current().settings.archive_file, "status": True, "items": ["a 1"]}
        assert archiver.delete("/ytptube/api/archiver", body) == (200, expected)
        assert archiver.delete("/api/archiver", body)[0] == 304
        assert archiver.last.data == b""

    def test_names_of_tasks_and_definitions(self, group: Group) -> None:
        tasks, task = group("tasks"), {"name": "a", "url": URL, "timer": "5 * * * *"}
        assert [tasks.post("/ytptube/api/tasks", task)[0] for _ in range(2)] == [200, 409]

    @pytest.mark.parametrize("base", ["", "/ytptube"])
    def test_names_of_presets_are_an_array(self, group: Group, base: str) -> None:
        status, body = group("presets").get(f"{base}/api/presets", filter="name")
        assert status == 200
        assert {"name": "default"} in body

    @pytest.mark.parametrize(("base", "headers"), [("/ytptube", {}), ("", {"Referer": "http://localhost/ytptube/"})])
    def test_updates_that_nobody_looks_for(
        self, system: Client, configure: Configure, base: str, headers: dict[str, str]
    ) -> None:
        """Pages ask at the root of the host, whatever their base path is."""
        configure(check_for_updates="false")
        status, body = system.call("POST", f"{base}/api/system/check-updates", headers=headers)
        assert (status, body["app"]["status"], "error" in body) == (200, "disabled", False)
        assert system.post(f"{base}/api/system/shutdown")[0] == 400


class TestSocket:
    """dialects.md 5"""

    @pytest.fixture
    def connect(self, stack: Stack, pushes: Pushes) -> Callable[[str, str | None], Any]:
        def connect(connection_id: str, dialect: str | None) -> Any:
            event = {
                "requestContext": {"routeKey": "$connect", "connectionId": connection_id},
                "queryStringParameters": {"dialect": dialect} if dialect else None,
            }
            with acting_as("on_socket"):
                return lambda_handler(event, None)

        return connect

    def test_each_client_hears_its_own(
        self, connect: Callable[..., Any], history: Client, system: Client, pushes: Pushes
    ) -> None:
        for connection_id, dialect in (("c1", None), ("c2", "ytptube")):
            assert connect(connection_id, dialect) == {"statusCode": 200}
        history.post("/api/history", {"url": URL})
        [[plain], [other]] = [
            [frame["data"] for frame in pushes.to(name) if frame["event"] == "item_added"] for name in ("c1", "c2")
        ]
        assert (plain["status"], plain["data"]["status"]) == ("pending", "pending")
        assert "status" not in other
        assert other["data"]["status"] is None

    def test_so_does_the_one_who_asked(self, connect: Callable[..., Any], pushes: Pushes) -> None:
        connect("c2", "ytptube")
        body = json.dumps({"event": "item_cancel", "data": ""})
        with acting_as("on_socket"):
            lambda_handler({"requestContext": {"routeKey": "$default", "connectionId": "c2"}, "body": body}, None)
        [frame] = pushes.to("c2")
        assert (frame["event"], frame["data"]["message"]) == ("log_error", "No item ID provided.")
        assert "timestamp" not in frame["data"]

    def test_a_dialect_that_nobody_speaks(self, connect: Callable[..., Any]) -> None:
        answer = connect("c1", "klingon")
        assert (answer["statusCode"], json.loads(answer["body"])["error"]) == (400, "There is no dialect 'klingon'.")
        assert connections.ids_by_audience() == {}
