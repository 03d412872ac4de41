"""An instance with a password: nothing answers without it, however the request is written."""

import base64
import json
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.e2e.api import Api
from tests.e2e.credentials import PASSWORD, USER, standard, urlsafe
from tests.e2e.service import ROOT, Service
from tests.security.raw import raw_request, status_of

_DOCUMENT = json.loads((ROOT / "functions" / "endpoints" / "system" / "openapi.json").read_text())
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_PATHS = sorted(_DOCUMENT["paths"])


def _filled(path: str) -> str:
    return re.sub(r"\{[a-z_]+\}", "1", path.replace("{file}", "README.md"))


# Signing in, and the web page, which holds nothing but what is published with the source.
_PUBLIC = {
    "get /", "get /{path}", "get /files/{task_id}/{name}", "get /api/auth/status", "post /api/auth/setup", "post /api/auth/login",
    "post /api/auth/logout", "get /api/auth/oidc/login", "get /api/auth/oidc/callback",
}  # fmt: skip


def _is_public(method: str, path: str) -> bool:
    return f"{'get' if method == 'HEAD' else method.lower()} {path}" in _PUBLIC


def test_what_is_public_is_known() -> None:
    assert {
        f"{method} {path}"
        for path, operations in _DOCUMENT["paths"].items()
        for method, operation in operations.items()
        if operation.get("x-permission") == "public"
    } == _PUBLIC


@pytest.mark.parametrize("path", _PATHS)
def test_no_route_answers_without_credentials(guarded: Service, path: str) -> None:
    for method in _METHODS:
        reply = guarded.api.request(method, _filled(path), {} if method in ("POST", "PUT", "PATCH") else None)
        if path == "/files/{task_id}/{name}":  # the task's id is the credential (hostapi.md, Files)
            assert reply.status in (404, 405), (method, reply.status)
        elif path in ("/", "/{path}"):  # the page has whatever no other group has
            assert reply.status in (200, 404), (method, reply.status)
        elif not _is_public(method, path):
            assert reply.status in (401, 405), (method, reply.status, reply.body[:200])


_SPELLINGS = (
    "//api/history", "/./api/history", "/api/./history", "/api//history", "/API/history", "/Api/History",
    "/%61pi/history", "/api%2fhistory", "/api/history;x", "/api;x/history", "/api/history%00", "/api/history.json",
    "/api/history/", "/api/history/..", "/api/ping/../history", "/files/../api/history", "/api/history?", "/api/history#",
    "/api/history%20", "/api/history%0a", "/api/docs/../history", "/metrics/../api/history", "/..;/api/history",
    "/api\\history", "/%2e/api/history", "/api/%68istory", "//127.0.0.1/api/history", "/x/%2e%2e/api/history",
)  # fmt: skip


@pytest.mark.parametrize("path", _SPELLINGS)
def test_no_spelling_of_a_path_goes_round_the_password(guarded: Service, path: str) -> None:
    answer = raw_request(guarded, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
    assert status_of(answer) in (400, 401, 404), answer[:300]
    assert b'"queue"' not in answer


_HEADERS = (
    "X-HTTP-Method-Override: OPTIONS", "X-HTTP-Method: OPTIONS", "X-Method-Override: OPTIONS", "X-Original-URL: /api/docs",
    "X-Rewrite-URL: /api/docs", "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Host: localhost", "X-Forwarded-User: ada",
    "X-Remote-User: ada", "Remote-User: ada", "Forwarded: for=127.0.0.1", "X-Real-IP: 127.0.0.1", "X-API-Key: x",
    "Cookie: auth=x", "Cookie: auth=", "X-Amz-Invocation-Type: Event", "X-Forwarded-Prefix: /files", "Origin: null",
    "Referer: http://127.0.0.1/", "Access-Control-Request-Method: GET", "X-Forwarded-Proto: https", "Upgrade: websocket",
)  # fmt: skip


@pytest.mark.parametrize("header", _HEADERS)
def test_no_header_stands_for_the_password(guarded: Service, header: str) -> None:
    text = f"GET /api/history HTTP/1.1\r\nHost: 127.0.0.1\r\n{header}\r\nConnection: close\r\n\r\n"
    answer = raw_request(guarded, text.encode())
    assert status_of(answer) in (400, 401, 403, 426), answer[:300]
    assert b'"queue"' not in answer


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


_WRONG = (
    "", "Basic", "Basic ", "Basic  ", "Basic =", f"Basic {_encoded('')}", f"Basic {_encoded(':')}",
    f"Basic {_encoded(USER)}", f"Basic {_encoded(USER + ':')}", f"Basic {_encoded(':' + PASSWORD)}",
    f"Basic {_encoded(USER + ':x')}", f"Basic {_encoded(USER + ':' + PASSWORD + 'x')}",
    f"Basic {_encoded(USER + ':' + PASSWORD[:-1])}", f"Basic {_encoded(USER.upper() + ':' + PASSWORD)}",
    f"Basic {_encoded(USER + ':' + PASSWORD.upper())}", f"Basic {_encoded(USER + ' :' + PASSWORD)}",
    f"Basic {_encoded(USER + ':' + PASSWORD + chr(0))}", f"Basic {_encoded(USER + chr(10) + ':' + PASSWORD)}",
    f"Bearer {standard()}", f"Digest {standard()}", standard(), f"Basic{standard()}", f"Basic {standard()} x",
    f"Basic {standard()},Basic {standard()}", "Basic " + "A" * 7000, "Basic ÿÿÿ", f"Basic {standard()[:-3]}",
)  # fmt: skip


@pytest.mark.parametrize("value", _WRONG)
def test_no_wrong_authorization_is_taken(guarded: Service, value: str) -> None:
    text = f"GET /api/history HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {value}\r\nConnection: close\r\n\r\n"
    answer = raw_request(guarded, text.encode("latin-1"))
    assert status_of(answer) in (400, 401, 429, 431), answer[:300]
    assert b'"queue"' not in answer


_WRONG_KEYS = ("", "x", _encoded(""), _encoded(USER), _encoded(f"{USER}:x"), "%00", "A" * 5000, USER, PASSWORD)


@pytest.mark.parametrize("key", _WRONG_KEYS)
def test_no_wrong_apikey_is_taken(guarded: Service, key: str) -> None:
    assert guarded.api.get(f"/api/history?apikey={quote(key)}").status in (400, 401, 429)


def test_an_apikey_does_not_help_a_wrong_header(guarded: Service) -> None:
    reply = guarded.api.get(f"/api/history?apikey={urlsafe()}", headers={"Authorization": "Basic x"})
    assert reply.status in (401, 429)


def test_the_right_password_is_taken_after_all_that(guarded_client: Api) -> None:
    assert guarded_client.get("/api/history").status == 200


@pytest.mark.parametrize("path", ["/ws", "//ws", "/ws/x", "/ws/", "/./ws", "/%77s", "/ws?apikey=x", "/WS"])
def test_no_socket_opens_without_credentials(guarded: Service, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(guarded.base.replace("http", "ws", 1) + path, proxy=None, legacy=True, open_timeout=60)
    assert refused.value.response.status_code in (400, 401, 403, 404, 429)


_RAW = {
    "two lengths": b"POST /api/history HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "a length and chunks": b"POST /api/history HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n"
    b"\r\n0\r\n\r\nGET /api/history HTTP/1.1\r\nHost: x\r\n\r\n",
    "an odd encoding": b"POST /api/history HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a tab in the path": b"GET /api/history\tx HTTP/1.1\r\nHost: x\r\n\r\n",
    "a blank in the path": b"GET /api/hist ory HTTP/1.1\r\nHost: x\r\n\r\n",
    "a blank before the colon": b"GET /api/history HTTP/1.1\r\nHost : x\r\n\r\n",
    "a NUL in a header": b"GET /api/history HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n",
    "no version": b"GET /api/history\r\n\r\n",
    "another protocol": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "the absolute form": b"GET http://127.0.0.1/api/history HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "an unknown method": b"BREW /api/history HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "CONNECT": b"CONNECT 127.0.0.1:9999 HTTP/1.1\r\nHost: 127.0.0.1:9999\r\n\r\n",
    "a negative length": b"POST /api/history HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
}


@pytest.mark.parametrize("fact", _RAW)
def test_no_request_is_smuggled(guarded: Service, fact: str) -> None:
    answer = raw_request(guarded, _RAW[fact])
    assert b'"queue"' not in answer
    assert not answer or status_of(answer) in (400, 401, 404, 405, 426, 501, 505), answer[:300]
    assert guarded.api.get("/api/ping").status == 401


def test_no_secret_stands_in_the_logs(guarded: Service) -> None:
    text = "".join(path.read_text(errors="replace") for path in Path(guarded.folder / "logs").glob("*"))
    assert PASSWORD not in text
    assert standard() not in text
