"""The pure shapes of a dialect: docs/contract/dialects.md."""

from datetime import UTC, datetime
from typing import Any

import pytest

from dlambda.domain.dialects.dialect import Answer, Asked, Routes
from dlambda.domain.dialects.registry import DIALECTS, ROOT, frames, split_path
from dlambda.domain.events import event
from dlambda.domain.events.event import Event, Name
from dlambda.domain.items.progress import Progress
from dlambda.errors import Invalid
from tests.store.samples import done, waiting

YTPTUBE = DIALECTS["ytptube"]
ITEM_ID = "5f0c6a0e-6f5e-4e3c-9c43-0f1d7f0c2b11"
PROGRESS = {"speed": "1.0 MiB/s", "eta": "00:00:05", "speed_bps": 1048576.0, "eta_seconds": 5}
VIEW: dict[str, Any] = {"_id": ITEM_ID, "status": "downloading", "is_live": None, "extras": {}, **PROGRESS}


def translated(line: str, body: Any, status: int = 200, **query: str) -> Answer:
    method, _, path = line.partition(" ")
    translate = YTPTUBE.answers.find(method, path)
    assert translate
    return translate(Asked(method, path, query), Answer(status, body))


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("/ytptube/api/ping", ("ytptube", "/api/ping")),
        ("/ytptube/ws", ("ytptube", "/ws")),
        ("/ytptube/", ("ytptube", "/")),
        ("/ytptube", (ROOT, "/ytptube")),
        ("/ytptubes/api/ping", (ROOT, "/ytptubes/api/ping")),
        ("/api/ytptube/ping", (ROOT, "/api/ytptube/ping")),
        ("/api/ping", (ROOT, "/api/ping")),
        ("/", (ROOT, "/")),
        ("", (ROOT, "")),
    ],
)
def test_a_path_names_a_dialect_at_its_front_alone(path: str, parts: tuple[str, str]) -> None:
    assert split_path(path) == parts


@pytest.mark.parametrize(
    ("method", "path", "value"),
    [
        ("GET", "/a", "plain"),
        ("HEAD", "/a/", "plain"),
        ("GET", "/a/live", "word"),
        ("GET", "/a/x", "one"),
        ("GET", "/a/x/y", "deep"),
        ("POST", "/a", None),
        ("GET", "/b", None),
    ],
)
def test_plain_routes_come_first(method: str, path: str, value: str | None) -> None:
    routes = Routes({"GET /a/<id>": "one", "GET /a/<path>": "deep", "GET /a/live": "word", "GET /a": "plain"})
    assert routes.find(method, path) == value


@pytest.mark.parametrize(
    ("status", "shown"), [("pending", None), ("preparing", "preparing"), ("finished", "finished"), ("skip", "skip")]
)
def test_an_item_has_numbers_and_no_status_while_it_waits(status: str, shown: str | None) -> None:
    assert translated(f"GET /api/history/{ITEM_ID}", {**VIEW, "status": status}).body == {
        **VIEW, "status": shown, "speed": 1048576.0, "eta": 5, "is_live": False,
        "extras": {"duration": None, "is_premiere": False},
    }  # fmt: skip


def test_extras_that_are_there_stay() -> None:
    body = translated(f"GET /api/history/{ITEM_ID}", {**VIEW, "extras": {"duration": 5, "channel": "Sea"}}).body
    assert body["extras"] == {"duration": 5, "is_premiere": False, "channel": "Sea"}


def test_what_is_live_stays() -> None:
    assert translated(f"POST /api/history/{ITEM_ID}/rename", {**VIEW, "is_live": True}).body["is_live"] is True


@pytest.mark.parametrize(
    "line",
    ["GET /api/history", "POST /api/history", "GET /api/history/live", "GET /api/history/x", "POST /api/history/start",
     "GET /api/system/configuration", "GET /api/yt-dlp/options", "GET /api/file/browser/a/b"],
)  # fmt: skip
def test_an_error_stays(line: str) -> None:
    problem = {"error": "Something.", "code": "X"}
    assert translated(line, problem, 500) == Answer(500, problem)


def test_a_page() -> None:
    body = {"type": "queue", "pagination": {"page": 1}, "items": [{**VIEW, "status": "pending"}]}
    answer = translated("GET /api/history/", body)
    assert answer.body["items"][0]["status"] is None
    assert (answer.body["type"], answer.body["pagination"]) == ("queue", {"page": 1})


@pytest.mark.parametrize(("query", "kind"), [({}, "queue"), ({"type": "DONE"}, "done"), ({"type": "queue"}, "queue")])
def test_a_list_without_a_type_is_the_queue(query: dict[str, str], kind: str) -> None:
    translate = YTPTUBE.queries.find("GET", "/api/history")
    assert translate
    assert translate({"page": "2", **query}) == {"page": "2", "type": kind}


@pytest.mark.parametrize("kind", ["all", "", "x"])
def test_other_types_are_refused(kind: str) -> None:
    translate = YTPTUBE.queries.find("GET", "/api/history")
    assert translate
    with pytest.raises(Invalid, match=r"type must be one of done, queue\."):
        translate({"type": kind})


def test_the_live_queue() -> None:
    body = {"queue": {ITEM_ID: VIEW}, "history_count": 7, "queue_count": 9, "queue_limit": 1}
    answer = translated("GET /api/history/live", body)
    assert answer.body["queue"][ITEM_ID]["speed"] == 1048576.0
    assert {**answer.body, "queue": None} == {**body, "queue": None}


def test_an_add_is_accepted() -> None:
    outcomes = [{"status": "queued", "msg": None, "_id": None}, {"status": "queued", "msg": None, "_id": "b"}]
    assert translated("POST /api/history", outcomes) == Answer(
        202,
        {
            "status": "accepted",
            "message": "Accepted 2 item(s) for processing",
            "batch_id": "batch_b",
            "count": 2,
            "items": outcomes,
        },
    )
    assert translated("POST /api/history", outcomes, sync="TRUE") == Answer(200, outcomes)


@pytest.mark.parametrize("word", ["start", "pause", "force-start", "position"])
def test_words_say_that_they_are_fine(word: str) -> None:
    assert translated(f"POST /api/history/{word}", {"a": "started"}).body == {"status": "ok", "a": "started"}
    assert translated(f"POST /api/history/{word}", {"a": "not found", "status": "error"}).body["status"] == "error"


@pytest.mark.parametrize("word", ["cancel", "retry"])
def test_words_that_stay(word: str) -> None:
    assert translated(f"POST /api/history/{word}", {"a": "ok"}).body == {"a": "ok"}


def test_deletes_have_their_status_among_the_items() -> None:
    body = {"a": "ok", "items": {"a": "ok"}, "deleted": 1}
    assert translated("DELETE /api/history", body).body == {**body, "items": {"status": "ok", "a": "ok"}}
    body = {"a": "gone", "items": {"a": "gone"}, "deleted": 0, "status": "error"}
    assert translated("DELETE /api/history", body).body["items"]["status"] == "error"


def test_the_options_of_a_line_have_its_template_and_folder() -> None:
    body: dict[str, Any] = {"opts": {"format": "bv"}, "output_template": "%(id)s", "download_path": "/x"}
    opts = {"format": "bv", "outtmpl": {"default": "%(id)s"}, "paths": {"home": "/x"}}
    assert translated("POST /api/yt-dlp/convert", body).body == {**body, "opts": opts}
    body = {"opts": {}, "output_template": None, "download_path": None}
    assert translated("POST /api/yt-dlp/convert", body).body == body


@pytest.mark.parametrize(("found", "kind"), [({"entries": []}, "playlist"), ({"_type": "url"}, "url"), ({}, "video")])
def test_metadata_says_its_kind(found: dict[str, Any], kind: str) -> None:
    assert translated("GET /api/yt-dlp/url/info", found).body == {**found, "_type": kind}


def test_configuration() -> None:
    app = {"instance_title": "", "ui_update_title": True, "base_path": "/dl/"}
    body = {"app": app, "queue": [VIEW], "folders": [{"name": "b", "path": "a/b"}], "paused": True, "history_count": 3}
    answer = translated("GET /api/system/configuration", body).body
    assert list(answer["queue"]) == [ITEM_ID]
    assert answer["folders"] == ["a/b"]
    assert (answer["paused"], answer["history_count"]) == (True, 3)
    assert answer["app"] == {
        "instance_title": None, "ui_update_title": True, "base_path": "/dl/ytptube/"
    }  # fmt: skip


def test_updates_that_nobody_looks_for_are_no_error() -> None:
    off = {"status": "disabled", "current_version": None, "new_version": None}
    body = {**off, "app": off, "ytdlp": off}
    assert translated("POST /api/system/check-updates", {**body, "error": "X", "code": "Y"}, 400) == Answer(200, body)
    assert translated("POST /api/system/check-updates", {"error": "X", "code": "Y"}, 400).status == 400


def test_options_are_a_list() -> None:
    assert translated("GET /api/yt-dlp/options", {"version": "1", "count": 1, "options": [1]}).body == [1]


def test_paths_of_folders_begin_with_a_name() -> None:
    body = {"path": "/a", "contents": [{"path": "/a/b", "name": "b"}]}
    assert translated("GET /api/file/browser/a", body).body == {"path": "a", "contents": [{"path": "a/b", "name": "b"}]}
    assert translated("GET /api/file/browser/", {"path": "/", "contents": []}).body["path"] == "/"


@pytest.mark.parametrize(
    ("line", "error", "status", "answered"),
    [
        ("GET /api/yt-dlp/url/info", "Preset 'x' does not exist.", 404, 400),
        ("GET /api/yt-dlp/url/info", "URL is required.", 400, 400),
        ("GET /api/history/add", "Preset 'x' does not exist.", 404, 400),
        (f"POST /api/history/{ITEM_ID}", "no data provided.", 400, 400),
        (f"POST /api/history/{ITEM_ID}/archive", "item 'x' does not have an archive file.", 404, 400),
        (f"POST /api/history/{ITEM_ID}/archive", f"item '{ITEM_ID}' not found.", 404, 404),
        (f"POST /api/history/{ITEM_ID}/archive", "item 'x' already archived.", 409, 409),
        (f"DELETE /api/history/{ITEM_ID}/archive", "item 'x' not archived.", 404, 409),
        (f"DELETE /api/history/{ITEM_ID}/archive", f"item '{ITEM_ID}' not found.", 404, 404),
        (f"POST /api/history/{ITEM_ID}/nfo", "NFO file already exists.", 409, 400),
        (f"POST /api/history/{ITEM_ID}/nfo", "item 'x' not found.", 404, 404),
    ],
)
def test_statuses_of_errors(line: str, error: str, status: int, answered: int) -> None:
    assert translated(line, {"error": error, "code": "X"}, status).status == answered


def test_removing_what_is_in_no_archive_is_fine() -> None:
    body = {"file": "/config/archive.log", "status": False, "items": ["a 1"]}
    assert translated("DELETE /api/archiver", body, 304) == Answer(200, {**body, "status": True})
    assert translated("DELETE /api/archiver", {**body, "status": True}) == Answer(200, {**body, "status": True})


def test_work_on_files_that_goes_on_is_a_list() -> None:
    assert translated("POST /api/file/actions", {"job": "j", "done": False, "results": []}, 202) == Answer(202, [])
    assert translated("POST /api/file/actions", [{"ok": True}]) == Answer(200, [{"ok": True}])


@pytest.mark.parametrize(
    ("path", "code", "error", "params"),
    [
        ("/api/history/x/nfo", "NOT_FOUND", "item not found.", {"resource": "api.resources.item"}),
        ("/api/presets/7", "NOT_FOUND", "Preset not found", {"resource": "api.resources.preset"}),
        ("/api/tasks/7", "ALREADY_EXISTS", "Task with name 'a' already exists.", {"resource": "api.resources.task"}),
        ("/api/tasks/definitions/7", "NOT_FOUND", "x", {"resource": "api.resources.taskDefinition"}),
        ("/api/unheard/7", "NOT_FOUND", "x", {"resource": "unheard"}),
        ("/nowhere", "NOT_FOUND", "Not Found", {"resource": "/nowhere"}),
        ("/api/history", "REQUIRED", "URL is required.", {"field": "api.fields.url"}),
        ("/api/history", "INVALID", "type must be one of done, queue.", {"field": "api.fields.type"}),
        ("/api/history", "INVALID", "new_name is required.", {"field": "new_name"}),
        ("/api/history", "INVALID", "Preset 'x' does not exist.", {"field": "request"}),
        ("/api/history", "FORBIDDEN", "No.", None),
    ],
)
def test_errors_are_explained(path: str, code: str, error: str, params: dict[str, str] | None) -> None:
    answer = YTPTUBE.translate(Asked("POST", path), Answer(400, {"error": error, "code": code}))
    expected = {"error": error, "code": code, "detail": error} | ({"params": params} if params else {})
    assert answer == Answer(400, expected)


@pytest.mark.parametrize("body", [None, [], {"message": "x"}, {"error": "x", "code": "Y", "detail": [1], "params": {}}])
def test_what_is_explained_already_stays(body: Any) -> None:
    assert YTPTUBE.translate(Asked("GET", "/api/tasks"), Answer(500, body)) == Answer(500, body)


class TestEvents:
    def test_the_root_copies_the_payload_beside_it(self) -> None:
        told = Event(Name.PAUSED, {"paused": True})
        assert frames(told, ROOT) == [told.frame()]

    @pytest.mark.parametrize("told", [event.item_added(waiting("a")), event.item_updated(waiting("a"))])
    def test_an_item_is_translated_and_nothing_stands_beside_it(self, told: Event) -> None:
        told = told.stamped("e1", datetime(2026, 1, 1, tzinfo=UTC))
        [frame] = frames(told, "ytptube")
        assert frame["event"] == told.name
        assert list(frame["data"]) == ["id", "created_at", "event", "title", "message", "data"]
        assert (frame["data"]["id"], frame["data"]["data"]["_id"]) == ("e1", "a")
        assert (frame["data"]["data"]["status"], frame["data"]["data"]["is_live"]) == (None, False)

    def test_progress_is_numbers(self) -> None:
        [frame] = frames(event.item_updated(waiting("a"), {"status": "downloading", **PROGRESS}), "ytptube")
        assert (frame["data"]["data"]["speed"], frame["data"]["data"]["eta"]) == (1048576.0, 5)

    def test_short_progress_is_numbers(self) -> None:
        fields = Progress("downloading", 5, 10, 2.0, 3).fields()
        [frame] = frames(event.item_progress(waiting("a"), fields), "ytptube")
        payload = frame["data"]["data"]
        assert (frame["event"], payload["speed"], payload["eta"], payload["percent"]) == ("item_progress", 2.0, 3, 50.0)
        assert "is_live" not in payload

    def test_a_move_says_from_where(self) -> None:
        [frame] = frames(event.item_moved(done("a", is_live=None)), "ytptube")
        payload = frame["data"]["data"]
        assert (payload["from"], payload["to"], payload["preset"]) == ("queue", "history", "default")
        assert (payload["item"]["_id"], payload["item"]["is_live"]) == ("a", False)

    def test_a_changed_resource_stands_in_data_alone(self) -> None:
        [frame] = frames(event.config_update("presets", "create", {"id": 5, "name": "x"}, owner=""), "ytptube")
        assert frame["data"]["data"] == {
            "feature": "presets", "action": "create", "data": {"id": 5, "name": "x"}, "extras": {}
        }  # fmt: skip

    def test_other_payloads_stay(self) -> None:
        [frame] = frames(event.log(Name.LOG_INFO, "T", "M", owner="", preset="x"), "ytptube")
        assert (frame["data"]["title"], frame["data"]["message"], frame["data"]["data"]) == ("T", "M", {"preset": "x"})
