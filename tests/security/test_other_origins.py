"""Pages of other sites, names that lead here (DNS rebinding), and the engines' ports."""

import http.client
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.e2e import processes
from tests.e2e.api import Api
from tests.e2e.service import Service
from tests.security.lab import Lab

_FOREIGN = ("https://evil.test", "http://evil.test", "null", "http://127.0.0.1.evil.test", "http://localhost.evil.test",
            "http://127.0.0.1:1", "http://localhost:1", "file://", "chrome-extension://abcdefgh")  # fmt: skip
_CLOSED: dict[str, tuple[str, str, Any]] = {
    "reads a preset": ("GET", "/api/presets/1", None),
    "lists presets": ("GET", "/api/presets", None),
    "reads the history": ("GET", "/api/history", None),
    "reads the configuration": ("GET", "/api/system/configuration", None),
    "reads the logs": ("GET", "/api/logs", None),
    "reads the files": ("GET", "/api/file/browser", None),
    "deletes from the history": ("DELETE", "/api/history", {"type": "done", "status": "finished"}),
    "adds a preset": ("POST", "/api/presets", {"name": "evil"}),
    "changes a preset": ("PATCH", "/api/presets/1", {"name": "evil"}),
    "replaces a preset": ("PUT", "/api/presets/1", {"name": "evil"}),
    "acts on files": ("POST", "/api/file/actions", [{"action": "delete", "path": "x"}]),
    "uses the console": ("POST", "/api/system/terminal", {"command": "--list-extractors"}),
    "pauses": ("POST", "/api/system/pause", {}),
    "cancels": ("POST", "/api/history/cancel", {"ids": ["x"]}),
    "adds a target": ("POST", "/api/notifications", {"name": "evil", "request": {"url": "http://evil.test"}}),
    "adds a task": ("POST", "/api/tasks", {"name": "evil", "url": "http://pub.test/x.rss"}),
    "asks for information": ("GET", "/api/yt-dlp/url/info?url=http%3A%2F%2Fpub.test%2F", None),
    "asks for a picture": ("GET", "/api/thumbnail?url=http%3A%2F%2Fpub.test%2Fx.png", None),
    "adds a condition": ("POST", "/api/conditions", {"name": "e", "filter": "a", "cli": "-f b"}),
    "shuts down": ("POST", "/api/system/shutdown", {}),
}


@pytest.fixture(scope="module", autouse=True)
def _resumed(lab: Lab, service: Service) -> Iterator[None]:
    """Whatever an attempt may have done, the service works on for the modules after this one."""
    yield
    with lab.inside():
        service.api.post("/api/system/resume")


@pytest.mark.parametrize("fact", _CLOSED)
def test_a_page_of_another_site_never(api: Api, fact: str) -> None:
    method, path, body = _CLOSED[fact]
    reply = api.request(method, path, body, headers={"Origin": "https://evil.test"})
    assert reply.status == 403, reply.body[:300]
    assert reply.headers["Access-Control-Allow-Origin"] in (None, "null")


@pytest.mark.parametrize("fact", [fact for fact, (method, _, _) in _CLOSED.items() if method == "POST"])
def test_a_form_of_another_site_never(api: Api, fact: str) -> None:
    """What a browser sends without asking first: POST as text, with an Origin."""
    _method, path, body = _CLOSED[fact]
    headers = {"Origin": "https://evil.test", "Content-Type": "text/plain"}
    reply = api.request("POST", path, raw=json.dumps(body).encode(), headers=headers)
    assert reply.status == 403, reply.body[:300]


@pytest.mark.parametrize("origin", _FOREIGN)
def test_every_kind_of_foreign_origin_is_refused(api: Api, origin: str) -> None:
    reply = api.get("/api/history", headers={"Origin": origin})
    assert reply.status == 403
    assert (
        api.request("DELETE", "/api/history", {"type": "done", "status": "x"}, headers={"Origin": origin}).status == 403
    )


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "PUT"])
def test_a_preflight_for_changes_is_not_granted(api: Api, method: str) -> None:
    headers = {"Origin": "https://evil.test", "Access-Control-Request-Method": method}
    reply = api.request("OPTIONS", "/api/history", headers=headers)
    assert reply.headers["Access-Control-Allow-Origin"] is None


def test_the_own_page_may_do_all(api: Api, service: Service) -> None:
    assert api.get("/api/history", headers={"Origin": service.base}).status == 200
    assert api.get("/api/presets", headers={"Origin": f"http://localhost:{service.port}",
                                            "Host": f"localhost:{service.port}"}).status == 200  # fmt: skip


def test_a_bookmark_and_an_extension_may_add(api: Api) -> None:
    origin = {"Origin": "https://pub.test"}
    posted = api.post("/api/history", {"url": "http://pub.test/from-a-bookmark"}, headers=origin)
    assert posted.status == 200
    assert posted.headers["Access-Control-Allow-Origin"] in ("*", "https://pub.test")
    assert api.get("/api/history/add?url=http%3A%2F%2Fpub.test%2Ffrom-a-phone", headers=origin).status == 200
    preflight = api.request("OPTIONS", "/api/history", headers=origin | {"Access-Control-Request-Method": "POST"})
    assert preflight.headers["Access-Control-Allow-Origin"] in ("*", "https://pub.test")


def test_names_of_presets_are_all_that_an_extension_reads(api: Api) -> None:
    reply = api.get("/api/presets?filter=name", headers={"Origin": "https://pub.test"})
    assert reply.status == 200
    assert b"cookies" not in reply.body
    other = api.get("/api/presets?filter=name,cookies", headers={"Origin": "https://pub.test"})
    assert other.status == 403 or b"cookies" not in other.body


_HOSTS = ("evil.test", "evil.test:8080", "rb1-a.test", "127.0.0.1.evil.test", "localhost.evil.test", "10.1.2.3",
          "169.254.169.254", "93.184.215.14", "[2001:db8::1]")  # fmt: skip


@pytest.mark.parametrize("host", _HOSTS)
def test_a_foreign_name_that_leads_here_is_refused(service: Service, host: str) -> None:
    for method, path in (
        ("GET", "/api/history"),
        ("GET", "/api/presets/1"),
        ("DELETE", "/api/history"),
        ("POST", "/api/history"),
    ):
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
        try:
            connection.putrequest(method, path, skip_host=True)
            connection.putheader("Host", host)
            connection.putheader("Content-Length", "0")
            connection.endheaders()
            status = connection.getresponse().status
        finally:
            connection.close()
        assert 400 <= status < 500, (method, path, status)
        assert (status in (400, 403, 421)) or method != "GET"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_a_name_of_loopback_is_answered(api: Api, host: str) -> None:
    assert api.get("/api/history", headers={"Host": host}).status == 200


@pytest.mark.parametrize("origin", ["https://evil.test", "null", "http://127.0.0.1.evil.test"])
def test_no_socket_opens_for_another_site(service: Service, origin: str) -> None:
    url = service.base.replace("http", "ws", 1) + "/ws"
    with pytest.raises(InvalidStatus) as refused:
        connect(url, proxy=None, legacy=True, origin=origin, open_timeout=60)  # type: ignore[arg-type]
    assert refused.value.response.status_code in (400, 401, 403)


def test_no_socket_opens_for_a_foreign_name(service: Service) -> None:
    request = (
        "GET /ws HTTP/1.1\r\nHost: evil.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", service.port), timeout=60) as connection:
        connection.sendall(request.encode())
        assert b" 101 " not in connection.recv(4096).split(b"\r\n")[0]


# The engines


def listening_ports(service: Service) -> list[int]:
    """TCP ports of the service's processes, its own port left out."""
    inodes = set()
    for process in service.processes():
        for descriptor in Path(f"/proc/{process.pid}/fd").glob("*"):
            try:
                target = str(descriptor.readlink())
            except OSError:
                continue
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
    first = service.processes()[-1].pid
    rows = [
        line.split()
        for name in ("tcp", "tcp6")
        for line in Path(f"/proc/{first}/net/{name}").read_text().splitlines()[1:]
    ]
    ports = {int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == "0A" and row[9] in inodes}
    return sorted(ports - {service.port})


_FAKE = "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0"
_AMZ = {"Authorization": _FAKE, "Content-Type": "application/x-amz-json-1.0", "X-Amz-Date": "20260101T000000Z"}
_ENGINE_CALLS: dict[str, tuple[str, str, dict[str, str], str]] = {
    "scans a table": ("POST", "/", {"X-Amz-Target": "DynamoDB_20120810.Scan", **_AMZ}, '{"TableName":"dlambda-items"}'),
    "lists tables": ("POST", "/", {"X-Amz-Target": "DynamoDB_20120810.ListTables", **_AMZ}, "{}"),
    "scans a table from a page": (
        "POST", "/", {"X-Amz-Target": "DynamoDB_20120810.Scan", "Origin": "https://evil.test", **_AMZ},
        '{"TableName":"dlambda-presets"}',
    ),
    "deletes a table": ("POST", "/", {"X-Amz-Target": "DynamoDB_20120810.DeleteTable", **_AMZ}, '{"TableName":"none"}'),
    "lists queues": ("POST", "/", {"Content-Type": "application/x-www-form-urlencoded"}, "Action=ListQueues"),
    "lists queues as JSON": ("POST", "/", {"X-Amz-Target": "AmazonSQS.ListQueues", **_AMZ}, "{}"),
    "sends a message by a form": (
        "POST", "/000000000000/dlambda-intake", {"Content-Type": "application/x-www-form-urlencoded",
                                                  "Origin": "https://evil.test"},
        "Action=SendMessage&MessageBody=%7B%22id%22%3A%22x%22%7D",
    ),
    "receives messages": (
        "POST", "/000000000000/dlambda-intake", {"Content-Type": "application/x-www-form-urlencoded"},
        "Action=ReceiveMessage",
    ),
    "lists the bucket": ("GET", "/dlambda?list-type=2", {}, ""),
    "reads an object": ("GET", "/dlambda/files/library.mp4", {}, ""),
    "writes an object": ("PUT", "/dlambda/files/evil.mp4", {}, "evil"),
    "reads the state of the queues": ("GET", "/_ministack/health", {}, ""),
    "calls a function": ("POST", "/2015-03-31/functions/x/invocations", _AMZ, "{}"),
    "asks first": (
        "OPTIONS", "/", {"Origin": "https://evil.test", "Access-Control-Request-Method": "POST",
                         "Access-Control-Request-Headers": "x-amz-target"}, "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fact", _ENGINE_CALLS)
def test_nobody_on_loopback(lab: Lab, service: Service, fact: str) -> None:
    lab.put_library_film(service)
    method, path, headers, body = _ENGINE_CALLS[fact]
    for port in listening_ports(service):
        status, allowed, content = _call(port, method, path, headers, body)
        assert status == 0 or status >= 400, (port, status, content[:300])
        assert allowed is None, (port, allowed)
        assert not lab.library.is_in(content)


def _call(port: int, method: str, path: str, headers: dict[str, str], body: str) -> tuple[int, str | None, bytes]:
    """Status, who is allowed to read the answer, and the answer; 0 where no HTTP is spoken."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers["Access-Control-Allow-Origin"], answer.read()
    except (OSError, http.client.HTTPException):
        return 0, None, b""
    finally:
        connection.close()


def test_no_other_user_of_the_machine_reads_the_data(service: Service) -> None:
    assert service.folder.stat().st_mode & 0o077 == 0
    for name in ("tables", "logs", "config"):
        for path in (service.folder / name).rglob("*"):
            if path.is_file() and not path.is_symlink():
                assert path.stat().st_mode & 0o077 == 0, path


def test_no_process_shows_a_secret_in_its_command_line(service: Service) -> None:
    secrets = [value for name, value in service.environment_of_functions().items() if "SECRET" in name and value]
    assert secrets
    for process in processes.processes_of(service.mark, service.folder):
        assert not any(secret in process.command for secret in secrets)
