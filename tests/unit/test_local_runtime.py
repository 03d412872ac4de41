"""The whole runtime with the real engines and functions of this test, started as a person starts it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from dlambda.domain.orders.key import id_of_value
from local.first_key import needs_key
from local.template import ROOT, read

TOOLS = Path(os.environ.get("DLAMBDA_TOOLS_DIR") or ROOT / ".tools" / "bin")
pytestmark = pytest.mark.skipif(not (TOOLS / "dynoxide").exists(), reason="`make run` installs the engines")

GROUP = """
import time
from flask import Flask, Response, request
from dlambda.aws import bucket, queue
from dlambda.domain.messages.queue_messages import DownloadItem
app = Flask(__name__, static_folder=None)
closed = []

@app.route("/<path:path>", methods=["GET", "POST"])
def answer(path):
    if path.endswith("send"):
        queue.send(DownloadItem(request.args.get("work", "")))
    if path.endswith("presign"):
        return bucket.presign("files/a.mp4", origin=request.host_url, answer={"content-type": "video/mp4"})
    if path.endswith("stream"):
        return Response(stream(), mimetype="text/event-stream")
    body = request.get_data(as_text=True)
    return {"path": path, "base": request.script_root, "body": body, "closed": closed, "group": __name__}

def stream():
    try:
        while True:
            yield "data: x\\n\\n"
            time.sleep(0.02)
    finally:
        closed.append("stream")
"""
EVENT = """
import json, os, subprocess
from pathlib import Path
from dlambda.aws import queue, socket
from dlambda.domain.messages.queue_messages import GreetClient
FILE = Path(os.environ["DATA_DIR"]) / "events"

def lambda_handler(event, context):
    for record in event.get("Records", ()):
        body = json.loads(record["body"])
        if record["eventSourceARN"].endswith(":socket"):
            socket.push(body["id"], b'{"event": "connected"}')
        else:
            note({"message": body, "left": context.get_remaining_time_in_millis()})
            if body["id"]:
                subprocess.run(["sleep", "987"])
    if "requestContext" in event:
        return on_socket(event)
    if not event.get("Records"):
        note({"tick": True})
    return {"batchItemFailures": []}

def on_socket(event):
    context = event["requestContext"]
    note({"route": context["routeKey"], "query": event.get("queryStringParameters")})
    if (event.get("queryStringParameters") or {}).get("apikey") == "bad":
        return {"statusCode": 401, "body": '{"error": "no"}'}
    if context["routeKey"] == "$connect":
        queue.send(GreetClient(context["connectionId"]))
    if context["routeKey"] == "$default":
        assert socket.push(context["connectionId"], event["body"].encode())
    return {"statusCode": 200}

def note(line):
    with FILE.open("a") as file:
        file.write(json.dumps(line) + "\\n")
"""


class Run:
    """A started service."""

    def __init__(self, root: Path, **environ: str) -> None:
        self.data = root / "data"
        plan = read()
        for module in {route.function.module for route in plan.routes}:
            write(root / "functions", module, GROUP)
        for module in {each.function.module for each in plan.consumers} | {f.module for f in plan.scheduled}:
            write(root / "functions", module, EVENT)
        kept = {name: text for name, text in os.environ.items() if not name.startswith(("YTP_", "DLAMBDA_", "AWS_"))}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "local"],
            cwd=root,
            env=kept
            | {
                "PYTHONPATH": f"{root / 'functions'}:{ROOT / 'functions'}:{ROOT}",
                "DATA_DIR": str(self.data),
                "PORT": "0",
            }
            | {"DLAMBDA_TOOLS_DIR": str(TOOLS)}
            | environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        first = self.process.stdout.readline()
        assert " answers at http://" in first, first + self.process.stdout.read()
        self.url = first.split(" answers at ")[1].split(" ")[0]

    def get(self, path, body=None, **headers):
        url = path if path.startswith("http") else self.url + path
        request = urllib.request.Request(url, body, {key.replace("_", "-"): text for key, text in headers.items()})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, dict(error.headers), error.read()

    def events(self, key):
        file = self.data / "events"
        lines = file.read_text().splitlines() if file.exists() else []
        return [line for line in map(json.loads, lines) if key in line]

    def until(self, wanted, seconds=60.0):
        deadline = time.monotonic() + seconds
        while not (found := wanted()):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return found

    def pids(self, part):
        found = []
        for entry in Path("/proc").glob("[0-9]*/environ"):
            try:
                mine = str(self.data).encode() in entry.read_bytes() + (entry.parent / "cmdline").read_bytes()
                if mine and part in (entry.parent / "cmdline").read_bytes().decode().replace("\0", " "):
                    found.append(int(entry.parent.name))
            except OSError:
                continue
        return found

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)
        self.process.stdout.close()


def write(folder, module, text):
    path = folder / (module.replace(".", "/") + ".py")
    path.parent.mkdir(parents=True, exist_ok=True)
    for package in (path.parent, path.parent.parent):  # a package here is taken before that of the project
        (package / "__init__.py").touch()
    path.write_text(textwrap.dedent(text))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    started = Run(tmp_path_factory.mktemp("run"), DLAMBDA_POLL_SECONDS="600")
    yield started
    started.stop()


def test_a_path_reaches_its_function_with_body(run):
    status, headers, body = run.get("/api/history/a%20b/c", b"text", Content_Type="text/plain")
    assert status == 200
    answer = {"path": "api/history/a b/c", "base": "", "body": "text", "closed": 0, "group": "endpoints.history.main"}
    assert json.loads(body) | {"closed": 0} == answer
    assert "Server" not in headers


@pytest.mark.parametrize("path", ["/api", "/api/nothing", "/favicon.ico", "/a/b"])
def test_what_no_other_function_has_reaches_the_page(run, path):
    status, _, body = run.get(path)
    assert (status, json.loads(body)["group"], json.loads(body)["path"]) == (200, "endpoints.page.main", path[1:])


def test_each_message_wakes_its_poller_which_would_not_look_for_minutes(run):
    for count in range(1, 7):
        run.get("/api/history/send")
        run.until(lambda count=count: len(run.events("message")) == count)
    assert run.events("left")[0]["left"] > 10**9


def test_a_stream_ends_when_its_reader_goes(run):
    with urllib.request.urlopen(run.url + "/api/history/stream", timeout=60) as answer:
        assert answer.readline() == b"data: x\n"
    run.until(lambda: json.loads(run.get("/api/history/x")[2])["closed"] == ["stream"])


def test_a_socket_is_greeted_and_answered(run):
    with connect(run.url.replace("http", "ws") + "/ws?_=1") as client:
        assert json.loads(client.recv(60)) == {"event": "connected"}
        client.send("hello")
        assert client.recv(60) == "hello"
    run.until(lambda: {line["route"] for line in run.events("route")} == {"$connect", "$default", "$disconnect"})


def test_a_refused_socket_is_refused_before_the_upgrade(run):
    with pytest.raises(InvalidStatus) as refused:
        connect(run.url.replace("http", "ws") + "/ws?apikey=bad")
    assert (refused.value.response.status_code, refused.value.response.body) == (401, b'{"error": "no"}')


def test_the_ticker_ticks_soon_after_the_start(run):
    run.until(lambda: run.events("tick"))


@pytest.fixture(scope="module")
def media(run):
    file = run.data / "media" / "dlambda" / "files" / "a.mp4"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(bytes(range(256)) * 4096)
    return run.get("/api/download/presign")[2].decode(), file.read_bytes()


def test_media_comes_whole(run, media):
    status, headers, body = run.get(media[0], Authorization="Basic eDp5")
    assert (status, body) == (200, media[1])
    assert headers["content-type"] == "video/mp4"
    assert headers["accept-ranges"] == "bytes"
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(
    ("wanted", "begin", "end"), [("5-9", 5, 10), ("1048570-", 1048570, 1048576), ("-3", 1048573, 1048576)]
)
def test_a_range_is_a_206(run, media, wanted, begin, end):
    status, headers, body = run.get(media[0], Range=f"bytes={wanted}")
    assert (status, body) == (206, media[1][begin:end])
    assert headers["content-range"] == f"bytes {begin}-{end - 1}/1048576"


def test_a_range_past_the_end_is_refused(run, media):
    assert run.get(media[0], Range="bytes=2000000-")[0] == 416


def test_what_the_client_has_is_not_sent_again(run, media):
    etag = run.get(media[0])[1]["etag"]
    assert run.get(media[0], If_None_Match=etag)[::2] == (304, b"")
    assert run.get(media[0], If_None_Match='"x"')[0] == 200
    modified = run.get(media[0])[1]["last-modified"]
    assert run.get(media[0], If_Modified_Since=modified)[0] == 304


def test_a_range_of_another_version_is_the_whole(run, media):
    etag = run.get(media[0])[1]["etag"]
    assert run.get(media[0], Range="bytes=0-1", If_Range=etag)[0] == 206
    assert run.get(media[0], Range="bytes=0-1", If_Range='"x"')[0] == 200


def test_media_needs_its_signature(run, media):
    plain, _, query = media[0].partition("?")
    assert run.get(plain)[0] == 403
    assert run.get(media[0][:-2] + "zz")[0] == 403
    assert run.get(plain.replace("a.mp4", "b.mp4") + "?" + query)[0] == 403


def test_a_crash_of_any_part_is_mended(run):
    for part in ("dynoxide", "rclone", "local.queue_engine", "local.gateway", "local.worker"):
        for pid in run.pids(part):
            with contextlib.suppress(ProcessLookupError):  # a child of one that was killed before it
                os.kill(pid, signal.SIGKILL)
    before = len(run.events("message"))
    run.until(lambda: run.get("/api/history/send")[0] == 200)
    run.until(lambda: len(run.events("message")) > before)


def test_a_second_run_on_the_same_data_is_refused(run):
    environ = os.environ | {"DATA_DIR": str(run.data), "PYTHONPATH": f"{ROOT / 'functions'}:{ROOT}", "PORT": "0"}
    second = subprocess.run(
        [sys.executable, "-m", "local"],
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=run.data,
    )
    assert second.returncode == 2
    assert "Another run uses the data folder" in second.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_after_the_end(tmp_path, number):
    run = Run(tmp_path, YTP_BASE_PATH="/down/")
    try:
        # The function takes the base path off by itself, as it does in the cloud.
        assert json.loads(run.get("/api/history/x")[2])["path"] == "down/api/history/x"
        run.get("/api/history/send?work=1")
        run.until(lambda: run.pids("sleep 987"))
        run.process.send_signal(number)
        run.process.wait(60)  # the handler that is at work would sleep a quarter of an hour
        run.until(lambda: not run.pids(""))
    finally:
        run.stop()
        run.process.stdout.close()


_SECRET_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


@pytest.mark.parametrize(
    ("known", "chosen", "needed"),
    [
        ({}, "", True),
        ({}, "mine", True),
        ({"admin": id_of_value("mine", _SECRET_KEY)}, "", False),
        ({"admin": id_of_value("mine", _SECRET_KEY)}, "mine", False),
        ({"admin": id_of_value("mine", _SECRET_KEY)}, "another", True),
        ({"robot": "x"}, "mine", False),
    ],
)
def test_a_start_looks_after_the_admin_key_when_there_is_none_or_another_was_chosen(known, chosen, needed):
    assert needs_key(known, chosen, _SECRET_KEY) is needed


def test_a_terminal_that_is_gone_ends_nothing():
    code = "import sys; from local.supervisor import say; say('one'); say('two'); print('alive', file=sys.stderr)"
    with open("/dev/full", "w") as full:  # each word that is written there is refused
        done = subprocess.run([sys.executable, "-c", code], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert "alive" in done.stderr
