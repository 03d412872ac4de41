"""The web page's files: docs/contract/page.md."""

import base64
import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import brotli
import pytest
from flask.testing import FlaskClient

from dlambda.entry.http import make_app
from endpoints.page import built
from endpoints.page.main import app, lambda_handler
from endpoints.page.routes import routes
from local import web_page

LARGEST_FIRST_VISIT_BYTES = 150_000
HTML = {"Accept": "text/html,*/*;q=0.8"}
Configure = Callable[..., None]


@pytest.fixture(scope="module", autouse=True)
def page_of_the_sources() -> None:
    web_page.build()


@pytest.fixture
def client(engines: object) -> FlaskClient:
    return app.test_client()


def assets(html: str) -> list[str]:
    return re.findall(r'(?:src|href)="/?(assets/[^"]+)"', html)


@pytest.mark.parametrize("path", ["/", "/new", "/new/", "/new/deeper/still", "//new"])
def test_each_address_of_a_screen_is_the_page(client: FlaskClient, path: str) -> None:
    reply = client.get(path)
    assert (reply.status_code, reply.mimetype) == (200, "text/html")
    assert reply.headers["Cache-Control"] == "no-cache"
    assert client.get(path, headers={"If-None-Match": reply.headers["ETag"]}).status_code == 304


def test_a_password_does_not_keep_the_form_from_who_is_to_enter_it(client: FlaskClient, configure: Configure) -> None:
    configure(auth_username="a", auth_password="b")
    assert client.get("/").status_code == 200
    assert client.get(f"/{assets(client.get('/').text)[0]}").status_code == 200


def test_nothing_but_the_own_origin_is_let_in(client: FlaskClient) -> None:
    policy = client.get("/", base_url="https://dl.example").headers["Content-Security-Policy"]
    sources = dict(part.split(" ", 1) for part in policy.split("; "))
    assert sources["default-src"] == "'none'"
    assert sources["script-src"] == sources["style-src"] == "'self'"
    assert sources["frame-ancestors"] == sources["base-uri"] == "'none'"
    assert "wss://dl.example" in sources["connect-src"].split()
    assert "unsafe" not in policy
    assert not re.search(r"<script[^>]*>[^<]|<style|\son\w+=|style=", client.get("/").text)


def test_storage_elsewhere_is_let_in(client: FlaskClient, configure: Configure) -> None:
    configure(media_public_url="https://media.example/below")
    policy = client.get("/").headers["Content-Security-Policy"]
    assert re.findall(r"(\w+)-src [^;]*https://media\.example(?:;|$| )", policy) == ["img", "media", "connect"]


@pytest.mark.parametrize("coding", ["br", "gzip", ""])
def test_files_are_kept_for_ever_and_come_compressed(client: FlaskClient, coding: str) -> None:
    path = f"/{assets(client.get('/').text)[0]}"
    reply = client.get(path, headers={"Accept-Encoding": coding or "identity"})
    assert reply.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert (reply.headers.get("Content-Encoding", ""), "Accept-Encoding" in reply.headers["Vary"]) == (coding, True)
    unpack: Callable[[bytes], bytes] = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}[coding]
    assert unpack(reply.data) == built.read(path[1:])
    again = client.get(path, headers={"Accept-Encoding": coding, "If-None-Match": reply.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_the_smallest_coding_wins_unless_it_is_refused(client: FlaskClient) -> None:
    path = f"/{assets(client.get('/').text)[0]}"
    assert client.get(path, headers={"Accept-Encoding": "gzip, deflate, br, zstd"}).headers["Content-Encoding"] == "br"
    assert client.get(path, headers={"Accept-Encoding": "gzip, br;q=0"}).headers["Content-Encoding"] == "gzip"


def test_what_is_loaded_at_once_is_small(client: FlaskClient) -> None:
    """The document, its scripts and styles, one language and the screen that is opened first."""
    html = client.get("/").text
    files = built.manifest().files
    later = [path for path in files if re.match(r"assets/(en|screen)-", path)]
    sizes = [len(built.read(files[path].encodings.get("br", path))) for path in {*assets(html), *later}]
    assert 10_000 < len(html) + sum(sizes) < LARGEST_FIRST_VISIT_BYTES


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nothing"), ("GET", "/api/nothing"), ("GET", "/api"), ("GET", "/ytptube/"), ("GET", "/ytptube/new"), ("GET", "/newer"), ("GET", "/index.html"), ("GET", "/manifest.json"),
        ("POST", "/"), ("POST", "/api/nothing"), ("DELETE", "/new"), ("GET", "/../built.py"), ("GET", "/assets/../manifest.json"),
    ],
)  # fmt: skip
def test_everything_else_is_unknown(client: FlaskClient, method: str, path: str) -> None:
    reply = client.open(path, method=method)
    assert (reply.status_code, reply.get_json()["code"]) == (404, "NOT_FOUND")


def test_a_person_at_an_unknown_address_gets_the_page_and_a_program_never_below_api(client: FlaskClient) -> None:
    assert (client.get("/nothing", headers=HTML).status_code, client.get("/nothing", headers=HTML).mimetype) == (
        404,
        "text/html",
    )
    assert client.get("/api/nothing", headers=HTML).get_json()["code"] == "NOT_FOUND"
    assert client.get("/assets/old-ABC.js", headers=HTML).get_json()["error"] == "File not found."


def test_below_a_base_path_all_addresses_lie_there(engines: object, configure: Configure) -> None:
    configure(base_path="/deep")
    html = make_app(routes, authenticated=False).test_client().get("/deep/new").text
    assert '<meta name="base-path" content="/deep" />' in html
    assert re.search(r'src="/deep/assets/main-\w+\.js"', html)


def test_without_a_build_it_says_what_to_do(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(built, "FOLDER", tmp_path)
    assert (client.get("/").status_code, client.get("/").get_json()["code"]) == (503, "UNAVAILABLE")
    unknown = client.get("/api/nothing")
    assert (unknown.status_code, unknown.get_json()["code"]) == (404, "NOT_FOUND")


def event(path: str, **headers: str) -> dict[str, Any]:
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": "dl.example", "x-forwarded-proto": "https", **headers},
        "requestContext": {"http": {"method": "GET", "sourceIp": "192.0.2.1", "protocol": "HTTP/1.1"}},
        "isBase64Encoded": False,
    }


@pytest.fixture
def in_the_cloud(engines: object, configure: Configure) -> None:
    configure(function_name="dlambda-PageFunction", allow_open=True, socket_endpoint="https://ws.example/ws")


@pytest.mark.usefixtures("in_the_cloud")
def test_in_the_cloud_it_is_the_same_and_knows_where_events_come_from() -> None:
    reply = lambda_handler(event("/"), None)
    html = base64.b64decode(reply["body"]).decode() if reply["isBase64Encoded"] else reply["body"]
    assert '<meta name="socket" content="wss://ws.example/ws" />' in html
    assert "wss://ws.example" in json.dumps(reply)
    path = assets(html)[0]
    packed = lambda_handler(event(f"/{path}", **{"accept-encoding": "br"}), None)
    assert packed["isBase64Encoded"] is True
    assert brotli.decompress(base64.b64decode(packed["body"])) == built.read(path)
