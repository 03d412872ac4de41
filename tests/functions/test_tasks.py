"""`/api/tasks`: docs/contract/tasks.md 2."""

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask.testing import FlaskClient

from dlambda.aws import bucket
from dlambda.deployment import current
from dlambda.store import connections
from dlambda.store.items import archive
from dlambda.store.tasks import task_schedule
from dlambda.usecases.tasks.write_task_files import write_images
from endpoints.presets.main import app as presets
from endpoints.tasks.main import app
from tests.media.canned import Web, client_of
from tests.origin import Origin
from tests.patience import must_end
from tests.pushes import Pushes
from tests.stack import Stack

Heard = Callable[[], list[dict[str, Any]]]
FIRST = {"name": "Tides", "url": "https://a.example/feed.rss", "timer": "5 */2 * * *", "preset": "audio_only"}


@pytest.fixture
def client(stack: Stack) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def heard(client: FlaskClient, pushes: Pushes) -> Heard:
    """What a connected client has got so far: the payloads of `config_update`."""
    connections.add("c1", "s1")
    return lambda: [frame["data"]["data"] for frame in pushes.to("c1") if frame["event"] == "config_update"]


def archived() -> list[str]:
    return archive.list_(current().settings.archive_file)


def make(client: FlaskClient, **changes: Any) -> dict[str, Any]:
    answer = client.post("/api/tasks", json=FIRST | changes)
    assert answer.status_code == 200, answer.get_json()
    return dict(answer.get_json())


def test_a_task_is_made_and_read(client: FlaskClient) -> None:
    made = make(client, cookies="x", config={"a": 1}, unknown=1)
    assert made["id"] == 1
    assert {key: made[key] for key in FIRST} == FIRST
    assert (made["cookies"], made["config"], made["last_run"], made["last_result"]) == ("", {}, None, None)
    assert made["next_run"].endswith(":05:00+00:00")
    assert client.get("/api/tasks/1").get_json() == made
    assert client.get("/api/tasks/").get_json()["items"] == [made]


def test_an_array_of_one_answers_an_object(client: FlaskClient) -> None:
    assert client.post("/api/tasks", json=[FIRST]).get_json()["name"] == "Tides"


def test_an_array_is_completed_from_its_first_element(client: FlaskClient, heard: Heard) -> None:
    body = [
        FIRST,
        {"url": "https://b.example/", "name": "Tides", "preset": ""},
        {"url": "https://c.example/", "name": "Other", "timer": "1 1 * * *"},
    ]
    made = client.post("/api/tasks", json=body).get_json()
    assert [(task["name"], task["timer"], task["preset"]) for task in made] == [
        ("Tides", "5 */2 * * *", "audio_only"),
        ("Tides-1", "10 */2 * * *", ""),
        ("Other", "1 1 * * *", "audio_only"),
    ]
    assert [(update["feature"], update["action"], update["data"]["name"]) for update in heard()] == [
        ("tasks", "create", name) for name in ("Tides", "Tides-1", "Other")
    ]


def test_a_title_that_cannot_be_had_becomes_a_number(client: FlaskClient) -> None:
    body = [FIRST, {"url": "http://127.0.0.1:1/"}, {"url": "http://127.0.0.1:1/"}]
    names = [task["name"] for task in client.post("/api/tasks", json=body).get_json()]
    assert names == ["Tides", "task-1", "task-2"]


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ("text", 400, "Invalid request body. Expecting dict or list of dicts."),
        ([], 400, "Invalid request body. Expecting dict or list of dicts."),
        (None, 400, "Invalid request body. Expecting dict or list of dicts."),
        (["x"], 400, "First item requires 'url' field."),
        ({"name": "a"}, 400, "First item requires 'url' field."),
        ({"url": "https://a.example"}, 400, "First item requires 'name' field."),
        (FIRST | {"timer": "@daily"}, 400, "Failed to validate first task."),
        (FIRST | {"name": "Taken"}, 409, "Task with name 'Taken' already exists."),
        ([FIRST, {"url": "ftp://b"}], 400, "Failed to validate task."),
        ([FIRST, {"name": "b"}], 400, "Failed to validate task."),
    ],
)
def test_a_bad_body_stores_nothing(client: FlaskClient, body: Any, status: int, error: str) -> None:
    make(client, name="Taken")
    answer = client.post("/api/tasks", json=body)
    assert (answer.status_code, answer.get_json()["error"]) == (status, error)
    assert client.get("/api/tasks").get_json()["pagination"]["total"] == 1


def test_what_is_no_json_is_told(client: FlaskClient) -> None:
    answer = client.post("/api/tasks", data="{")
    assert (answer.status_code, answer.get_json()["error"]) == (400, "Invalid JSON in request body.")


def test_tasks_are_listed_by_name_in_pages(client: FlaskClient) -> None:
    for name in "bdeac":
        make(client, name=name)
    answer = client.get("/api/tasks?page=1&per_page=2").get_json()
    assert [task["name"] for task in answer["items"]] == ["a", "b"]
    assert answer["pagination"] == {
        "page": 1, "per_page": 2, "total": 5, "total_pages": 3, "has_next": True, "has_prev": False,
    }  # fmt: skip
    beyond = client.get("/api/tasks?page=9&per_page=2").get_json()
    assert ([task["name"] for task in beyond["items"]], beyond["pagination"]["page"]) == (["e"], 3)
    assert client.get("/api/tasks?per_page=0").get_json()["error"] == "per_page must be between 1 and 1000."


def test_a_patch_changes_what_is_sent_and_its_schedule(client: FlaskClient, heard: Heard) -> None:
    make(client)
    changed = client.patch("/api/tasks/1", json={"timer": "0 12 * * *", "id": 9, "created_at": "x"}).get_json()
    assert (changed["id"], changed["timer"], changed["preset"]) == (1, "0 12 * * *", "audio_only")
    assert changed["next_run"].endswith("T12:00:00+00:00")
    off = client.patch("/api/tasks/1", json={"enabled": False}).get_json()
    assert (off["enabled"], off["next_run"]) == (False, None)
    assert task_schedule.read(1).next_run is None
    assert heard()[-1]["action"] == "update"


def test_a_put_resets_what_is_left_out(client: FlaskClient) -> None:
    made = make(client)
    put = client.put("/api/tasks/1", json={"name": "New", "url": "https://b.example/"}).get_json()
    assert (put["name"], put["timer"], put["preset"], put["created_at"]) == ("New", "", "", made["created_at"])
    assert client.put("/api/tasks/1", json={"name": "x"}).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "error"),
    [
        ("GET", "/api/tasks/9", None, 404, "Task not found"),
        ("DELETE", "/api/tasks/9", None, 404, "Task '9' not found."),
        ("PATCH", "/api/tasks/9", {}, 404, "Task not found"),
        ("PUT", "/api/tasks/9", FIRST, 404, "Task not found"),
        ("PATCH", "/api/tasks/1", [], 400, "Invalid request body expecting dict."),
        ("PATCH", "/api/tasks/1", {"name": None}, 400, "Failed to validate task."),
        ("PATCH", "/api/tasks/1", {"timer": "bad"}, 400, "Failed to validate task."),
        ("PATCH", "/api/tasks/1", {"name": "Other"}, 409, "Task with name 'Other' already exists."),
        ("POST", "/api/tasks/9/mark", None, 404, "Task '9' does not exist."),
        ("DELETE", "/api/tasks/9/mark", None, 404, "Task '9' does not exist."),
        ("POST", "/api/tasks/9/metadata", None, 404, "Task '9' does not exist."),
        ("GET", "/api/tasks/x", None, 404, "Not Found"),
    ],
)
def test_errors_have_their_texts(
    client: FlaskClient, method: str, path: str, body: Any, status: int, error: str
) -> None:
    make(client)
    make(client, name="Other")
    answer = client.open(path, method=method, json=body)
    assert (answer.status_code, answer.get_json()["error"]) == (status, error)


def test_its_own_name_is_not_in_use(client: FlaskClient) -> None:
    make(client)
    assert client.patch("/api/tasks/1", json={"name": "Tides"}).status_code == 200


def test_a_removed_task_leaves_no_schedule(client: FlaskClient, heard: Heard) -> None:
    make(client)
    assert client.delete("/api/tasks/1").get_json()["name"] == "Tides"
    assert task_schedule.read(1) == task_schedule.Run(1)
    assert client.get("/api/tasks/1").status_code == 404
    assert heard()[-1]["action"] == "delete"
    assert make(client)["id"] == 2


def test_passwords_in_options_are_masked_in_lists_alone(client: FlaskClient) -> None:
    made = make(client, cli="--proxy http://u:secret@proxy.example:8080")
    assert "secret" in client.get("/api/tasks/1").get_json()["cli"]
    listed = client.get("/api/tasks").get_json()["items"][0]["cli"]
    assert listed == "--proxy http://u:********@proxy.example:8080"
    client.patch(f"/api/tasks/{made['id']}", json={"cli": listed})
    assert "secret" in client.get("/api/tasks/1").get_json()["cli"]


def test_an_element_without_name_bears_the_title_that_its_url_reports(client: FlaskClient, origin: Origin) -> None:
    body = [FIRST, {"url": origin.url("/feed/2.rss")}, {"url": origin.url("/feed/2.rss?again")}]
    names = [task["name"] for task in client.post("/api/tasks", json=body).get_json()]
    assert names == ["Tides", "Feed of 2", "Feed of 2-1"]


def test_images_of_a_channel_are_written_and_what_is_none_is_left_out(client: FlaskClient) -> None:
    web = Web({"https://i.example/a": b"jpeg", "https://i.example/b": b"x"}, content_type="image/jpeg")
    images = {"thumb": "https://i.example/a", "poster": "https://i.example/a", "icon": "https://gone.example/c"}
    written = write_images("tides", images, client_of(web))
    assert written == {"thumb": "tides/thumb.jpg", "poster": "tides/poster.jpg"}
    assert bucket.get_bytes("files/tides/poster.jpg") == b"jpeg"
    assert [request.url for request in web.asked] == ["https://i.example/a", "https://gone.example/c"]
    assert write_images("", images, client_of(Web(web.pages, content_type="text/html"))) == {}


# Inspect


def test_a_handler_is_found_without_a_fetch(client: FlaskClient) -> None:
    body = {"url": "https://a.example/x.rss", "static_only": True, "preset": None}
    assert client.post("/api/tasks/inspect", json=body).get_json() == {
        "matched": True,
        "handler": "RssGenericHandler",
        "supported": True,
        "items": [],
        "metadata": {"matched": True, "handler": "RssGenericHandler", "supported": True, "raw_count": 0},
    }


@pytest.mark.parametrize(
    ("body", "error", "matched", "handler"),
    [
        ({"url": "https://a.example/x"}, "No handler matched the supplied URL.", False, None),
        ({"url": "https://a.example/x.rss", "handler": "None"}, "Handler 'None' not found.", False, "None"),
        (
            {"url": "https://a.example/x.rss", "handler": "twitchHANDLER"},
            "Handler cannot process the supplied URL.",
            False,
            "TwitchHandler",
        ),
    ],
)
def test_an_inspection_says_why_not(
    client: FlaskClient, body: Any, error: str, matched: bool, handler: str | None
) -> None:
    answer = client.post("/api/tasks/inspect", json=body)
    found = answer.get_json()
    assert (answer.status_code, found["error"], found["message"]) == (400, error, error)
    assert (found["matched"], found["handler"], found["metadata"]) == (matched, handler, {"supported": matched})


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "url is required."),
        ({"url": "ftp://a"}, "Invalid scheme usage. Only HTTP or HTTPS allowed."),
        ({"url": "https://"}, "Invalid hostname."),
    ],
)
def test_an_inspection_needs_a_url(client: FlaskClient, body: Any, error: str) -> None:
    answer = client.post("/api/tasks/inspect", json=body)
    assert (answer.status_code, answer.get_json()["error"]) == (400, error)


def test_a_feed_is_inspected(client: FlaskClient, origin: Origin) -> None:
    url = origin.url("/feed/3.rss")
    answer = client.post("/api/tasks/inspect", json={"url": url})
    found = answer.get_json()
    assert answer.status_code == 200, found
    assert (found["matched"], found["handler"], found["supported"]) == (True, "RssGenericHandler", True)
    assert len(found["items"]) == found["metadata"]["raw_count"] == found["metadata"]["entry_count"]
    assert {"url", "title", "archive_id", "metadata", "is_archived"} <= set(found["items"][0])


def test_a_feed_that_cannot_be_read_says_why(client: FlaskClient) -> None:
    answer = client.post("/api/tasks/inspect", json={"url": "http://127.0.0.1:1/x.rss"})
    found = answer.get_json()
    assert (answer.status_code, found["message"]) == (400, "Failed to fetch RSS/Atom feed.")
    assert "refused" in found["error"]
    assert (found["matched"], found["metadata"]) == (True, {"supported": True})


# Secrets and limits


def test_a_proxys_password_is_shown_by_its_own_get_alone(client: FlaskClient, heard: Heard) -> None:
    clear, hidden = "--proxy http://u:s3cret@9.9.9.9:80", "--proxy http://u:********@9.9.9.9:80"
    made = make(client, cli=clear)
    changed = client.patch("/api/tasks/1", json={"folder": "x", "cli": hidden}).get_json()
    replaced = client.put("/api/tasks/1", json=FIRST | {"cli": hidden}).get_json()
    listed = client.get("/api/tasks/").get_json()["items"][0]
    assert [each["cli"] for each in (made, changed, replaced, listed)] == [hidden] * 4
    assert client.get("/api/tasks/1").get_json()["cli"] == clear
    assert "s3cret" not in str(heard())


def test_a_long_option_is_refused(client: FlaskClient) -> None:
    with must_end():
        answer = client.post("/api/tasks", json=FIRST | {"cli": "--add-header X:" + "y" * 450_000})
    assert (answer.status_code, answer.get_json()["error"]) == (400, "Failed to validate first task.")


@pytest.mark.parametrize("method", ["GET", "PATCH", "PUT", "DELETE"])
def test_a_number_beyond_all_tasks_is_not_found(client: FlaskClient, method: str) -> None:
    assert client.open(f"/api/tasks/{'9' * 40}", method=method, json={}).status_code == 404


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_what_is_no_number_is_not_marked(client: FlaskClient, method: str) -> None:
    answer = client.open("/api/tasks/abc/mark", method=method)
    assert (answer.status_code, answer.get_json()["error"]) == (400, "No task id.")


@pytest.mark.parametrize("value", ["NaN", "-Infinity", "1e999"])
def test_a_number_without_end_is_no_json(client: FlaskClient, value: str) -> None:
    answer = client.post("/api/tasks", data=f'{{"name": "a", "url": "https://a.example", "config": {value}}}')
    assert (answer.status_code, answer.get_json()["error"]) == (400, "Invalid JSON in request body.")


def test_a_taken_name_is_told_before_what_is_wrong_with_later_elements(client: FlaskClient) -> None:
    make(client)
    answer = client.post("/api/tasks", json=[FIRST, {"url": "ftp://x"}])
    assert (answer.status_code, answer.get_json()["error"]) == (409, "Task with name 'Tides' already exists.")


def test_many_arrays_at_once_get_a_name_for_each_element(client: FlaskClient) -> None:
    def ask(number: int) -> int:
        bodies = [FIRST | {"name": f"first {number}"}, {"url": "https://b.example/", "name": "shared"}]
        return app.test_client().post("/api/tasks", json=bodies).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == {200}
    names = [each["name"] for each in client.get("/api/tasks/").get_json()["items"]]
    assert len(set(names)) == len(names) == 16


def test_many_changes_at_once_are_all_made(client: FlaskClient) -> None:
    make(client)

    def ask(number: int) -> int:
        return app.test_client().patch("/api/tasks/1", json={"folder": f"f{number}"}).status_code

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(ask, range(16))) == {200}


def test_a_look_up_of_a_title_uses_the_presets_options(client: FlaskClient, origin: Origin) -> None:
    cli = "--proxy http://127.0.0.1:1"
    presets.test_client().post("/api/presets", json={"name": "tunnel", "cli": cli})
    bodies = [FIRST, {"url": origin.url("/feed/3.rss"), "preset": "tunnel"}]
    assert client.post("/api/tasks", json=bodies).get_json()[1]["name"] == "task-1"


# Mark


def test_a_source_behind_a_proxy_is_asked_through_it(client: FlaskClient, origin: Origin) -> None:
    make(client, url=origin.url("/feed/3.rss"), cli="--proxy http://127.0.0.1:1")
    answer = client.post("/api/tasks/1/mark")
    assert (answer.status_code, answer.get_json()["error"]) == (400, "Failed to extract information from URL.")


def test_all_that_a_source_has_is_marked_and_unmarked(client: FlaskClient, origin: Origin) -> None:
    make(client, url=origin.url("/feed/3.rss"))
    words = [client.open("/api/tasks/1/mark", method=method).get_json() for method in ("POST", "POST")]
    assert words == [
        {"message": "Task 'Tides' items marked as downloaded."},
        {"message": "No new items to mark as downloaded."},
    ]
    assert len(archived()) == 3
    words = [client.open("/api/tasks/1/mark", method=method).get_json() for method in ("DELETE", "DELETE")]
    assert words == [
        {"message": "Removed 'Tides' items from archive file."},
        {"message": "No items to remove from archive file."},
    ]
    assert archived() == []


def test_what_is_no_playlist_is_not_marked(client: FlaskClient, origin: Origin) -> None:
    make(client, url=origin.url("/clip-1.mp4"))
    answer = client.post("/api/tasks/1/mark")
    assert (answer.status_code, answer.get_json()["error"]) == (400, "Expected a playlist type from extract_info.")


def test_files_for_media_centres_are_written(client: FlaskClient, origin: Origin) -> None:
    make(client, url=origin.url("/feed/3.rss"), folder="tides")
    written = client.post("/api/tasks/1/metadata").get_json()
    assert written["nfo_file"] == "tides/tvshow.nfo"
    assert written["json_file"].startswith("tides/")
    assert b"<tvshow>" in bucket.get_bytes("files/tides/tvshow.nfo")
    assert bucket.get_bytes(f"files/{written['json_file']}").startswith(b"{")


def test_an_output_template_says_where_files_for_media_centres_go(client: FlaskClient, origin: Origin) -> None:
    make(client, url=origin.url("/channel.smil"), template="shows/%(title)s/%(id)s.%(ext)s", preset="default")
    written = client.post("/api/tasks/1/metadata").get_json()
    assert written["nfo_file"] == "shows/Harbour & Sea/tvshow.nfo"
    assert set(written["thumbnails"]) == {"icon", "poster", "landscape"}


def test_without_an_archive_nothing_is_marked(client: FlaskClient) -> None:
    make(client, cli="--no-download-archive", preset="default")
    answer = client.post("/api/tasks/1/mark")
    assert (answer.status_code, answer.get_json()["error"]) == (400, "No archive file found.")


def test_what_cannot_be_read_is_not_marked(client: FlaskClient) -> None:
    make(client, url="http://127.0.0.1:1/")
    answer = client.post("/api/tasks/1/mark")
    assert (answer.status_code, answer.get_json()["error"]) == (400, "Failed to extract information from URL.")
    answer = client.post("/api/tasks/1/metadata")
    assert (answer.status_code, answer.get_json()["error"]) == (400, "Failed to extract information from URL.")


def test_the_process_that_serves_http_does_not_load_yt_dlp(client: FlaskClient, origin: Origin) -> None:
    """Whatever is asked for: options are parsed, pages read and ids told in a process of their own."""
    code = """
import sys
from endpoints.tasks.main import app
client, feed = app.test_client(), sys.argv[1]
made = client.post("/api/tasks", json={"name": "a", "url": feed, "cli": "--socket-timeout 9"}).json
answers = [
    client.post("/api/tasks/inspect", json={"url": feed}),
    client.post(f"/api/tasks/{made['id']}/mark"),
    client.delete(f"/api/tasks/{made['id']}/mark"),
    client.post(f"/api/tasks/{made['id']}/metadata"),
]
print([answer.status_code for answer in answers], "yt_dlp" in sys.modules)
"""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code, origin.url("/feed/2.rss")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.stdout.strip().splitlines()[-1:] == ["[200, 200, 200, 200] False"], done.stderr[-2000:]


# Definitions

DEFINITION = {
    "name": "Beta",
    "priority": 1,
    "match_url": ["http://127.0.0.1:*/links/*"],
    "definition": {"parse": {"link": {"type": "css", "expression": "a", "attribute": "href"}}},
}


def define(client: FlaskClient, **changes: Any) -> dict[str, Any]:
    answer = client.post("/api/tasks/definitions/", json=DEFINITION | changes)
    assert answer.status_code == 201, answer.get_json()
    return dict(answer.get_json())


def test_a_definition_is_kept_as_it_was_sent(client: FlaskClient, heard: Heard) -> None:
    made = define(client)
    assert {key: made[key] for key in DEFINITION} == DEFINITION
    assert (made["id"], made["enabled"], made["description"]) == (1, True, "")
    assert client.get("/api/tasks/definitions/1").get_json() == made
    payload = heard()[-1]
    assert (payload["feature"], payload["action"], payload["data"]) == ("tasks_definitions", "create", made)


def test_definitions_are_listed_by_priority(client: FlaskClient) -> None:
    define(client, name="Alpha", priority=2)
    define(client)
    listed = client.get("/api/tasks/definitions").get_json()["items"]
    assert [each["name"] for each in listed] == ["Beta", "Alpha"]
    assert "definition" not in listed[0]
    full = client.get("/api/tasks/definitions/?include=definition").get_json()["items"]
    assert full[0]["definition"] == DEFINITION["definition"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "error"),
    [
        ("GET", "9", None, 404, "Task definition '9' not found."),
        ("PUT", "9", DEFINITION, 404, "Task definition '9' not found."),
        ("PATCH", "9", {}, 404, "Task definition '9' not found."),
        ("DELETE", "9", None, 404, "Task definition '9' not found."),
        ("POST", "", [], 400, "Invalid request body; expected JSON object."),
        ("POST", "", {"name": "x"}, 400, "Failed to validate task definition."),
        ("POST", "", DEFINITION, 400, "Task definition with name 'Beta' already exists."),
        ("PUT", "2", DEFINITION, 400, "Task definition with name 'Beta' already exists."),
        ("PATCH", "2", {"name": "Beta"}, 400, "Task definition with name 'Beta' already exists."),
        ("PATCH", "1", {"definition": {"parse": {}}}, 400, "Failed to validate task definition patch."),
        ("POST", "inspect", {"url": "x"}, 400, "Failed to validate definition inspection request."),
        ("POST", "inspect", {"url": "http://x", "definition_id": 9}, 404, "Task definition not found."),
        (
            "POST",
            "inspect",
            {"url": "http://x", "definition_id": 1},
            400,
            "URL does not match the selected task definition.",
        ),
        (
            "POST",
            "inspect",
            {"url": "http://x", "definition_id": 1, "more": 1},
            400,
            "Failed to validate definition inspection request.",
        ),
    ],
)
def test_definition_errors(client: FlaskClient, method: str, path: str, body: Any, status: int, error: str) -> None:
    define(client)
    define(client, name="Other")
    answer = client.open(f"/api/tasks/definitions/{path}", method=method, json=body)
    assert (answer.status_code, answer.get_json()["error"]) == (status, error)


def test_a_definition_is_changed_and_removed(client: FlaskClient) -> None:
    define(client)
    assert client.patch("/api/tasks/definitions/1", json={"priority": 5}).get_json()["priority"] == 5
    assert client.put("/api/tasks/definitions/1", json=DEFINITION).get_json()["priority"] == 1
    assert client.delete("/api/tasks/definitions/1").get_json()["name"] == "Beta"
    assert client.get("/api/tasks/definitions").get_json()["items"] == []


def test_a_disabled_definition_can_be_tried(client: FlaskClient, origin: Origin) -> None:
    define(client, enabled=False)
    body = {"url": origin.url("/links/3.html"), "definition_id": 1}
    answer = client.post("/api/tasks/definitions/inspect", json=body)
    assert answer.status_code == 200, answer.get_json()
    assert len(answer.get_json()["items"]) == 3
    document = {"name": "Trial", "definition": DEFINITION["definition"]}
    body = {"url": origin.url("/links/3.html"), "document": document}
    assert len(client.post("/api/tasks/definitions/inspect", json=body).get_json()["items"]) == 3


def test_a_trial_shows_the_page_that_was_read(client: FlaskClient, origin: Origin) -> None:
    def trial(**changes: Any) -> dict[str, Any]:
        definition = {"parse": {"url": {"type": "css", "expression": "a"}}} | changes
        body = {"url": url, "page": True, "document": {"name": "Trial", "definition": definition}}
        return dict(client.post("/api/tasks/definitions/inspect", json=body).get_json())

    url = origin.url("/links/3.html")
    page = trial()["page"]
    assert (page["url"], page["content_type"], page["truncated"]) == (url, "text/html", False)
    assert "Clip number 3</a>" in page["text"]
    failure = trial(response={"type": "json"})
    assert failure["error"] == "Expected JSON response but decoding failed."
    assert failure["page"] == page


def test_a_timer_shows_its_next_runs(client: FlaskClient) -> None:
    answer = client.get("/api/tasks/timer", query_string={"timer": " 5 */2 * * * ", "count": 3}).get_json()
    assert (answer["timer"], answer["zone"], answer["error"]) == ("5 */2 * * *", "UTC", None)
    assert len(answer["runs"]) == 3
    assert all(run.endswith(":05:00+00:00") for run in answer["runs"])
    bad = client.get("/api/tasks/timer", query_string={"timer": "61 * * * *"}).get_json()
    assert bad["runs"] == []
    assert bad["error"].startswith("Invalid timer format: ")
    assert client.get("/api/tasks/timer").get_json() == {"timer": "", "zone": "UTC", "runs": [], "error": None}
    assert client.get("/api/tasks/timer?count=51").status_code == 400


def test_browsers_that_can_be_imitated(client: FlaskClient) -> None:
    assert "chrome" in client.get("/api/tasks/definitions/impersonate-targets").get_json()["targets"]
