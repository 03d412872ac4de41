"""`/api/system/*`, `/api/dev/*`, documents (docs/contract/system.md 4, 5, 7)."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from dlambda.media.machine.disk import DiskSpace
from dlambda.media.sandbox.report import missing_parts
from dlambda.store import cache, connections
from dlambda.usecases.operations import count_state
from dlambda.usecases.operations.check_updates import check_daily, ytdlp_version
from dlambda.usecases.operations.nodes import enter
from local import pages
from tests.clock import FakeClock
from tests.functions.deployment import deployment
from tests.origin import Origin
from tests.stack import Stack, new_deployment
from tests.store.requests import counted

Configure = Callable[..., None]
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def cloud(engines: Stack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    with deployment(
        engines,
        monkeypatch,
        YTP_ALLOW_INTERNAL_URLS="true",
        DLAMBDA_APP_VERSION="v1.0.14",
        DLAMBDA_WORK_DIR=str(tmp_path),
    ):
        yield


@pytest.fixture
def client() -> FlaskClient:
    from endpoints.system.main import app

    return app.test_client()


def refused(client: FlaskClient, method: str, path: str, **options: Any) -> tuple[int, str]:
    reply = client.open(path, method=method, **options)
    return reply.status_code, reply.json["error"]


# Pause, resume, shutdown


def test_pause_and_resume_answer_whether_they_changed_anything(client: FlaskClient) -> None:
    assert refused(client, "POST", "/api/system/resume") == (406, "Non-active downloads are not paused.")
    reply = client.post("/api/system/pause")
    assert (reply.status_code, reply.json) == (200, {"message": "Non-active downloads have been paused."})
    assert refused(client, "POST", "/api/system/pause") == (406, "Non-active downloads are already paused.")
    reply = client.post("/api/system/resume/")
    assert (reply.status_code, reply.json) == (200, {"message": "Resumed all downloads."})


def test_shutdown_is_never_possible(client: FlaskClient) -> None:
    reply = client.post("/api/system/shutdown")
    assert (reply.status_code, reply.json["error"]) == (400, "Shutdown is only available in the native mode.")
    assert (reply.json["code"], reply.json["params"]) == ("FEATURE_DISABLED", {"feature": "api.features.shutdown"})


# Updates


@pytest.fixture
def releases(
    origin: Origin, monkeypatch: pytest.MonkeyPatch, configure: Configure
) -> Callable[[str | None, str | None], None]:
    """Sets the tags that are told; None: the place to ask answers 500."""

    def tell(app: str | None, ytdlp: str | None) -> None:
        for name, tag in (("app", app), ("ytdlp", ytdlp)):
            file = origin.media("clip.mp4").parent / f"release-{name}.json"
            file.write_text(json.dumps({"tag_name": tag} if tag else {"message": "none"}))
        monkeypatch.setenv("DLAMBDA_RELEASES_URL", origin.url("release-app.json"))
        monkeypatch.setenv("DLAMBDA_YTDLP_RELEASES_URL", origin.url("release-ytdlp.json"))
        configure(check_for_updates="true")

    return tell


def check(client: FlaskClient) -> dict[str, Any]:
    reply = client.post("/api/system/check-updates")
    assert reply.status_code == 200, reply.json
    found: dict[str, Any] = reply.json
    return found


def configuration(client: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/system/configuration").json["app"]
    return found


def test_a_newer_release_is_told_and_shown(client: FlaskClient, releases: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    frames: list[Any] = []
    connections.add("c1", "s1")
    monkeypatch.setattr("dlambda.aws.socket.push", lambda _, frame: bool(frames.append(json.loads(frame))) or True)
    releases("v99.0.0", ytdlp_version())
    assert configuration(client)["new_version"] == ""
    found = check(client)
    app = {"status": "update_available", "current_version": "v1.0.14", "new_version": "v99.0.0"}
    ytdlp = {"status": "up_to_date", "current_version": ytdlp_version(), "new_version": None}
    assert found == {**app, "app": app, "ytdlp": ytdlp}
    assert (configuration(client)["new_version"], configuration(client)["yt_new_version"]) == ("v99.0.0", "")
    (frame,) = frames
    assert (frame["event"], frame["data"]["data"]["feature"]) == ("config_update", "app")
    assert frame["data"]["data"]["data"]["new_version"] == "v99.0.0"


def test_a_newer_yt_dlp_is_shown(client: FlaskClient, releases: Any) -> None:
    releases("v1.0.14", "9999.12.31")
    assert check(client)["ytdlp"]["new_version"] == "9999.12.31"
    assert configuration(client)["yt_new_version"] == "9999.12.31"


def test_a_known_update_is_answered_without_asking(client: FlaskClient, releases: Any, origin: Origin) -> None:
    releases("v99.0.0", "9999.12.31")
    first = check(client)
    asked = origin.counts["GET /release-app.json"]
    releases(None, None)
    assert check(client) == first
    assert origin.counts["GET /release-app.json"] == asked


def test_an_answer_is_remembered_for_five_minutes_and_an_error_is_not(
    client: FlaskClient, releases: Any, origin: Origin
) -> None:
    releases(None, "2020.01.01")
    assert (check(client)["app"]["status"], check(client)["ytdlp"]["status"]) == ("error", "up_to_date")
    before = {name: origin.counts[f"GET /release-{name}.json"] for name in ("app", "ytdlp")}
    check(client)
    after = {name: origin.counts[f"GET /release-{name}.json"] for name in ("app", "ytdlp")}
    assert (after["app"] - before["app"], after["ytdlp"] - before["ytdlp"]) == (1, 0)


@pytest.mark.parametrize("tag", [None, "nightly"])
def test_what_is_no_version_is_an_error_and_changes_nothing(
    client: FlaskClient, releases: Any, tag: str | None
) -> None:
    releases(tag, tag)
    assert check(client)["app"] == {"status": "error", "current_version": "v1.0.14", "new_version": None}
    assert configuration(client)["new_version"] == ""


def test_an_update_that_was_installed_is_no_news(
    client: FlaskClient, releases: Any, monkeypatch: pytest.MonkeyPatch, configure: Configure
) -> None:
    releases("v1.0.15", "2020.01.01")
    check(client)
    monkeypatch.setenv("DLAMBDA_APP_VERSION", "v1.0.15")
    configure(check_for_updates="true")
    assert configuration(client)["new_version"] == ""
    assert check(client)["app"]["status"] == "up_to_date"


def test_switched_off_it_answers_400(client: FlaskClient, configure: Configure) -> None:
    configure(check_for_updates="false")
    reply = client.post("/api/system/check-updates")
    off = {"status": "disabled", "current_version": None, "new_version": None}
    assert reply.status_code == 400
    assert reply.json["error"]
    assert {key: reply.json[key] for key in off} == off
    assert reply.json["app"] == reply.json["ytdlp"] == off


def test_it_looks_by_itself_once_a_day_until_there_is_an_update(releases: Any, origin: Origin) -> None:
    now = time.time()
    releases("v1.0.14", "2020.01.01")
    before = origin.counts.get("GET /release-app.json", 0)
    for _ in range(3):
        check_daily(now)
    assert origin.counts["GET /release-app.json"] == before + 1
    cache.put("updates:app", {"new_version": "v99.0.0"}, now + 10 * 86400)
    check_daily(now + 86400)
    assert origin.counts["GET /release-app.json"] == before + 1


# Terminal


def test_the_terminal_is_off_unless_it_is_switched_on(client: FlaskClient) -> None:
    assert refused(client, "POST", "/api/system/terminal", json={"command": "--version"}) == (
        403,
        "Console feature is disabled.",
    )


def test_the_terminal_needs_an_answer_that_streams(client: FlaskClient, configure: Configure) -> None:
    configure(console_enabled="true", answers_stream="false")
    assert refused(client, "POST", "/api/system/terminal", json={"command": "--version"}) == (
        403,
        "The console needs an answer that streams: use the deployment's TerminalUrl.",
    )


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({}, "Request body is required."),
        ({"json": ["--version"]}, "Invalid request payload."),
        ({"json": "x"}, "Invalid request payload."),
        ({"json": {}}, "Command is required."),
        ({"json": {"command": "  "}}, "Command is required."),
        ({"json": {"command": 5}}, "Command is required."),
        ({"json": {"command": "--exec id https://a.example/"}}, "Option '--exec' is not allowed."),
        ({"json": {"command": "--batch-file /etc/passwd"}}, "Option '--batch-file' is not allowed."),
        ({"json": {"command": "--cookies /etc/passwd https://a.example/"}}, "Option '--cookies' is not allowed."),
        ({"json": {"command": "-o /etc/x https://a.example/"}}, "Option '-o' must stay inside the download folder."),
        ({"json": {"command": "-P /etc https://a.example/"}}, "Option '-P' must stay inside the download folder."),
        ({"json": {"command": "-P /downloads/../etc https://a.example/"}}, 'Folder "/../etc" must resolve inside the base download folder "/downloads".'),
        ({"json": {"command": "'open"}}, "No closing quotation"),
    ],
)  # fmt: skip
def test_what_the_terminal_refuses(
    client: FlaskClient, configure: Configure, options: dict[str, Any], error: str
) -> None:
    configure(console_enabled="true")
    assert refused(client, "POST", "/api/system/terminal", **options) == (400, error)


# Documents, development


@pytest.mark.parametrize("name", ["README.md", "FEATURES.md", "FAQ.md", "API.md", "SECURITY.md", "sc_short.jpg", "sc_simple.jpg", "openapi.json", "asyncapi.json"])  # fmt: skip
@pytest.mark.parametrize("prefix", ["/api/docs/", "/"])
def test_documents_are_packaged(client: FlaskClient, prefix: str, name: str) -> None:
    reply = client.get(prefix + name)
    assert reply.status_code == 200
    kinds = {"md": "text/markdown", "jpg": "image/jpeg", "json": "application/json"}
    assert reply.mimetype == kinds[name.rpartition(".")[2]]
    assert len(reply.data) > 500
    if prefix == "/" or name != "openapi.json":
        assert (reply.headers["Cache-Control"], reply.headers["Pragma"]) == ("public, max-age=3600", "public")


def test_the_reference_loads_from_here_alone(client: FlaskClient) -> None:
    page = client.get("/api/docs")
    assert "default-src 'none'; script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "<script>" not in page.text
    for name in re.findall(r'(?:src|href)="/api/docs/([^"]+)"', page.text):
        assert client.get(f"/api/docs/{name}").status_code == 200
    page = client.get("/api/docs?apikey=dTpw%2B")  # the only credentials that a link can carry
    assert re.findall(r'(?:src|href|document)="/api/docs/[^"?]+"', page.text) == []
    assert page.text.count("?apikey=dTpw%2B") == 8
    assert client.get("/api/docs/swagger-ui-bundle.js").mimetype == "text/javascript"


def test_there_are_no_others(client: FlaskClient) -> None:
    for name in ("NOTICE", "../main.py", "routes.py"):
        reply = client.get(f"/api/docs/{name}")
        assert reply.status_code == 404
    assert client.get("/api/docs/NOTICE.md").json["error"] == "Doc file not found."
    assert client.get("/api/docs/NOTICE.md").json["file"] == "NOTICE.md"


@pytest.mark.parametrize("name", pages.FROM_REPOSITORY)
def test_a_packaged_document_is_that_of_the_repository(name: str) -> None:
    packaged = ROOT / "functions" / "endpoints" / "system" / "pages" / name
    assert packaged.read_text() == pages.served(name), "run `make openapi`"


@pytest.mark.parametrize("path", ["/api/dev/loop", "/api/dev/pip"])
def test_developers_pages_need_their_mode(client: FlaskClient, configure: Configure, path: str) -> None:
    assert refused(client, "GET", path) == (403, "This endpoint is only available in development mode.")
    configure(app_env="development")
    assert client.get(path).status_code == 200


def test_versions_of_packages(client: FlaskClient, configure: Configure) -> None:
    configure(app_env="development")
    assert client.get("/api/dev/pip").json == {"message": "No pip packages configured."}
    configure(pip_packages="flask no-such-package-here")
    found = client.get("/api/dev/pip").json
    assert found["no-such-package-here"] is None
    assert found["flask"]


# Health, metrics


def test_the_process_lives(client: FlaskClient) -> None:
    assert client.get("/api/system/live").json["status"] == "ok"


def test_all_that_is_needed_answers(client: FlaskClient) -> None:
    found = client.get("/api/system/ready").json
    assert {name: engine["ok"] for name, engine in found["engines"].items()} == {
        "tables": True,
        "media": True,
        "queues": True,
    }
    assert found["ytdlp"]["version"] == ytdlp_version()
    assert set(found["tools"]) == {"ffmpeg", "ffprobe", "deno"}
    for tool in (*found["tools"].values(), found["ytdlp"]):
        assert tool["version"] is None or tool["safe"] is True, tool
        assert tool["version"] is None or tool["age_days"] >= 0, tool
    assert found["disk"]["ok"]
    assert 0 < found["disk"]["reserve_bytes"] <= found["disk"]["total_bytes"] // 20


def test_what_the_machine_cannot_protect_is_told(client: FlaskClient, configure: Configure, tmp_path: Path) -> None:
    gaps = tmp_path / "gaps"
    gaps.write_text("No lock.\nNo bolt.\nNo lock.\n")
    configure(gaps_file=gaps)
    assert client.get("/api/system/ready").json["missing"] == ["No lock.", "No bolt.", *missing_parts("auto")]


def test_nodes_are_named_where_there_may_be_several(client: FlaskClient, configure: Configure) -> None:
    configure(node="kitchen")
    found = client.get("/api/system/ready").json
    assert (found["node"], found["nodes"]) == ("kitchen", [])
    configure(node="kitchen", node_url="http://10.0.0.5:1", node_identity="ab", role="gateway", shares_services="true")
    enter()
    (node,) = client.get("/api/system/ready").json["nodes"]
    assert (node["name"], node["roles"]) == ("kitchen", ["gateway"])
    assert client.get("/api/system/configuration").json["app"]["node"] == "kitchen"
    assert 'dlambda_node{name="kitchen",roles="gateway"} 1' in client.get("/metrics").text


def test_without_a_list_nothing_is_missing(client: FlaskClient, configure: Configure, tmp_path: Path) -> None:
    assert client.get("/api/system/ready").json["missing"] == missing_parts("auto")
    configure(gaps_file=tmp_path / "none")
    assert client.get("/api/system/ready").json["missing"] == missing_parts("auto")


def test_a_full_disk_is_told() -> None:
    from endpoints.system.health import disk

    told = disk(DiskSpace(free=5, total=1000, reserve=10))
    assert told == {"ok": False, "free_bytes": 5, "available_bytes": 0, "total_bytes": 1000, "reserve_bytes": 10}


def test_metrics_are_counted_and_shown(client: FlaskClient) -> None:
    from dlambda.usecases.events.measure import count, metrics, observe_seconds

    count("segments_made_total")
    count("segments_made_total", 2)
    observe_seconds("item_seconds", 3.5)
    assert metrics().read()["segments_made_total"] == 3
    count("segments_made_total")
    text = client.get("/metrics").get_data(as_text=True)
    assert "dlambda_segments_made_total 4\n" in text
    assert 'dlambda_item_seconds_bucket{le="5"} 1\n' in text
    assert 'dlambda_queue_items{status="pending"} 0\n' in text
    assert "dlambda_history_items 0\n" in text
    assert "dlambda_key_tasks_busy 0\n" in text
    assert 'dlambda_queue_messages{queue="order"} 0\n' in text
    assert 'dlambda_table_write_units_total{table="state"} ' in text
    assert "dlambda_table_requests_total " in text


def test_what_was_counted_is_stored_at_the_end_and_nothing_waits_to_do_so_later(stack: Stack) -> None:
    from dlambda.store import counters
    from dlambda.usecases.events.measure import count

    before = set(threading.enumerate())
    with new_deployment():
        count("segments_made_total")
        timers = [thread for thread in set(threading.enumerate()) - before if isinstance(thread, threading.Timer)]
        assert [timer.finished.is_set() for timer in timers] == [False]
    assert counters.read()["segments_made_total"] == 1
    assert [timer.finished.is_set() for timer in timers] == [True]


def test_the_cloud_logs_what_tables_cost_once_a_minute(
    stack: Stack, clock: FakeClock, capsys: pytest.CaptureFixture[str]
) -> None:
    from dlambda.store import counters
    from dlambda.store.usage import usage
    from dlambda.usecases.events.measure import LoggedMetrics

    logged = LoggedMetrics()
    usage().take()
    for _ in range(2):
        counters.add({"anything": 1})
        logged.end_invocation()
    assert capsys.readouterr().out.count('"table": "state", "table_write_units_total": ') == 1
    clock.advance(60)
    logged.end_invocation()
    assert capsys.readouterr().out.count('"table_requests_total": 1.0') == 1


def test_numbers_of_the_cloud_stay_in_the_log_where_metrics_are_not_paid_for(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from dlambda.usecases.events.measure import count

    monkeypatch.setenv("DLAMBDA_LOG_GROUP", "/aws/lambda/a-stack")
    monkeypatch.setenv("DLAMBDA_CUSTOM_METRICS", "false")
    with new_deployment():
        count("items_failed_total", kind="geo")
        count_state.count_state(0)
    assert capsys.readouterr().out == '{"kind": "geo", "items_failed_total": 1.0}\n'


def test_the_round_counts_how_things_stand_where_nobody_asks(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    count_state.count_state(0)
    assert "queue_items" not in capsys.readouterr().out
    monkeypatch.setenv("DLAMBDA_LOG_GROUP", "/aws/lambda/a-stack")
    with new_deployment():
        count_state.count_state(0)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {"pending", "downloading"} <= {line.get("status") for line in lines if "queue_items" in line}
    assert {line["_aws"]["CloudWatchMetrics"][0]["Namespace"] for line in lines} == {"a-stack"}
    assert [name for line in lines for name in line if name in {"history_items", "workers_busy"}] == [
        "history_items", "workers_busy",
    ]  # fmt: skip


def test_a_configuration_that_was_read_before_takes_two_requests(client: FlaskClient) -> None:
    before = client.get("/api/system/configuration").json
    with counted() as cost:
        assert client.get("/api/system/configuration").json == before
    assert cost.requests == ["BatchGetItem"] * 2
