"""Messages that fail since an engine is away: one line says which one, and when the message comes again."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dlambda.domain.messages.queue_messages import CompareFolder, DownloadItem, Message
from dlambda.domain.messages.queues import MOST_RECEIVES, QUEUES
from dlambda.entry.sqs import Invocation, QueueHandler, Route, make_queue_handler
from dlambda.store.items import items
from events.on_files.main import lambda_handler as on_files
from local.context import Context
from tests.stack import Stack, environment, forget_settings

_SECONDS = 3600.0
_MESSAGE = DownloadItem("a")


def receive(handler: QueueHandler, message: Message, receives: int = 1, message_id: str = "m1") -> bool:
    """Calls a function; True if the message should come again."""
    attributes = {"ApproximateReceiveCount": str(receives)}
    record = {"messageId": message_id, "body": message.to_json(), "attributes": attributes}
    return bool(handler({"Records": [record]}, Context("f", _SECONDS))["batchItemFailures"])


def fail(*_: object) -> None:
    raise KeyError("nobody expected it")


def ask_tables(message: DownloadItem, _: Invocation) -> None:
    items.find(message.id)


FAILS = make_queue_handler(Route(DownloadItem, fail))
ASKS_TABLES = make_queue_handler(Route(DownloadItem, ask_tables))
ASKS_QUEUES = make_queue_handler(Route(DownloadItem, lambda message, _: message))


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """The lines about messages. None of any logger has a trace, or the test fails."""

    def read() -> list[str]:
        assert [record.getMessage() for record in caplog.records if record.exc_info] == []
        assert all(record.levelno <= logging.WARNING for record in caplog.records)
        return [record.getMessage() for record in caplog.records if record.name == "dlambda.entry.sqs"]

    return read


def test_a_bucket_that_is_stopped(stack: Stack, lines: Callable[[], list[str]]) -> None:
    with stack.without("media"):
        assert receive(on_files, CompareFolder(""), receives=2)
    (line,) = lines()
    assert line.startswith("message CompareFolder is tried again within 4 s, since bucket cannot serve now: ")
    assert not receive(on_files, CompareFolder(""), receives=3)


@contextmanager
def gone(stack: Stack, setting: str, folder: Path) -> Iterator[None]:
    """Nothing listens at the socket of an engine."""
    with environment({**stack.environ, setting: str(folder / "gone")}):
        yield


@pytest.mark.parametrize(
    ("setting", "handler", "service"),
    [("DLAMBDA_TABLES_SOCKET", ASKS_TABLES, "tables"), ("DLAMBDA_QUEUES_SOCKET", ASKS_QUEUES, "queues")],
)
def test_tables_and_queues_that_are_away(
    setting: str,
    handler: QueueHandler,
    service: str,
    stack: Stack,
    tmp_path: Path,
    lines: Callable[[], list[str]],
) -> None:
    with gone(stack, setting, tmp_path):
        assert receive(handler, _MESSAGE)
    (line,) = lines()
    assert line.startswith(f"message DownloadItem is tried again within 2 s, since {service} cannot serve now: ")


def test_what_nobody_expected_has_its_trace_once(permitted: None, caplog: pytest.LogCaptureFixture) -> None:
    for receives in range(1, MOST_RECEIVES + 1):
        assert receive(FAILS, _MESSAGE, receives)
    texts = [record.getMessage().partition(": ")[2] for record in caplog.records]
    assert [bool(record.exc_info) for record in caplog.records] == [True, False, False, False, False]
    assert texts[0] == "DownloadItem is tried again within 2 s"
    assert texts[1] == "DownloadItem is tried again within 4 s: KeyError('nobody expected it')"
    assert texts[-1].startswith("DownloadItem goes to the dead letters: ")
    assert {record.levelno for record in caplog.records} == {logging.ERROR}


def test_in_the_cloud_a_queue_hides_a_message_for_its_own_time(
    permitted: None, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "on-download")
    forget_settings()
    receive(FAILS, _MESSAGE, message_id="m2")
    seconds = QUEUES[_MESSAGE.queue].visibility_seconds
    assert caplog.records[-1].getMessage().endswith(f"DownloadItem is tried again within {seconds} s")
    monkeypatch.undo()
    forget_settings()
