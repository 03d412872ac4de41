"""The messages between a worker process and its parent, and results that an earlier version has left."""

import json
import socket
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from dlambda.domain.items.step_warning import StepWarning
from dlambda.errors import Invalid
from dlambda.media.workers.download import ENDED_TEXT, DownloadSpec, Running
from dlambda.media.workers.worker import Worker
from dlambda.media.ytdlp import resume
from dlambda.media.ytdlp.worker_messages import (
    DownloadQuestion,
    Log,
    Postprocessing,
    Progress,
    Result,
    WorkerMessage,
    decode,
    encode,
)

RESULT = Result(
    ok=True,
    filepath="a \udc80.mp4",  # a name that is no UTF-8
    extra_files=("a.vtt",),
    archive_ids=("site 1",),
    warnings=(StepWarning("thumbnail", "none"),),
    retry_after_seconds=30,
)
MESSAGES: list[WorkerMessage] = [
    Progress("downloading", downloaded_bytes=5, total_bytes_estimate=7.5, filename="temp/a.part"),
    Postprocessing("started", "Merger"),
    Log("warning", "slow"),
    DownloadQuestion("name", "a"),
    RESULT,
    Result(ok=False, error="Stopped.", stopped=True),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_is_read_as_it_was_sent(message: WorkerMessage) -> None:
    assert decode(json.loads(json.dumps(encode(message)))) == message


def test_whole_numbers_stay_whole() -> None:
    report = decode({"type": "progress", "status": "downloading", "downloaded_bytes": 5, "speed": 2.0})
    assert isinstance(report, Progress)
    assert (repr(report.downloaded_bytes), repr(report.speed)) == ("5", "2.0")


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"type": "unheard of"},
        {"type": ["result"], "ok": True},
        {"type": "result"},
        {"type": "result", "ok": True, "extra_files": "a.vtt"},
        {"type": "progress", "status": "downloading", "downloaded_bytes": "many"},
        {"type": "log", "level": "warning", "text": None},
    ],
)
def test_what_is_no_message_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        decode(fields)


def state_with(folder: Path, result: object) -> resume.State:
    (folder / "state.json").write_text(json.dumps({"item_id": "i", "finished": {}, "result": result}))
    return resume.State.load(folder)


def test_a_result_is_found_by_the_next_run(tmp_path: Path) -> None:
    resume.State(tmp_path, "i", result=RESULT).save()
    assert resume.prepare(tmp_path, "i").result == RESULT


def test_a_result_that_an_earlier_version_wrote_is_read(tmp_path: Path) -> None:
    older = {
        "ok": True, "error": None, "filepath": "a.mp4", "extra_files": ["a.vtt"], "archive_ids": [], "existing": None,
        "skipped_reason": None, "warnings": [{"step": "thumbnail", "text": "none"}], "retry_after_seconds": None,
    }  # fmt: skip
    assert state_with(tmp_path, older).result == Result(
        ok=True, filepath="a.mp4", extra_files=("a.vtt",), warnings=(StepWarning("thumbnail", "none"),)
    )


@pytest.mark.parametrize("result", [{}, [], "done", {"ok": True, "warnings": [{"step": "x"}]}])
def test_a_broken_result_is_none(tmp_path: Path, result: object) -> None:
    assert state_with(tmp_path, result).result is None


def test_a_worker_that_sends_something_else_is_ended(service: Path, caplog: pytest.LogCaptureFixture) -> None:
    own_end, child_end = socket.socketpair()
    with Connection(child_end.detach()) as child:
        child.send_bytes(b'{"type": "unheard of"}')
        running = Running(
            DownloadSpec("i", "https://a.example/", {}, service / "i"), Worker(Connection(own_end.detach()))
        )
        child.close()  # as a killed process does
        assert running.messages(60) == [Result(ok=False, error=ENDED_TEXT)]
    assert not running.alive
    assert "A worker sent what is no message" in caplog.text
