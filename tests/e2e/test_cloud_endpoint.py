"""LocalStack mode: an endpoint in AWS_ENDPOINT_URL serves tables, queues and bucket; and one group by functions-framework."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.api import Api
from tests.e2e.companion import companion
from tests.e2e.service import ROOT, Service
from tests.origin import Origin

ENGINES = ("dynoxide", "rclone", "queue_engine")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where logs and data go."""
    return tmp_path_factory.mktemp("cloud")


@pytest.fixture(scope="module")
def endpoint(place: Path) -> Iterator[str]:
    """ministack in LocalStack's place, on a free port."""
    environment = {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": "{port}",
        "MINISTACK_HOST": "localhost",
        "STATE_DIR": str(place),
    }
    with companion(
        [str(Path(sys.executable).parent / "ministack")], environment, place / "ministack.log", "/_ministack/health"
    ) as url:
        yield url


@pytest.fixture(scope="module")
def credentials(endpoint: str) -> dict[str, str]:
    """What any AWS client needs to reach it."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
    }


@pytest.fixture(scope="module")
def cloudy(place: Path, credentials: dict[str, str]) -> Iterator[Service]:
    """The service on that endpoint."""
    with Service(place / "data", credentials) as running:
        yield running


def test_it_starts_no_engine_of_its_own(cloudy: Service) -> None:
    commands = [process.command for process in cloudy.processes()]
    assert not [command for command in commands if any(engine in command for engine in ENGINES)]


def test_an_mp4_comes_back_byte_for_byte(cloudy: Service, origin: Origin) -> None:
    item = cloudy.api.fetch(origin.url("clip-cloud.mp4"))
    assert item["status"] == "finished", item
    assert cloudy.api.file_of(item) == origin.media("clip.mp4").read_bytes()


def test_one_group_alone_by_functions_framework(
    cloudy: Service, credentials: dict[str, str], place: Path, origin: Origin
) -> None:
    url = origin.url("clip-cloud-framework.mp4")
    assert cloudy.api.fetch(url)["status"] == "finished"
    source = ROOT / "functions" / "endpoints" / "history" / "main.py"
    framework = str(Path(sys.executable).parent / "functions-framework")
    command = [framework, "--target", "history", "--source", str(source), "--port", "{port}"]
    environment = credentials | {"PYTHONPATH": f"{ROOT / 'functions'}:{ROOT}", "YTP_ALLOW_INTERNAL_URLS": "true"}
    with companion(command, environment, place / "framework.log", "/api/history?type=queue") as base:
        alone = Api(base)
        assert url in [item["url"] for item in alone.listed("done")["items"]]
        assert alone.post("/api/history", {"url": "ftp://example.com/x"}).status == 400
        assert alone.add(origin.url("clip-cloud-by-framework.mp4")).status == 200
    # What it accepted is done by the workers of the service: they share tables and queues.
    assert cloudy.api.wait_for(origin.url("clip-cloud-by-framework.mp4"))["status"] == "finished"
