"""`make audit` finds what is published, and never calls clean what it could not ask about."""

import json
import runpy
import stat
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

AUDIT = runpy.run_path(str(Path(__file__).parents[2] / ".ci" / "audit.py"))
TODAY = date(2026, 11, 29)
EVERYTHING: dict[str, tuple[str, ...]] = {"locks": AUDIT["LOCKS"], "npm_folders": AUDIT["NPM_FOLDERS"]}
ONE_OF_EACH = {name: parts[:1] for name, parts in EVERYTHING.items()}  # each is a program of seconds
CURRENT = {
    "ffmpeg": "ffmpeg version n9.0.2-17-g2a571b6068-20260930", "ffprobe": "ffprobe version n8.1.2", "deno": "deno 2.9.8",
}  # fmt: skip
ADVISORY = {
    "id": "PYSEC-1", "summary": "x", "details": "x", "aliases": [], "published": "2026-01-01T00:00:00Z",
    "affected": [{
        "package": {"name": "old-package", "ecosystem": "PyPI"},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}],
        "versions": ["1.0"],
    }],
}  # fmt: skip
NPM_ADVISORY = {
    "id": 1, "url": "https://example.com/1", "title": "Runs strangers' code", "severity": "high",
    "vulnerable_versions": "<2.0.0", "cwe": [], "cvss": {"score": 9, "vectorString": None},
}  # fmt: skip


class Service(ThreadingHTTPServer):
    """Plays osv.dev and npm's registry: what lies outside."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.python: tuple[int, bytes] = (200, b"{}")
        self.npm: tuple[int, bytes] = (200, b"{}")
        self.asked: list[Any] = []


class _Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        is_python = self.path == "/v1/query"
        self.server.asked.append(json.loads(body) if is_python else self.path)
        status, answer = self.server.python if is_python else self.server.npm
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Service]:
    with Service() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        monkeypatch.setenv("AUDIT_OSV_URL", f"{server.url}/v1/query")
        monkeypatch.setenv("npm_config_registry", server.url)
        monkeypatch.setenv("npm_config_fetch_retries", "0")
        monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
        yield server
        server.shutdown()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout whose locks hold one package each."""
    for lock in AUDIT["LOCKS"]:
        (tmp_path / lock).write_text(f"old-package==1.0 \\\n    --hash=sha256:{'0' * 64}\n")
    for name in AUDIT["NPM_FOLDERS"]:
        folder = tmp_path / name
        folder.mkdir(parents=True, exist_ok=True)
        own = {"name": "x", "dependencies": {"old": "1.0.0"}}
        (folder / "package.json").write_text(json.dumps(own))
        packages = {"": own, "node_modules/old": {"version": "1.0.0", "integrity": "sha512-AA=="}}
        lock = {"name": "x", "lockfileVersion": 3, "requires": True, "packages": packages}
        (folder / "package-lock.json").write_text(json.dumps(lock))
    return tmp_path


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, text in CURRENT.items():
        put(folder, name, text)
    return folder


def put(folder: Path, name: str, text: str, status: int = 0) -> None:
    (folder / name).write_text(f"#!/bin/sh\necho '{text}'\nexit {status}\n")
    (folder / name).chmod(stat.S_IRWXU)


def whole(root: Path, tools: Path, **parts: tuple[str, ...]) -> tuple[int, str]:
    return shown(AUDIT["audit"](root, tools, TODAY, **parts))


def shown(report: Any) -> tuple[int, str]:
    return report.exit_code, "\n".join(report.lines())


def look(kind: str, root: Path) -> Any:
    """Asks for one lock file alone."""
    report = AUDIT["Report"]()
    path = root / "requirements.txt" if kind == "python" else root
    AUDIT[f"audit_{kind}"](path, report)
    return report


@pytest.mark.parametrize("parts", [ONE_OF_EACH, pytest.param(EVERYTHING, marks=pytest.mark.nightly)])
def test_what_was_asked_and_is_not_found_is_clean(
    service: Service, root: Path, tools: Path, parts: dict[str, tuple[str, ...]]
) -> None:
    code, text = whole(root, tools, **parts)
    assert code == 0, text
    assert text.endswith("Nothing was found.")
    assert service.asked.count({"package": {"name": "old-package", "ecosystem": "PyPI"}, "version": "1.0"}) == len(
        parts["locks"]
    )
    assert sum("advisories" in str(path) for path in service.asked) >= len(parts["npm_folders"])
    assert "deno 2.9.8: 59 days old" in text


def test_an_advisory_of_a_python_package_is_found(service: Service, root: Path) -> None:
    service.python = (200, json.dumps({"vulns": [ADVISORY]}).encode())
    code, text = shown(look("python", root))
    assert code == 1, text
    assert "FOUND: requirements.txt: old-package 1.0: PYSEC-1, fixed in 2.0" in text


def test_an_advisory_of_an_npm_package_is_found(service: Service, root: Path) -> None:
    service.npm = (200, json.dumps({"old": [NPM_ADVISORY]}).encode())
    code, text = shown(look("npm", root))
    assert code == 1, text
    assert "/package-lock.json: old" in text
    assert "Runs strangers' code" in text


@pytest.mark.parametrize("kind", ["python", "npm"])
@pytest.mark.parametrize(
    "answer",
    [
        (405, b""),
        pytest.param((500, b"no"), marks=pytest.mark.nightly),  # a program of seconds each
        pytest.param((403, b"{}"), marks=pytest.mark.nightly),
        (200, b"<html>Sign in</html>"),
    ],
    ids=str,
)
def test_a_service_that_gives_no_advisories_is_no_clean_answer(
    service: Service, root: Path, kind: str, answer: tuple[int, bytes]
) -> None:
    setattr(service, kind, answer)
    with pytest.raises(AUDIT["CannotLookError"]):
        look(kind, root)


def test_services_that_are_away_leave_everything_open(
    service: Service, root: Path, tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDIT_OSV_URL", "http://127.0.0.1:9/v1/query")
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    code, text = whole(root, tools, **ONE_OF_EACH)
    assert (code, text.count("no advisories could be had")) == (2, 2), text
    assert text.endswith("Not everything could be checked.")


def test_without_npm_nothing_is_called_clean(service: Service, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(AUDIT["CannotLookError"]):
        look("npm", root)


@pytest.mark.parametrize(
    ("name", "text", "status", "code"),
    [
        ("ffprobe", "ffprobe version n8.1.2", 0, 0),
        ("ffprobe", "ffprobe version n6.0", 0, 1),
        ("ffmpeg", "ffmpeg version n8.1.2", 0, 1),
        ("deno", "deno 2.7.9 (stable)", 0, 1),
        ("ffprobe", "ffprobe version N-66595-gc2b38619c0-static", 0, 2),
        ("ffprobe", "", 0, 2),
        ("deno", "deno 2.9.8", 1, 2),
    ],
)
def test_an_old_binary_is_found(tools: Path, name: str, text: str, status: int, code: int) -> None:
    put(tools, name, text, status)
    report = AUDIT["Report"]()
    AUDIT["audit_binaries"](AUDIT["installed_versions"](tools), TODAY, report)
    assert report.exit_code == code


def test_a_binary_that_is_missing_is_told(tools: Path) -> None:
    (tools / "ffprobe").unlink()
    report = AUDIT["Report"]()
    AUDIT["audit_binaries"](AUDIT["installed_versions"](tools), TODAY, report)
    assert report.open == ["ffprobe is not installed, or does not run"]
