"""What is refused by the request, with nothing stored (docs/contract/README.md, Adding)."""

import pytest

from tests.e2e.api import Api
from tests.e2e.credentials import basic
from tests.e2e.service import Service
from tests.origin import Origin


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "url param is required."),
        ({"url": ""}, "url param is required."),
        ({"url": 5}, "url param is required."),
        ({"url": "ftp://example.com/x.mp4"}, "Invalid scheme usage. Only HTTP or HTTPS allowed."),
        ({"url": "file:///etc/passwd"}, "Invalid scheme usage. Only HTTP or HTTPS allowed."),
        ({"url": "http://example.com/x", "preset": "bad"}, "Preset 'bad' does not exist."),
        ({"url": "http://example.com/x", "cli": "--exec 'touch /tmp/x'"}, "Option '--exec' is not allowed."),
    ],
)
def test_a_bad_item_is_refused_with_its_text(api: Api, body: dict[str, object], text: str) -> None:
    reply = api.post("/api/history", body)
    assert (reply.status, reply.json()["error"]) == (400, text)
    assert "data" in reply.json()


@pytest.mark.parametrize("url", ["not a url", "http://", "https:///path"])
def test_what_is_no_url_is_refused(api: Api, url: str) -> None:
    reply = api.post("/api/history", {"url": url})
    assert reply.status == 400
    assert reply.json()["error"]


@pytest.mark.parametrize("folder", ["../x", "a/../../x", "/../../x", "a\n../../../x", "x\0y", "n" * 300])
def test_a_folder_cannot_leave_the_root(api: Api, origin: Origin, folder: str) -> None:
    reply = api.post("/api/history", {"url": origin.url("clip-folder.mp4"), "folder": folder})
    assert reply.status == 400
    assert api.find(origin.url("clip-folder.mp4")) is None


def test_an_option_that_does_not_exist_is_refused(api: Api, origin: Origin) -> None:
    reply = api.post("/api/history", {"url": origin.url("clip-option.mp4"), "cli": "--bogus-option"})
    assert reply.status == 400
    assert reply.json()["error"].startswith("Failed to parse command options for yt-dlp.")


@pytest.mark.parametrize(
    "cli",
    [
        "--config-locations /etc", "--plugin-dirs /tmp", "--batch-file /etc/passwd", "--load-info-json /etc/passwd",
        "--cookies /etc/passwd", "--cookies-from-browser firefox", "--downloader curl", "--netrc-cmd id",
        "--ffmpeg-location /tmp", "--enable-file-urls",
        "--print-to-file title /tmp/x", "--write-pages", "--cache-dir /tmp/x", "--source-address 127.0.0.1",
    ],
)  # fmt: skip
def test_options_that_reach_outside_are_refused(api: Api, origin: Origin, cli: str) -> None:
    reply = api.post("/api/history", {"url": origin.url("clip-refused.mp4"), "cli": cli})
    assert reply.status == 400, cli
    assert "is not allowed." in reply.json()["error"]


def test_one_bad_element_refuses_the_array(api: Api, origin: Origin) -> None:
    good = origin.url("clip-with-bad-company.mp4")
    reply = api.post("/api/history", [{"url": good}, {"url": "ftp://example.com/x"}])
    assert reply.status == 400
    assert reply.json()["data"]["url"] == "ftp://example.com/x"
    assert api.find(good) is None


@pytest.mark.parametrize("raw", [b"{", b"nonsense", b"\xff\xfe", b'"text"', b"5", b"null", b"[]", b"[5]"])
def test_a_body_that_is_no_item_is_400(api: Api, raw: bytes) -> None:
    reply = api.request("POST", "/api/history", raw=raw)
    assert reply.status == 400
    assert reply.json()["error"]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("type=none", "type must be one of all, queue, done."),
        ("type=done&page=x", "page and per_page must be valid integers."),
        ("type=done&page=0", "page must be >= 1."),
        ("type=done&per_page=0", "per_page must be between 1 and 1000."),
        ("type=done&per_page=1001", "per_page must be between 1 and 1000."),
        ("type=done&order=UP", "order must be ASC or DESC."),
    ],
)
def test_list_parameters_are_checked(api: Api, query: str, text: str) -> None:
    reply = api.get(f"/api/history?{query}")
    assert (reply.status, reply.json()["error"]) == (400, text)


@pytest.mark.parametrize("path", ["/api/history/start", "/api/history/pause", "/api/history/cancel"])
@pytest.mark.parametrize("body", [{}, {"ids": "x"}, {"ids": None}])
def test_ids_are_required(api: Api, path: str, body: dict[str, object]) -> None:
    reply = api.post(path, body)
    assert (reply.status, reply.json()["error"]) == (400, "ids is required and must be an array.")


def test_unknown_paths_answer_json(api: Api) -> None:
    reply = api.get("/api/no-such-thing")
    assert reply.status == 404
    assert reply.json()["error"]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x.mp4", "http://localhost:9/x.mp4", "http://10.1.2.3/x", "http://[::1]/x",
        "http://192.168.1.1/x", "http://169.254.169.254/latest/meta-data", "http://[::ffff:127.0.0.1]/x",
        "http://2130706433/x", "http://0.0.0.0/x",
    ],
)  # fmt: skip
def test_internal_addresses_are_refused_by_default(guarded: Service, url: str) -> None:
    api = Api(guarded.base, {"Authorization": basic()})
    reply = api.post("/api/history", {"url": url})
    assert (reply.status, reply.json()["error"]) == (
        400,
        "Access to internal urls or private networks is not allowed.",
    )


@pytest.mark.parametrize("template", ["../%(title)s.%(ext)s", "/etc/%(title)s.%(ext)s"])
def test_a_template_cannot_leave_the_root(api: Api, origin: Origin, template: str) -> None:
    url = origin.url("clip-template.mp4")
    assert api.post("/api/history", {"url": url, "template": template}).status == 400
    assert api.post("/api/history", {"url": url, "cli": f"-o '{template}'"}).status == 400
    assert api.find(url) is None
