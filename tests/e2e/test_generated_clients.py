"""Clients that generators make of the served openapi.json, in Python and in TypeScript: nothing is left out, they
compile, and each makes the journey of a URL, of presets and of tasks.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.e2e.service import ROOT, Service
from tests.origin.server import Origin
from tests.patience import PATIENCE_SECONDS

_FOLDER = Path(__file__).parent / "clients"
# The generator knows JSON, texts and bytes.
_CONFIGURATION = """
content_type_overrides:
  application/x-mpegURL: text/plain
  image/*: application/octet-stream
  image/jpeg: application/octet-stream
"""
_COMPILER = (
    "--strict", "--noUncheckedIndexedAccess", "--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom",
    "--skipDefaultLibCheck",
)  # fmt: skip


def run(command: list[str | Path], folder: Path, variables: dict[str, str] | None = None) -> str:
    """What `command` prints. Fails with it when the command does."""
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"} | (variables or {})
    process = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=10 * PATIENCE_SECONDS, check=False
    )
    assert process.returncode == 0, f"{process.stdout[-6000:]}\n{process.stderr[-6000:]}"
    return process.stdout


def npm_folder() -> Path:
    """Where `make` puts what the web page is made with, which makes clients in TypeScript as well."""
    tools = Path(os.environ.get("DLAMBDA_TOOLS_DIR") or ROOT / ".tools" / "bin")
    return tools.parent / "page"


@pytest.fixture(scope="module")
def document(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The document that the running service publishes."""
    path = tmp_path_factory.mktemp("clients") / "openapi.json"
    with urlopen(f"{service.base}/api/docs/openapi.json") as reply:
        path.write_bytes(reply.read())
    return path


def test_a_generated_python_client_makes_the_journey(service: Service, document: Path, origin: Origin) -> None:
    folder = document.parent
    (folder / "generator.yml").write_text(_CONFIGURATION)
    run(
        [sys.executable, "-m", "openapi_python_client", "generate", "--path", document, "--config", "generator.yml",
         "--output-path", "dlambda_client", "--meta", "none", "--fail-on-warning"],
        folder,
    )  # fmt: skip
    shutil.copy(_FOLDER / "journey.py", folder)
    # client.py is the same for every document, and no type checker is content with it.
    files = [path for path in (folder / "dlambda_client").rglob("*.py") if path.name != "client.py"]
    run(
        [sys.executable, "-m", "mypy", "--config-file=", "--strict", "--follow-imports=silent", "--no-incremental",
         "--cache-dir", os.devnull, "journey.py", *files],
        folder,
    )  # fmt: skip
    url = origin.url("generated/python/clip-numbers.mp4")
    run([sys.executable, "journey.py", service.base, url], folder, {"PYTHONPATH": str(folder)})


def test_generated_typescript_types_make_the_journey(service: Service, document: Path, origin: Origin) -> None:
    folder = document.parent / "typescript"
    folder.mkdir()
    (folder / "node_modules").symlink_to(npm_folder() / "node_modules")
    (folder / "package.json").write_text('{"type": "module"}')
    shutil.copy(_FOLDER / "journey.ts", folder)
    run(["node_modules/.bin/openapi-typescript", document, "-o", "api.d.ts"], folder)
    run(["node_modules/.bin/tsc", *_COMPILER, "journey.ts"], folder)
    run(["node", "journey.js", service.base, origin.url("generated/typescript/clip-numbers.mp4")], folder)
