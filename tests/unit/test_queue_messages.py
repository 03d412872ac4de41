"""The messages of the queues: their JSON, the forms of earlier versions, and what cannot be read."""

import json
import logging
from typing import Any

import pytest

from dlambda.domain.messages.queue_messages import (
    BeginSweep,
    CompareFolder,
    Deliver,
    DownloadItem,
    FulfilOrder,
    GreetClient,
    IntakeEntry,
    IntakeItem,
    LostDelivery,
    MakeSegment,
    Message,
    ResumeSweep,
    RetryItems,
    RunJob,
    RunTask,
    RunTerminal,
    SweepTask,
)
from dlambda.domain.messages.queues import QUEUES, read_message
from dlambda.entry.logs import set_up_logs
from dlambda.entry.sqs import Invocation, Route, make_queue_handler
from dlambda.errors import Invalid, Unavailable

MESSAGES = [
    IntakeItem("a"),
    IntakeEntry("a"),
    DownloadItem("a"),
    DownloadItem("a", ("b", "c")),
    GreetClient("c1"),
    Deliver(1_764_432_000_000_000_000_123_456),
    LostDelivery(7, (1, 2), {"event": "item_moved", "data": {"title": "\u00e9"}}),
    RunTask(3, 60),
    BeginSweep(60),
    ResumeSweep(60),
    RetryItems("a"),
    SweepTask(3, 60),
    SweepTask(3, 60, 90),
    RunJob("a"),
    CompareFolder(""),
    CompareFolder("a/b"),
    MakeSegment("a/b.mp4", 4, 16.016, 4.004, video=True, audio=False, until=1_764_432_000.5),
    RunTerminal("a"),
    FulfilOrder("A1"),
]

# What earlier versions sent, and the message that it is.
OLDER: list[tuple[dict[str, Any], Message]] = [
    ({"id": "a"}, IntakeItem("a")),
    ({"id": "a"}, DownloadItem("a")),
    ({"id": "a", "passed": ["b"]}, DownloadItem("a", ("b",))),
    ({"id": "c1"}, GreetClient("c1")),
    ({"id": "1764432000000000000123456"}, Deliver(1_764_432_000_000_000_000_123_456)),
    ({"id": "3", "due": 60}, RunTask(3, 60)),
    ({"id": "0", "due": 60}, BeginSweep(60)),
    ({"id": "0", "due": 60, "again": True}, ResumeSweep(60)),
    ({"id": "3", "due": 60, "queued": 90}, SweepTask(3, 60, 90)),
    ({"id": "a"}, RunJob("a")),
    ({"reindex": ""}, CompareFolder("")),
    (
        {
            "segment": {
                "path": "a.mp4",
                "index": 4,
                "start": 16.016,
                "length": 4.004,
                "video": True,
                "audio": False,
                "until": 60.5,
            }
        },
        MakeSegment("a.mp4", 4, 16.016, 4.004, video=True, audio=False, until=60.5),
    ),
    ({"id": "A1"}, FulfilOrder("A1")),
]

GARBAGE = [
    "",
    "nonsense",
    "null",
    "[]",
    '"a"',
    "{}",
    '{"type": "job"}',
    '{"type": "unheard of", "id": "a"}',
    '{"type": ["job"], "id": "a"}',
    '{"type": "job", "id": 5}',
    '{"segment": {"path": "a.mp4"}}',
    '{"segment": "a.mp4"}',
    '{"reindex": null}',
]


def test_each_message_has_an_example() -> None:
    assert {type(message) for message in MESSAGES} == {kind for queue in QUEUES.values() for kind in queue.messages}


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_is_read_as_it_was_sent(message: Message) -> None:
    assert read_message(message.to_json(), QUEUES[message.queue].messages) == message


def test_a_message_says_no_more_than_it_must() -> None:
    assert json.loads(DownloadItem("a").to_json()) == {"id": "a"}
    assert json.loads(RunJob("a").to_json()) == {"type": "job", "id": "a"}


@pytest.mark.parametrize("name", sorted(QUEUES))
def test_types_tell_the_messages_of_a_queue_apart(name: Any) -> None:
    kinds = QUEUES[name].messages
    types = {kind.type for kind in kinds}
    assert {kind.queue for kind in kinds} == {name}
    assert len(types) == len(kinds)
    assert ("" in types) == (len(kinds) == 1)


@pytest.mark.parametrize(("fields", "message"), OLDER, ids=lambda value: type(value).__name__)
def test_a_message_of_an_earlier_version_is_read(fields: dict[str, Any], message: Message) -> None:
    assert read_message(json.dumps(fields), QUEUES[message.queue].messages) == message


def test_fields_of_a_later_version_are_ignored() -> None:
    assert read_message('{"id": "a", "priority": 3}', [DownloadItem]) == DownloadItem("a")


@pytest.mark.parametrize("body", GARBAGE)
def test_what_is_no_message_is_refused_for_good(body: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_message(body, QUEUES[RunJob.queue].messages)
    assert not refusal.value.retry


@pytest.fixture(autouse=True)
def _logs() -> None:
    """Writes logs as the functions do, before pytest begins to listen."""
    set_up_logs()


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 61_500


def event(*bodies: str) -> dict[str, Any]:
    return {"Records": [{"messageId": f"m{number}", "body": body} for number, body in enumerate(bodies)]}


@pytest.mark.parametrize("body", GARBAGE)
def test_what_is_no_message_is_settled_with_a_line_in_the_log(body: str, caplog: pytest.LogCaptureFixture) -> None:
    jobs: list[RunJob] = []
    handler = make_queue_handler(Route(RunJob, lambda job, _invocation: jobs.append(job)))
    with caplog.at_level(logging.ERROR):
        assert handler(event(body, RunJob("a").to_json()), Context()) == {"batchItemFailures": []}
    assert jobs == [RunJob("a")]
    (line,) = caplog.records
    assert line.getMessage().startswith("message is dropped: it cannot be read: ")
    assert vars(line)["body"] == body


def test_each_type_has_its_route_and_failures_come_again_alone() -> None:
    seen: list[tuple[Message, float]] = []

    def run(message: RunTask, invocation: Invocation) -> None:
        seen.append((message, invocation.seconds_left()))

    def begin(_message: BeginSweep, _invocation: Invocation) -> None:
        raise Unavailable("Not now.")

    def resume(_message: ResumeSweep, _invocation: Invocation) -> None:
        raise ZeroDivisionError

    handler = make_queue_handler(Route(RunTask, run), Route(BeginSweep, begin), Route(ResumeSweep, resume))
    messages = (RunTask(3, 60), BeginSweep(60), ResumeSweep(60), RunTask(4, 60))
    answer = handler(event(*(message.to_json() for message in messages)), Context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}, {"itemIdentifier": "m2"}]}
    assert seen == [(RunTask(3, 60), 61.5), (RunTask(4, 60), 61.5)]
