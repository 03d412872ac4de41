"""Services at addresses of their own: media by HTTPS with checked keys, queues elsewhere, tables in our engine."""

import contextlib
import http.server
import json
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from local import foreign
from local.start_error import StartError
from tests.e2e.certificates import Certificate, make_certificate
from tests.e2e.other_engines import ENGINES
from tests.e2e.service import Service
from tests.free_port import answers, free_port
from tests.origin import Origin
from tests.patience import PATIENCE_SECONDS
from tests.stack import plan

KEY, SECRET = "an-access-key", "a-secret-of-forty-characters-0123456789abc"
REGION = {"AWS_REGION": "us-east-1"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the engines' data go."""
    return tmp_path_factory.mktemp("apart")


@pytest.fixture(scope="module")
def certificate(place: Path) -> Certificate:
    return make_certificate(place)


@pytest.fixture(scope="module")
def media(place: Path, certificate: Certificate) -> Iterator[str]:
    """rclone, which checks signatures, behind TLS."""
    (program,) = {engine.program() for engine in ENGINES if engine.name == "rclone"}
    port = free_port()
    (place / "media").mkdir()
    command = [
        str(program), "serve", "s3", "--addr", f"127.0.0.1:{port}", "--auth-key", f"{KEY},{SECRET}",
        "--cert", str(certificate.path), "--key", str(certificate.key_path), str(place / "media"),
    ]  # fmt: skip
    with (place / "media.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        end = time.monotonic() + PATIENCE_SECONDS
        while not answers(port) and time.monotonic() < end:
            time.sleep(0.05)
        yield f"https://127.0.0.1:{port}"
        process.terminate()


@pytest.fixture(scope="module")
def apart(place: Path, certificate: Certificate, media: str) -> Iterator[Service]:
    (ministack,) = (engine for engine in ENGINES if engine.name == "ministack")
    with ministack.run(place / "queues") as queues:
        settings = {
            "AWS_ENDPOINT_URL_SQS": queues,
            "AWS_ENDPOINT_URL_S3": media,
            "AWS_ACCESS_KEY_ID_S3": KEY,
            "AWS_SECRET_ACCESS_KEY_S3": SECRET,
            "AWS_REGION_S3": "elsewhere",
            "AWS_CA_BUNDLE_S3": str(certificate.path),
            "DLAMBDA_BUCKET": "films",
        }
        with Service(place / "data", settings) as service:
            yield service


def test_only_the_engines_without_an_address_are_started(apart: Service) -> None:
    commands = " ".join(process.command for process in apart.processes())
    assert "dynoxide" in commands
    assert "rclone" not in commands
    assert "queue_engine" not in commands


def test_a_film_passes_through_and_comes_back(apart: Service, place: Path, origin: Origin) -> None:
    item = apart.api.fetch(origin.url("clip-apart.mp4"))
    assert item["status"] == "finished", item
    film = origin.media("clip.mp4").read_bytes()
    assert apart.api.file_of(item) == film
    part = apart.api.follow("GET", apart.api.download_path(item), headers={"Range": "bytes=5-9"})
    assert (part.status, part.body) == (206, film[5:10])
    assert (place / "media" / "films" / "files" / item["filename"]).read_bytes() == film


def _bucket(media: str, variables: Mapping[str, str]) -> None:
    foreign.make_bucket(foreign.Service("s3", media, REGION | dict(variables)), "films")


def test_wrong_keys_are_refused_with_what_mends_it(media: str, certificate: Certificate) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "other", "AWS_SECRET_ACCESS_KEY": "other", "AWS_CA_BUNDLE": str(certificate.path)}
    with pytest.raises(StartError, match="AWS_ACCESS_KEY_ID_S3"):
        _bucket(media, keys)


def test_a_certificate_of_nobody_is_not_trusted(media: str) -> None:
    with pytest.raises(StartError, match="No answer from https://"):
        _bucket(media, {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET})


class _Tables(http.server.BaseHTTPRequestHandler):
    """Tables that know neither expiry nor transactions."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        action = self.headers["X-Amz-Target"].rpartition(".")[2]
        known = {"DescribeTable": {"Table": {"TableStatus": "ACTIVE"}}}
        answer = known.get(action, {"__type": "com.amazonaws.dynamodb.v20120810#UnknownOperationException"})
        body = json.dumps(answer).encode()
        self.send_response(200 if action in known else 400)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextlib.contextmanager
def _tables() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Tables) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_tables_without_transactions_are_refused_by_name() -> None:
    table = next(table for table in plan().tables if table.name == "state")
    with _tables() as address:
        service = foreign.Service(
            "dynamodb", address, REGION | {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
        )
        with pytest.raises(StartError, match="lack transactions"):
            foreign.make_tables(service, [table], "dlambda-")
