"""The console: nothing of the machine is printed, and nothing unusual is kept."""

import json
import shlex
from pathlib import Path

import pytest

from tests.e2e.api import Api
from tests.e2e.service import Service
from tests.security.attacker import Page
from tests.security.lab import SECRET_TEXT, Lab

_COOKIES = "# Netscape HTTP Cookie File\npub.test\tFALSE\t/\tFALSE\t0\tname\tvalue\n"


def _output(api: Api, command: str) -> str:
    reply = api.post("/api/system/terminal", {"command": command}, timeout=60)
    if reply.status != 200:
        assert reply.status == 400, reply.body
        return ""
    data = [line[6:] for line in reply.body.decode().splitlines() if line.startswith("data: ")]
    return "\n".join(str(json.loads(line).get("line", "")) for line in data)


@pytest.fixture(scope="module")
def cookie_file(lab: Lab, service: Service) -> str:
    """The path of a cookie file of ours, as `/api/yt-dlp/command/` tells it."""
    with lab.inside():
        reply = service.api.post("/api/yt-dlp/command/?full=true", {"url": "http://pub.test/c", "cookies": _COOKIES})
    assert reply.status == 200, reply.body
    return str(reply.json()["merged"]["cookie_file"])


def _secrets(service: Service) -> list[Path]:
    return [path for path in service.folder.rglob("secret*") if path.is_file() and path.suffix in ("", ".key")]


_FORMS = (
    "{folder}/../{up}{target}", "{folder}/../../{up}{target}", "{folder}/./../{up}{target}", "{folder}//..//{up}{target}",
    "{folder}/x/../../{up}{target}", "{target}", "../{up}{target}", "file:{target}", "{cookie}/../../{up}{target}",
    "{folder}/..%2f{up}{target}", "~/../{up}{target}", "{folder}/\n/../../{up}{target}",
)  # fmt: skip
_TARGETS = ("the secret text", "a process's environment", "the service's key", "the users of the machine")


def _path_of(lab: Lab, service: Service, target: str) -> str:
    keys = _secrets(service)
    assert keys, "the service has a secret key"
    return {
        "the secret text": str(lab.secret_text),
        "a process's environment": "/proc/self/environ",
        "the service's key": str(keys[0]),
        "the users of the machine": "/etc/passwd",
    }[target]


@pytest.mark.parametrize("target", _TARGETS)
@pytest.mark.parametrize("form", _FORMS)
def test_no_cookie_file_leads_to(
    lab: Lab, api: Api, service: Service, cookie_file: str, form: str, target: str
) -> None:
    path = _path_of(lab, service, target)
    folder = str(Path(cookie_file).parent)
    text = form.format(folder=folder, cookie=cookie_file, up="../" * 12, target=path)
    output = _output(api, f"--cookies {shlex.quote(text)} http://pub.test/console")
    for secret in (
        SECRET_TEXT,
        "root:x:",
        "AWS_SECRET",
        "DLAMBDA_SECRET",
        *(key.read_text() for key in _secrets(service)),
    ):
        assert secret.strip()[:40] not in output
    assert "skipping cookie file entry" not in output


def test_a_cookie_file_of_ours_is_taken(api: Api, cookie_file: str) -> None:
    assert "not allowed" not in _output(api, f"--cookies {cookie_file} http://pub.test/console")


_COMMANDS = (
    "--exec id http://pub.test/x", "--netrc-cmd id http://pub.test/x", "--batch-file /etc/passwd", "-a /etc/passwd",
    "--config-locations /etc/passwd", "--load-info-json /etc/passwd", "--plugin-dirs /tmp http://pub.test/x",
    "--cookies-from-browser firefox http://pub.test/x", "--enable-file-urls file:///etc/passwd", "--cache-dir /tmp/x",
    "--print-to-file title /tmp/x http://pub.test/x", "--downloader curl http://pub.test/x",
    "-o /tmp/x http://pub.test/x", "-P /tmp http://pub.test/x", "-P ../../.. http://pub.test/x", "-- --exec=id",
    "-- -x", "--update-to master", "-U", "--compat-options allow-unsafe-ext http://pub.test/x",
    "--compat-options all http://pub.test/x", "--compat-opt=all http://pub.test/x",
    "--compat-options -no-live-chat,all http://pub.test/x", "--ffmpeg-location /tmp http://pub.test/x",
    "--use-postprocessor Exec:exec_cmd=id http://pub.test/x", "--js-runtimes node:/bin/sh http://pub.test/x",
    "--alias x '--exec id' -x http://pub.test/x", "--proxy http://127.0.0.1:9999 http://pub.test/x", "$(id)'",
)  # fmt: skip


@pytest.mark.parametrize("command", _COMMANDS)
def test_the_console_refuses(api: Api, command: str) -> None:
    reply = api.post("/api/system/terminal", {"command": command})
    assert reply.status == 400, reply.body[:300]


_INSIDE = ("http://127.0.0.1:9999/console.1", "http://loopback.test:9999/console.2", "http://169.254.169.254/console.3",
           "file:///etc/passwd", "http://rb0-c.test:9999/console.4", "ftp://127.0.0.1:9997/console.5",
           "http://[::ffff:127.0.0.1]:9999/console.6", "rtmp://127.0.0.1:9997/console.7")  # fmt: skip


@pytest.mark.parametrize("url", _INSIDE)
def test_the_console_does_not_go_inside(lab: Lab, api: Api, url: str) -> None:
    before = len(lab.decoys.all_hits())
    output = _output(api, f"--force-generic-extractor {url}")
    assert "DECOYCONTENT" not in output
    assert "root:x:" not in output
    assert lab.decoys.all_hits()[before:] == []


def test_the_console_runs_no_shell(lab: Lab, api: Api) -> None:
    mark = lab.folder / "made-by-the-console"
    _output(api, f"http://pub.test/x; touch {mark}")
    _output(api, f"'http://pub.test/$(touch {mark})' && touch {mark}")
    assert not mark.exists()


def test_the_console_keeps_no_starter_of_programs(lab: Lab, api: Api, service: Service) -> None:
    lab.attacker.serve("/starter.desktop", Page(lab.public.mp4.read_bytes(), "video/mp4"))
    _output(api, "http://pub.test/starter.desktop")
    assert list((service.folder / "media").rglob("*.desktop")) == []
