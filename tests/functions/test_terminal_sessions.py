"""Sessions of the terminal, which go on without their client: docs/contract/system.md 5."""

import json
import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

from dlambda.domain.messages.queue_messages import RunTerminal
from dlambda.domain.system.terminal_session import read_cursor
from dlambda.errors import Invalid
from dlambda.media.workers.warm_process import OwnWarmProcess, warm_processes
from dlambda.usecases.operations import terminal_sessions
from tests.clock import FakeClock
from tests.functions.calls import Client, error
from tests.functions.working import beside, handle, until
from tests.origin import Origin
from tests.patience import PATIENCE_SECONDS
from tests.stack import Stack

Configure = Callable[..., None]
TERMINAL = "/api/system/terminal"
JSON = {"Accept": "application/json"}


@pytest.fixture(autouse=True)
def switched_on(configure: Configure) -> None:
    configure(console_enabled="true", allow_internal_urls="true")


def begin(system: Client, command: str) -> dict[str, Any]:
    status, session = system.call("POST", TERMINAL, {"command": command}, headers=JSON)
    assert status == 200, session
    assert isinstance(session, dict)
    return session


def run(session: dict[str, Any]) -> None:
    assert handle(RunTerminal(session["session_id"])) == {"batchItemFailures": []}


def events(system: Client, session: dict[str, Any], **options: Any) -> list[tuple[int, str, dict[str, Any]]]:
    status, _ = system.call("GET", f"{TERMINAL}/{session['session_id']}/stream", **options)
    assert (status, system.last.mimetype) == (200, "text/event-stream")
    parts = [part.splitlines() for part in system.last.text.split("\n\n") if part.startswith("id: ")]
    return [(int(first[4:]), second[7:], json.loads(third[6:])) for first, second, third in parts]


def test_a_session_is_run_by_a_worker_and_read_later(system: Client, stack: Stack) -> None:
    session = begin(system, "--version")
    assert (session["status"], session["command"], session["last_sequence"]) == ("starting", "--version", 0)
    assert stack.messages("files") == [{"type": "terminal", "id": session["session_id"]}]
    assert system.get(f"{TERMINAL}/active")[1]["session_id"] == session["session_id"]
    run(session)
    status, after = system.get(f"{TERMINAL}/{session['session_id']}")
    assert (status, after["status"], after["exit_code"], after["last_sequence"]) == (200, "completed", 0, 2)
    assert after["created_at"] <= after["started_at"] <= after["finished_at"] < after["expires_at"]
    assert system.call("GET", f"{TERMINAL}/active") == (200, None)
    assert system.last.text.strip() == "null"
    assert system.get(TERMINAL)[1]["items"][0] == after
    first, last = events(system, session)
    assert (first[:2], first[2]["type"], first[2]["line"][:4]) == ((1, "output"), "stdout", "2026")
    assert last == (2, "close", {"exitcode": 0})


def test_a_client_goes_on_behind_what_it_has_seen(system: Client) -> None:
    session = begin(system, "--help")
    run(session)
    everything = events(system, session)
    assert [number for number, _, _ in everything] == list(range(1, len(everything) + 1))
    assert len(everything) > 500
    header = {"Last-Event-ID": str(len(everything) - 2)}
    assert events(system, session, headers=header) == everything[-2:]
    query = {"since": str(len(everything) - 1)}
    assert events(system, session, headers=header, query_string=query) == everything[-1:]
    assert events(system, session, query_string={"since": str(len(everything))}) == []


def test_one_runs_at_a_time(system: Client) -> None:
    session = begin(system, "--version")
    refusal = system.call("POST", TERMINAL, {"command": "--version"}, headers=JSON)
    assert error(refusal) == (409, "A terminal session is already active.")
    run(session)
    run(begin(system, "--version"))


def test_it_is_cancelled_while_it_runs(system: Client, origin: Origin) -> None:
    session = begin(system, origin.url("slow/20000/clip-cancelled.mp4"))
    path = f"{TERMINAL}/{session['session_id']}"
    worker = beside(lambda: run(session))
    until(lambda: system.get(path)[1]["status"] == "running")
    message = "Terminal session cancellation requested."
    assert system.delete(path) == (200, {"message": message, "session_id": session["session_id"]})
    worker.join()
    after = system.get(path)[1]
    assert (after["status"], after["exit_code"]) == ("interrupted", -1)
    assert error(system.delete(path)) == (409, "Terminal session is not active.")
    assert events(system, session)[-1][1:] == ("close", {"exitcode": -1})


def test_a_message_that_comes_twice_runs_nothing_twice(system: Client) -> None:
    session = begin(system, "--version")
    run(session)
    before = system.get(f"{TERMINAL}/{session['session_id']}")
    run(session)
    assert system.get(f"{TERMINAL}/{session['session_id']}") == before
    assert handle(RunTerminal("0" * 32)) == {"batchItemFailures": []}


def test_a_session_whose_worker_died_ends(system: Client, clock: FakeClock) -> None:
    session = begin(system, "--version")
    assert terminal_sessions.take_command(session["session_id"]) is not None
    assert terminal_sessions.hold(session["session_id"])
    clock.advance(32)
    after = system.get(f"{TERMINAL}/{session['session_id']}")[1]
    assert (after["status"], after["exit_code"], after["last_sequence"]) == ("interrupted", -1, 1)
    assert events(system, session) == [(1, "close", {"exitcode": -1})]
    assert not terminal_sessions.hold(session["session_id"])
    assert begin(system, "--version")["session_id"] != session["session_id"]


def test_a_session_waits_a_minute_for_its_process(system: Client, clock: FakeClock) -> None:
    """On a busy machine it starts as slowly; the session is not taken for one whose worker died."""
    run(begin(system, "--version"))
    [warm] = warm_processes().running.values()
    assert isinstance(warm, OwnWarmProcess)
    session = begin(system, "--version")
    path = f"{TERMINAL}/{session['session_id']}"
    os.kill(warm.pid, signal.SIGSTOP)
    try:
        worker = beside(lambda: run(session))
        until(lambda: system.get(path)[1]["status"] == "running")
        clock.advance(60)
        assert system.get(path)[1]["status"] == "running"
    finally:
        os.kill(warm.pid, signal.SIGCONT)
    worker.join(PATIENCE_SECONDS)
    after = system.get(path)[1]
    assert (after["status"], after["exit_code"]) == ("completed", 0)


def test_it_is_forgotten_after_a_day(system: Client, clock: FakeClock) -> None:
    session = begin(system, "--version")
    run(session)
    clock.advance(86_400 + 120)
    assert error(system.get(f"{TERMINAL}/{session['session_id']}")) == (404, "Terminal session not found.")
    assert system.get(TERMINAL)[1] == {"items": []}


def test_the_newest_ten_are_listed(system: Client) -> None:
    made = []
    for _ in range(12):
        session = begin(system, "--version")
        terminal_sessions.release(session["session_id"])
        made.append(session["session_id"])
    assert [session["session_id"] for session in system.get(TERMINAL)[1]["items"]] == made[:1:-1]
    assert system.get(f"{TERMINAL}/{made[0]}")[0] == 404


def test_secrets_of_the_command_are_masked(system: Client) -> None:
    session = begin(system, "--password hush https://video.example/")
    assert "hush" not in json.dumps(session)
    assert "hush" not in json.dumps(system.get(TERMINAL)[1])
    terminal_sessions.release(session["session_id"])


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (None, "Invalid request payload."),
        ({"command": " "}, "Command is required."),
        ({"command": "--exec id https://a.example/"}, "Option '--exec' is not allowed."),
    ],
)
def test_a_bad_command_begins_nothing(system: Client, body: object, text: str) -> None:
    if body is None:
        assert error(system.call("POST", TERMINAL, [], headers=JSON)) == (400, text)
    else:
        assert error(system.call("POST", TERMINAL, body, headers=JSON)) == (400, text)
    assert system.call("GET", f"{TERMINAL}/active") == (200, None)


@pytest.mark.parametrize("path", ["/0123", "/" + "0" * 32, "/" + "0" * 32 + "/stream", "/a%00b", "/" + "x" * 3000])
def test_what_is_no_session_is_not_found(system: Client, path: str) -> None:
    assert error(system.get(TERMINAL + path)) == (404, "Terminal session not found.")


@pytest.mark.parametrize("cursor", ["x", "-1", "1.5", "٣", "9" * 20])
def test_a_cursor_is_a_number(system: Client, cursor: str) -> None:
    with pytest.raises(Invalid, match="Resume cursor"):
        read_cursor("3", cursor)
    session = begin(system, "--version")
    assert system.get(f"{TERMINAL}/{session['session_id']}/stream", since=cursor)[0] == 400
    terminal_sessions.release(session["session_id"])


@pytest.mark.parametrize("path", ["", "/active", "/" + "0" * 32, "/" + "0" * 32 + "/stream"])
def test_switched_off_it_says_so(system: Client, configure: Configure, path: str) -> None:
    configure(console_enabled="false")
    status, body = system.get(TERMINAL + path)
    assert (status, body["error"], body["code"]) == (403, "Console feature is disabled.", "FEATURE_DISABLED")
    assert body["params"] == {"feature": "api.features.console"}


def test_where_answers_come_whole_a_session_still_runs(system: Client, configure: Configure) -> None:
    configure(answers_stream="false")
    assert error(system.post(TERMINAL, {"command": "--version"}))[0] == 403
    session = begin(system, "--version")
    run(session)
    assert events(system, session)[-1][1:] == ("close", {"exitcode": 0})
