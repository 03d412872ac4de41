"""The terminal of a running service: output as it comes, and its end when nobody listens (system.md 5)."""

import contextlib
import http.client
import json
from collections.abc import Iterator
from pathlib import Path

from tests.e2e.api import wait_until
from tests.e2e.service import Service
from tests.origin import Origin
from tests.patience import PATIENCE_SECONDS


def open_terminal(service: Service, command: str) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=PATIENCE_SECONDS)
    connection.request("POST", "/api/system/terminal", json.dumps({"command": command}))
    return connection, connection.getresponse()


def events(answer: http.client.HTTPResponse) -> Iterator[tuple[str, dict[str, object]]]:
    name = ""
    while line := answer.readline().decode():
        if line.startswith("event: "):
            name = line.removeprefix("event: ").strip()
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def run(service: Service, command: str) -> tuple[str, object]:
    """All lines, and the exit code."""
    connection, answer = open_terminal(service, command)
    with contextlib.closing(connection):
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert answer.headers["Cache-Control"] == "no-cache"
        found = list(events(answer))
    assert [name for name, _ in found][-1] == "close"
    lines = "\n".join(str(data["line"]) for name, data in found if name == "output")
    return lines, found[-1][1]["exitcode"]


def test_the_version(service: Service) -> None:
    lines, code = run(service, "--version")
    assert (lines[:4], code) == ("2026", 0)


def test_help_calls_the_program_by_its_name(service: Service) -> None:
    output, exit_code = run(service, "--help")
    assert exit_code == 0
    assert "Usage: yt-dlp [OPTIONS] URL" in output


def test_it_writes_to_a_terminal_in_colours(service: Service, origin: Origin) -> None:
    lines, code = run(service, f"-F {origin.url('clip-1.mp4')}")
    assert code == 0
    assert "\x1b[" in lines
    assert "mp4" in lines


def test_a_failure_has_an_exit_code(service: Service, origin: Origin) -> None:
    lines, code = run(service, origin.url("status/404/x.mp4"))
    assert code == 1
    assert "404" in lines


def test_what_it_downloads_is_kept_with_all_files(service: Service, origin: Origin) -> None:
    made = service.api.post(
        "/api/yt-dlp/command",
        {"url": origin.url("clip-kept.mp4"), "folder": "from console", "template": "%(id)s.%(ext)s"},
    )
    lines, code = run(service, made.json()["command"])
    assert code == 0, lines
    assert "Kept as from console/clip-kept.mp4" in lines
    file = service.folder / "media" / "dlambda" / "files" / "from console" / "clip-kept.mp4"
    assert file.stat().st_size > 1_000_000
    again, _ = run(service, made.json()["command"])
    assert "is there already" in again


def test_it_ends_when_its_client_goes(service: Service, origin: Origin) -> None:
    connection, answer = open_terminal(service, origin.url("slow/20000/clip-gone.mp4"))
    next(events(answer))
    place = service.folder / "work" / "terminal"
    assert list(place.iterdir())
    answer.close()
    connection.close()
    wait_until(lambda: not list(place.iterdir()), 10, lambda: f"still there: {list(place.iterdir())}")


def test_it_cannot_write_elsewhere_or_run_programs(service: Service, origin: Origin, tmp_path: Path) -> None:
    url = origin.url("clip-1.mp4")
    for command in (
        f"--exec 'touch {tmp_path}/x' {url}",
        f"-o {tmp_path}/x {url}",
        f"-o ../../x {url}",
        f"--ffmpeg-location {tmp_path} {url}",
    ):
        reply = service.api.post("/api/system/terminal", {"command": command})
        assert reply.status == 400, command
    run(service, f"-o '%(id)s/%(webpage_url)s.%(ext)s' {url}")
    assert not list(tmp_path.iterdir())


def has_room(service: Service) -> bool:
    """True if two commands may begin: one that just ended may hold its place for a moment."""
    opened = [open_terminal(service, "--version") for _ in range(2)]
    for connection, answer in opened:
        answer.read()
        connection.close()
    return all(answer.status == 200 for _, answer in opened)


def test_no_more_than_two_at_once(service: Service, origin: Origin) -> None:
    wait_until(lambda: has_room(service), 60, lambda: "still busy with the commands of other tests")
    opened = [open_terminal(service, origin.url(f"slow/20000/clip-{number}.mp4")) for number in range(2)]
    for _, answer in opened:
        next(events(answer))
    assert service.api.post("/api/system/terminal", {"command": "--version"}).status == 429
    for connection, answer in opened:
        answer.close()
        connection.close()
    wait_until(
        lambda: service.api.post("/api/system/terminal", {"command": "--version"}).status == 200,
        15,
        lambda: "still busy",
        pause=0.5,
    )


def test_a_session_goes_on_when_its_listener_goes(service: Service, origin: Origin) -> None:
    headers = {"Accept": "application/json"}
    command = f"-o '%(id)s.%(ext)s' {origin.url('slow/500000/clip-session.mp4')}"
    session = service.api.post("/api/system/terminal", {"command": command}, headers=headers).json()
    path = f"/api/system/terminal/{session['session_id']}"
    connection, answer = follow(service, f"{path}/stream")
    name, _ = next(events(answer))
    assert name == "output"
    answer.close()
    connection.close()
    wait_until(lambda: service.api.get(path).json()["finished_at"], 60, lambda: "the session does not end")
    assert service.api.get(path).json()["status"] == "completed"
    connection, answer = follow(service, f"{path}/stream", {"Last-Event-ID": "1"})
    with contextlib.closing(connection):
        rest = list(events(answer))
    assert rest[-1] == ("close", {"exitcode": 0})
    assert any("Kept as clip-session.mp4" in str(data.get("line")) for _, data in rest)


def follow(
    service: Service, path: str, headers: dict[str, str] | None = None
) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=PATIENCE_SECONDS)
    connection.request("GET", path, headers=headers or {})
    return connection, connection.getresponse()
