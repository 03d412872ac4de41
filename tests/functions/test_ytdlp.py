"""`/api/yt-dlp/*` (docs/contract/ytdlp.md)."""

import hashlib
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from dlambda.deployment import current
from dlambda.domain.ytdlp.cookie_file import read_cookies
from dlambda.store import cache
from dlambda.store.items import archive
from dlambda.usecases.lookups import look_up_info
from dlambda.usecases.rules.resources import create
from local import options as option_file
from tests.functions.deployment import deployment
from tests.origin import Origin
from tests.stack import Stack
from tests.unit.ytdlp_cases import PARSED

Configure = Callable[..., None]
COOKIES = "# Netscape HTTP Cookie File\n.video.example\tTRUE\t/\tFALSE\t0\tsid\ttopsecret\n"


@pytest.fixture(scope="module", autouse=True)
def cloud(engines: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    work = tmp_path_factory.mktemp("work")
    settings = {
        "YTP_ALLOW_INTERNAL_URLS": "true",
        "YTP_CONSOLE_ENABLED": "true",
        "YTP_CONFIG_PATH": "/config",
        "YTP_EXTRACT_INFO_TIMEOUT": "10",
        "DLAMBDA_WORK_DIR": str(work),
    }
    with pytest.MonkeyPatch.context() as patch, deployment(engines, patch, **settings):
        yield


@pytest.fixture(scope="module")
def client(cloud: None) -> FlaskClient:
    from endpoints.ytdlp.main import app

    return app.test_client()


def preset(**fields: Any) -> str:
    from dlambda.domain.rules.resource import PRESETS

    name = f"preset {time.monotonic_ns()}"
    create(PRESETS, {"name": name, **fields})
    return name


# convert (3)


def test_convert_says_why_an_option_has_no_effect(client: FlaskClient) -> None:
    args = "-f b --mtime --xattrs --quiet --abort-on-error"
    found = client.post("/api/yt-dlp/convert", json={"args": args}).get_json()
    assert set(found["removed_options"]) == {"--mtime", "--xattrs", "-q, --quiet", "--no-progress", "--abort-on-error"}
    assert set(found["removed_reasons"]) == {"--mtime", "--xattrs", "--abort-on-error"}
    assert found["opts"] == {"format": "b"}


@pytest.mark.parametrize("body", [None, {}, {"args": ""}, {"args": "  "}, {"args": 5}, [], "x"])
def test_convert_wants_options(client: FlaskClient, body: Any) -> None:
    reply = client.post("/api/yt-dlp/convert", json=body)
    assert (reply.status_code, reply.json["error"]) == (400, "args param is required.")


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        ("--bogus-option", "No such option: --bogus-option"),
        ("-f", "-f option requires 1 argument"),
        ("--version", "Option '--version' is not allowed."),
        ("--format 'open", "No closing quotation"),
    ],
)
def test_what_cannot_be_parsed_is_refused_with_the_reason(client: FlaskClient, args: str, reason: str) -> None:
    reply = client.post("/api/yt-dlp/convert", json={"args": args})
    assert reply.status_code == 400
    assert reply.json["error"] == f"Failed to parse command options for yt-dlp. '{reason}'."


def test_convert_answers_the_example_of_the_contract(client: FlaskClient) -> None:
    reply = client.post("/api/yt-dlp/convert/", json={"args": "-f bv --quiet -o '%(id)s.%(ext)s'"})
    assert reply.json == {
        "opts": {"format": "bv"},
        "output_template": "%(id)s.%(ext)s",
        "download_path": None,
        "format": "bv",
        "removed_options": ["-o, --output", "-q, --quiet", "--no-progress"],
    }


@pytest.mark.parametrize(("args", "expected"), PARSED)
def test_convert_gives_options_their_internal_names(client: FlaskClient, args: str, expected: dict[str, Any]) -> None:
    opts = client.post("/api/yt-dlp/convert", json={"args": args}).json["opts"]
    assert {key: opts.get(key) for key in expected} == expected
    assert not [key for key in opts if key.startswith("_")]


def test_options_that_run_programs_are_taken_out_and_named(client: FlaskClient) -> None:
    args = "--exec 'touch /tmp/x' --netrc-cmd id --plugin-dirs /x --config-locations /x --cookies /etc/passwd -f best"
    found = client.post("/api/yt-dlp/convert", json={"args": args}).json
    assert found["opts"] == {"format": "best"}
    assert set(found["removed_options"]) == {
        "--exec",
        "--netrc-cmd",
        "--plugin-dirs",
        "--config-locations",
        "--cookies",
    }


# command (4)


def command(client: FlaskClient, query: str = "?full=true", **body: Any) -> dict[str, Any]:
    reply = client.post(f"/api/yt-dlp/command/{query}", json={"url": "https://video.example/1", **body})
    assert reply.status_code == 200, reply.json
    found: dict[str, Any] = reply.json
    return found


def test_commands_are_off_unless_they_are_switched_on(client: FlaskClient, configure: Configure) -> None:
    configure(console_enabled="false")
    reply = client.post("/api/yt-dlp/command/", json={"url": "https://video.example/1"})
    assert (reply.status_code, reply.json["error"]) == (403, "Console is disabled.")


@pytest.mark.parametrize("body", [None, {}, [], [1]])
def test_a_command_wants_an_object(client: FlaskClient, body: Any) -> None:
    reply = client.post("/api/yt-dlp/command", json=body)
    assert (reply.status_code, reply.json["error"]) == (400, "Invalid request. expecting JSON body.")


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"url": ""}, "url param is required."),
        ({"url": "ftp://video.example/1"}, "Invalid scheme usage. Only HTTP or HTTPS allowed."),
        ({"folder": "../../etc"}, 'Folder "../../etc" must resolve inside the base download folder "/downloads".'),
        ({"cli": "--exec id"}, "Option '--exec' is not allowed."),
        ({"preset": "nobody"}, "Preset 'nobody' does not exist."),
    ],
)
def test_a_command_of_an_item_that_is_refused(client: FlaskClient, fields: dict[str, str], error: str) -> None:
    body = {"url": "https://video.example/1", **fields}
    reply = client.post("/api/yt-dlp/command", json=body)
    assert (reply.status_code, reply.json["error"], reply.json["data"]) == (400, error, body)


def test_the_users_folder_template_and_options(client: FlaskClient) -> None:
    found = command(client, folder="myfolder", template="%(id)s.%(ext)s", cli="--format best")
    assert found["merged"] == {"template": "%(id)s.%(ext)s", "save_path": "/downloads/myfolder", "cookie_file": None}
    assert "--format best" in found["command"]
    assert shlex.split(found["command"]) == found["dict"]
    assert found["ytdlp"]["paths"]["home"] == "/downloads/myfolder"


def test_those_of_the_preset(client: FlaskClient) -> None:
    name = preset(folder="pre", template="%(title)s-pre.%(ext)s", cli="--format 720p")
    found = command(client, preset=name)
    assert found["merged"] == {"template": "%(title)s-pre.%(ext)s", "save_path": "/downloads/pre", "cookie_file": None}
    assert "--format 720p" in found["command"]


def test_the_users_win_over_the_presets(client: FlaskClient) -> None:
    name = preset(folder="pre", template="%(title)s-pre.%(ext)s", cli="--format 720p --extract-audio")
    found = command(client, preset=name, folder="mine", template="%(id)s", cli="--format best --no-playlist")
    assert found["merged"] == {"template": "%(id)s", "save_path": "/downloads/mine", "cookie_file": None}
    assert found["dict"].index("best") > found["dict"].index("720p")


def test_the_defaults(client: FlaskClient) -> None:
    found = command(client)
    assert found["merged"] == {"template": "%(title)s.%(ext)s", "save_path": "/downloads", "cookie_file": None}
    assert "https://video.example/1" in found["command"]
    assert set(command(client, query="")) == {"command"}


def test_a_leading_slash_means_the_root(client: FlaskClient) -> None:
    assert command(client, folder="/absolute/path")["merged"]["save_path"] == "/downloads/absolute/path"


def test_cookies_lie_in_a_private_file(client: FlaskClient) -> None:
    found = command(client, cookies=COOKIES)
    file = Path(found["merged"]["cookie_file"])
    assert found["dict"][found["dict"].index("--cookies") + 1] == str(file)
    assert file.read_text() == read_cookies(COOKIES).text
    assert file.stat().st_mode & 0o777 == 0o600
    assert "topsecret" not in found["command"]


def test_cookies_of_a_preset(client: FlaskClient) -> None:
    found = command(client, preset=preset(cookies=COOKIES))
    assert "topsecret" in Path(found["merged"]["cookie_file"]).read_text()


def test_words_come_in_the_documented_order(client: FlaskClient) -> None:
    found = command(client, url="https://a.example/1 https://b.example/2", cli="--no-playlist", cookies=COOKIES)
    words = found["dict"]
    assert words[-2:] == ["https://a.example/1", "https://b.example/2"]
    after_options = words[words.index("--no-playlist") + 1 :]
    assert [word for word in after_options if word.startswith("--")] == ["--cookies", "--output", "--paths", "--paths"]
    assert [word.partition(":")[0] for word in after_options if ":" in word][:2] == ["home", "temp"]


# url/info (5)


def info(client: FlaskClient, url: str, **query: str) -> dict[str, Any]:
    reply = client.get("/api/yt-dlp/url/info", query_string={"url": url, **query})
    assert reply.status_code == 200, reply.json
    found: dict[str, Any] = reply.json
    return found


@pytest.mark.parametrize("name", ["feed/2.rss", "lists/two.html"])
def test_url_info_of_a_list_has_its_type_and_entries(client, origin, name):
    body = client.get("/api/yt-dlp/url/info", query_string={"url": origin.url(name)}).get_json()
    assert body["_type"] in ("playlist", "multi_video")
    assert len(body["entries"]) == 2


@pytest.mark.parametrize("wish", ["true", "1", "YES"])
def test_entries_of_a_list_can_be_added_as_they_are(client: FlaskClient, origin: Origin, wish: str) -> None:
    url = origin.url("feed/3.rss")
    entries = info(client, url, entries=wish)["entries"]
    assert [entry["playlist_index"] for entry in entries] == [1, 2, 3]
    assert {entry["playlist_count"] for entry in entries} == {3}
    assert all(entry["playlist"] and entry["title"] for entry in entries)
    assert not [entry["url"] for entry in entries if "smuggle" in entry["url"] or not entry["url"].startswith("http")]
    assert [name for entry in entries for name in entry if name.startswith("_")] == []


def test_whether_an_entry_is_archived_is_looked_up_each_time(client: FlaskClient, origin: Origin) -> None:
    url = origin.url("feed/2.rss")
    first = info(client, url, entries="true")["entries"]
    assert [entry["is_archived"] for entry in first] == [False, False]
    assert all(entry["archive_id"] for entry in first)
    archive.add("/config/archive.log", [first[1]["archive_id"]], time.time())
    body = info(client, url, entries="true")
    assert (body["_cached"]["status"], [entry["is_archived"] for entry in body["entries"]]) == ("hit", [False, True])
    archive.remove("/config/archive.log", [first[1]["archive_id"]])


def test_entries_of_a_single_video_are_none(client: FlaskClient, origin: Origin) -> None:
    body = info(client, origin.url("clip-single.mp4"), entries="true", args="--no-playlist")
    assert ("entries" in body, body["title"]) == (False, "clip-single")
    assert body["_cached"]["cli_args"] == "--no-playlist"


@pytest.mark.parametrize(
    ("query", "status", "error"),
    [
        ({}, 400, "URL is required."),
        ({"url": "  "}, 400, "URL is required."),
        ({"url": "ftp://a.example/"}, 400, "Invalid scheme usage. Only HTTP or HTTPS allowed."),
        ({"url": "https://a.example/", "preset": "nobody"}, 404, "Preset 'nobody' does not exist."),
        (
            {"url": "https://a.example/", "args": "--bogus-option"}, 400,
            "Failed to parse command options for yt-dlp. 'No such option: --bogus-option'.",
        ),
        (
            {"url": "https://a.example/", "args": "--exec id"}, 400,
            "Failed to parse command options for yt-dlp. 'Option '--exec' is not allowed.'.",
        ),
        (
            {"url": "https://a.example/", "args": "--dateafter nonsense"}, 400,
            "Failed to parse command options for yt-dlp. 'Invalid date format \"nonsense\"'.",
        ),
    ],
)  # fmt: skip
def test_what_is_refused_before_anything_is_read(
    client: FlaskClient, query: dict[str, str], status: int, error: str
) -> None:
    reply = client.get("/api/yt-dlp/url/info", query_string=query)
    assert (reply.status_code, reply.json["error"]) == (status, error)
    if "args" not in query:
        assert (reply.json["status"], reply.json["message"]) == (False, error)


def test_an_address_of_the_own_network_is_refused(client: FlaskClient, configure: Configure) -> None:
    configure(allow_internal_urls="false")
    reply = client.get("/api/yt-dlp/url/info?url=http://127.0.0.1/")
    assert (reply.status_code, reply.json["error"]) == (
        400,
        "Access to internal urls or private networks is not allowed.",
    )


def test_metadata_and_what_is_added(client: FlaskClient, origin: Origin) -> None:
    reply = client.get("/api/yt-dlp/url/info", query_string={"url": origin.url("clip-info.mp4")})
    found = reply.json
    assert (found["title"], found["archive_id"], found["is_archived"], found["is_premiere"]) == (
        "clip-info",
        "generic clip-info",
        False,
        False,
    )
    assert found["archive_file"] == "/config/archive.log"
    cached = found["_cached"]
    assert (cached["status"], cached["preset"], cached["cli_args"], cached["ttl"]) == ("miss", "default", None, 300)
    assert len(cached["key"]) == 64
    assert 299 <= cached["expires"] - time.time() <= 300
    assert not [key for key in found if key.startswith("_") and key != "_cached"]
    assert reply.get_data(as_text=True).startswith('{\n    "')


def test_a_second_look_is_remembered_and_force_looks_again(client: FlaskClient, origin: Origin) -> None:
    url = origin.url("clip-twice.mp4")
    first, second = info(client, url), info(client, url)
    assert (first["_cached"]["status"], second["_cached"]["status"]) == ("miss", "hit")
    assert second["_cached"]["expires"] == first["_cached"]["expires"]
    assert 0 < second["_cached"]["ttl_left"] < 300
    assert {**first, "_cached": None} == {**second, "_cached": None}
    assert info(client, url, force="1")["_cached"]["status"] == "miss"


def test_other_options_are_another_question(client: FlaskClient, origin: Origin) -> None:
    url = origin.url("clip-args.mp4")
    info(client, url)
    other = info(client, url, args="--no-playlist")
    assert (other["_cached"]["status"], other["_cached"]["cli_args"]) == ("miss", "--no-playlist")


def test_whether_it_is_archived_is_looked_up_each_time(client: FlaskClient, origin: Origin) -> None:
    url = origin.url("clip-later.mp4")
    assert info(client, url)["is_archived"] is False
    archive.add("/config/archive.log", ["generic clip-later"], time.time())
    found = info(client, url)
    assert (found["_cached"]["status"], found["is_archived"]) == ("hit", True)


def test_who_asks_for_the_same_at_once_waits_for_the_first(client: FlaskClient, origin: Origin) -> None:
    from endpoints.ytdlp.main import app

    url = origin.url("delay/0.5/clip-together.mp4")
    found: list[str] = []

    def ask() -> None:
        found.append(info(app.test_client(), url)["_cached"]["status"])

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == ["hit"] * 4 + ["miss"]
    asked = sum(count for what, count in origin.counts.items() if "clip-together" in what)
    assert asked <= 2  # yt-dlp's own, of one extraction


def test_a_failure_says_why_and_is_not_remembered(client: FlaskClient, origin: Origin) -> None:
    url = origin.url("flaky/1/clip-failing.mp4")
    reply = client.get("/api/yt-dlp/url/info", query_string={"url": url})
    assert (reply.status_code, reply.json["status"], reply.json["message"]) == (
        500,
        False,
        "Failed to extract video info.",
    )
    assert reply.json["error"].startswith("Failed to extract video info. ")
    assert "503" in reply.json["error"]
    assert info(client, url)["_cached"]["status"] == "miss"


def test_the_trial_of_a_condition_reads_the_same(client: FlaskClient, origin: Origin) -> None:
    from endpoints.conditions.main import app

    url = origin.url("clip-trial.mp4")
    reply = app.test_client().post("/api/conditions/test", json={"url": url, "condition": "title = clip-trial"})
    assert (reply.status_code, reply.json["status"]) == (200, True), reply.json
    assert info(client, url)["_cached"]["status"] == "hit"


def test_only_written_options_are_reported_as_removed(client: FlaskClient) -> None:
    found = client.post("/api/yt-dlp/convert", json={"args": "--embed-thumbnail"}).json
    assert "removed_options" not in found
    assert "outtmpl" not in found["opts"]


def test_the_check_of_a_filter_names_the_place_of_its_mistake(client: FlaskClient) -> None:
    from endpoints.conditions.main import app

    def check(condition: str) -> tuple[str | None, int | None]:
        answer = app.test_client().post("/api/conditions/check", json={"condition": condition}).json
        return answer["error"], answer["position"]

    assert check("duration > 10m & !is_live") == (None, None)
    assert check("duration>1 & n2=5") == ("Invalid filter part 'n2=5'", 13)
    assert check("(duration>1") == ("Expected RPAREN", 11)
    assert app.test_client().post("/api/conditions/check", json={}).status_code == 400


def test_those_who_wait_share_a_failure(client: FlaskClient, origin: Origin) -> None:
    from endpoints.ytdlp.main import app

    url = origin.url("delay/1/flaky/9/clip-dead.mp4")
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _: app.test_client().get(f"/api/yt-dlp/url/info?url={url}"), range(4)))
    assert [reply.status_code for reply in replies] == [500] * 4
    assert len({reply.json["error"] for reply in replies}) == 1
    assert sum(count for what, count in origin.counts.items() if "clip-dead" in what) <= 2  # of one extraction


def test_whoever_waits_too_long_for_others_is_told(client: FlaskClient, origin: Origin, configure: Configure) -> None:
    url = origin.url("clip-busy.mp4")
    key = hashlib.sha256(f"default:{url}:".encode()).hexdigest()
    cache.claim(f"info-claim:{key}", time.time(), 30)
    configure(answer_seconds=0.5)
    reply = client.get("/api/yt-dlp/url/info", query_string={"url": url})
    assert (reply.status_code, reply.json["error"]) == (
        503,
        "Others are looking up the same, and it takes long. Try again in a moment.",
    )


def test_when_too_many_pages_are_looked_up_one_more_is_told(
    client: FlaskClient, origin: Origin, configure: Configure
) -> None:
    configure(answer_seconds=0.5, extract_info_concurrency=1)
    with look_up_info._slot(time.monotonic()), look_up_info._slot(time.monotonic()):
        reply = client.get("/api/yt-dlp/url/info", query_string={"url": origin.url("clip-full.mp4")})
    assert (reply.status_code, reply.json["code"], reply.headers["Retry-After"]) == (429, "TOO_MANY", "5")
    assert reply.json["error"] == "Too many pages are being looked up at the moment. Try again in a moment."


# archive_id (6)


@pytest.mark.parametrize("body", [None, [], {}, "x"])
def test_archive_ids_want_a_list(client: FlaskClient, body: Any) -> None:
    reply = client.post("/api/yt-dlp/archive_id/", json=body)
    assert (reply.status_code, reply.json["error"]) == (400, "Invalid request. expecting list with URLs.")


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://www.youtube.com/watch?v=dQw4w9WgXcQ", ("dQw4w9WgXcQ", "Youtube")),
        ("https://youtu.be/dQw4w9WgXcQ", ("dQw4w9WgXcQ", "Youtube")),
        ("https://music.youtube.com/watch?v=dQw4w9WgXcQ", ("dQw4w9WgXcQ", "Youtube")),
        ("https://www.youtube.com/shorts/abcdefghijk", ("abcdefghijk", "Youtube")),
        ("https://www.youtube.com/watch?v=dQw4w9WgXcQ&list=PL123456789012", ("PL123456789012", "YoutubeTab")),
        ("https://www.youtube.com/@foo", ("@foo", "YoutubeTab")),
        ("https://vimeo.com/76979871", ("76979871", "Vimeo")),
        ("https://www.twitch.tv/videos/123456", ("123456", "TwitchVod")),
        ("https://soundcloud.com/a/b", None),
        ("https://example.com/a.mp4", None),
        ("not a url", None),
    ],
)
def test_ids_that_urls_tell(client: FlaskClient, url: str, found: tuple[str, str] | None) -> None:
    (row,) = client.post("/api/yt-dlp/archive_id/", json=[url]).json
    expected = (*found, f"{found[1].lower()} {found[0]}") if found else (None, None, None)
    assert (row["id"], row["ie_key"], row["archive_id"]) == expected
    assert (row["index"], row["url"]) == (0, url)
    assert (row["error"] is None) is (url != "not a url")


def test_each_url_has_its_answer_in_order(client: FlaskClient) -> None:
    rows = client.post("/api/yt-dlp/archive_id", json=["ftp://a/", "https://youtu.be/dQw4w9WgXcQ", 5]).json
    assert [row["index"] for row in rows] == [0, 1, 2]
    assert [row["error"] for row in rows] == ["Invalid scheme usage. Only HTTP or HTTPS allowed.", None, "Invalid URL."]
    assert rows[1]["archive_id"] == "youtube dQw4w9WgXcQ"


# options (7)


def test_the_list_of_options(client: FlaskClient) -> None:
    found = client.get("/api/yt-dlp/options/").json
    options = found["options"]
    assert found["count"] == len(options) >= 300
    assert found["version"] == version("yt-dlp")
    assert all(option["flags"] and option["flags"][-1].startswith("--") for option in options)
    assert not [option for option in options if "SUPPRESSHELP" in option["description"]]
    by_flag = {flag: option for option in options for flag in option["flags"]}
    assert by_flag["--output"]["ignored"] is by_flag["--version"]["ignored"] is by_flag["-a"]["ignored"] is True
    assert by_flag["--format"]["ignored"] is False
    assert by_flag["--output"]["group"] == "Filesystem Options"
    groups = [option["group"] for option in options]
    assert groups[: groups.count("root")] == ["root"] * groups.count("root")


def test_the_written_list_is_that_of_the_installed_yt_dlp() -> None:
    assert option_file.TARGET.read_text(encoding="utf-8") == option_file.rendered(), "run `make openapi`"


def test_the_process_that_serves_http_does_not_load_yt_dlp(origin: Origin) -> None:
    code = """
import sys
from endpoints.ytdlp.main import app
client = app.test_client()
assert client.post("/api/yt-dlp/convert", json={"args": "-f best"}).status_code == 200
assert client.get("/api/yt-dlp/options").status_code == 200
assert client.post("/api/yt-dlp/archive_id", json=["https://youtu.be/dQw4w9WgXcQ"]).json[0]["id"]
import endpoints.conditions.main, endpoints.history.main, endpoints.tasks.main, endpoints.system.main
print("yt_dlp" in sys.modules)
"""
    import os

    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "YTP_DISABLE_AUTH": "true"},
    )
    assert done.stdout.strip().splitlines()[-1:] == ["False"], done.stderr[-2000:]
    assert current().settings.console_enabled
