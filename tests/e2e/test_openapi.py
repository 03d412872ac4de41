"""Whatever the document allows, and much that it does not: no answer is a 5xx."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e import credentials
from tests.e2e.api import Api
from tests.e2e.service import Service

SECONDS = int(os.environ.get("DLAMBDA_TEST_FUZZ_SECONDS", "45"))
SEED = os.environ.get("DLAMBDA_TEST_SEED", "20260101")
# These answer 500 by contract when a site outside does not answer, as none does for random input.
OUTSIDE = ("/api/thumbnail", "/api/random/background", "/api/yt-dlp/url/info", "/api/docs/{file}")


@pytest.fixture(scope="module")
def document(guarded: Service) -> Path:
    """The OpenAPI document that the running service publishes."""
    api = Api(guarded.base, {"Authorization": credentials.basic()})
    reply = api.get("/api/docs/openapi.json")
    assert reply.status == 200
    path = guarded.folder.parent / "openapi.json"
    path.write_bytes(reply.body)
    return path


def test_the_document_lists_the_api(document: Path) -> None:
    paths = json.loads(document.read_text())["paths"]
    assert {"/api/history", "/api/history/{id}", "/api/system/configuration"} <= paths.keys()


@pytest.mark.slow
def test_no_input_makes_a_server_error(guarded: Service, document: Path) -> None:
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", str(document), "--url", guarded.base,
        "--header", f"Authorization: {credentials.basic()}", "--checks", "not_a_server_error",
        "--phases", "examples,coverage,fuzzing", "--seed", SEED, "--max-time", str(SECONDS), "--workers", "2",
        "--request-timeout", "60", "--suppress-health-check", "all", "--continue-on-failure", "--no-color",
        *[word for path in OUTSIDE for word in ("--exclude-path", path)],
    ]  # fmt: skip
    result = subprocess.run(
        command, cwd=document.parent, capture_output=True, text=True, timeout=SECONDS + 120, check=False
    )
    assert result.returncode == 0, result.stdout[-12000:] + result.stderr[-2000:]
