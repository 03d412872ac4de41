"""Whatever the document allows, and much that it does not: no answer is a 5xx."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e import credentials
from tests.e2e.api import Api
from tests.e2e.service import Service

SECONDS = int(os.environ.get("DLAMBDA_TEST_FUZZ_SECONDS", "45"))  # nightly; else a ninth of it
SEED = os.environ.get("DLAMBDA_TEST_SEED", "20260101")
RUNS = 3  # at once; most of a run is waiting
# These answer 500 by contract when a site outside does not answer, as none does for random input.
OUTSIDE = ("/api/thumbnail", "/api/random/background", "/api/yt-dlp/url/info", "/api/docs/{file}")


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with a password and with every permission behind it."""
    settings = {
        "YTP_ALLOW_INTERNAL_URLS": "false",
        "YTP_AUTH_USERNAME": credentials.USER,
        "YTP_AUTH_PASSWORD": credentials.PASSWORD,
        "YTP_ADMIN_KEY": credentials.ADMIN_KEY,
        "YTP_BROWSER_CONTROL_ENABLED": "true",
        "YTP_CONSOLE_ENABLED": "true",
    }
    with Service(tmp_path_factory.mktemp("open") / "data", settings) as running:
        yield running


@pytest.fixture(scope="module")
def document(host: Service) -> Path:
    """The OpenAPI document that the running service publishes."""
    api = Api(host.base, {"Authorization": credentials.basic()})
    reply = api.get("/api/docs/openapi.json")
    assert reply.status == 200
    path = host.folder.parent / "openapi.json"
    path.write_bytes(reply.body)
    return path


def test_the_document_lists_the_api(document: Path) -> None:
    paths = json.loads(document.read_text())["paths"]
    assert {"/api/history", "/api/history/{id}", "/api/system/configuration"} <= paths.keys()


def run_cases(base: str, document: Path, paths: list[str], seconds: int) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", str(document), "--url", base,
        "--header", f"Authorization: {credentials.basic()}", "--header", f"X-API-Key: {credentials.ADMIN_KEY}",
        "--checks", "not_a_server_error",
        "--phases", "examples,coverage,fuzzing", "--seed", SEED, "--max-time", str(seconds), "--workers", "1",
        "--request-timeout", "60", "--suppress-health-check", "all", "--continue-on-failure", "--no-color",
        *[word for path in paths for word in ("--include-path", path)],
    ]  # fmt: skip
    return subprocess.run(
        command, cwd=document.parent, capture_output=True, text=True, timeout=seconds + 600, check=False
    )


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [SECONDS // 9, pytest.param(SECONDS, marks=pytest.mark.nightly)])
def test_no_input_makes_a_server_error(host: Service, document: Path, seconds: int) -> None:
    paths = [path for path in json.loads(document.read_text())["paths"] if path not in OUTSIDE]
    # Processes, not the tool's threads: those trip over each other in the parser of Python 3.11.
    with ThreadPoolExecutor(RUNS) as pool:
        results = list(
            pool.map(lambda number: run_cases(host.base, document, paths[number::RUNS], seconds), range(RUNS))
        )
    for result in results:
        print(result.stdout[-600:])
        assert result.returncode == 0, result.stdout[-12000:] + result.stderr[-2000:]
