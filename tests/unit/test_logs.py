"""Log lines: one JSON object each, without secrets."""

import json
import logging
import sys
from typing import Any

import pytest

from dlambda.domain.telemetry.log_line import masked
from dlambda.entry.logs import JsonLines, set_request_id


def line(message: str, *arguments: object, **extra: object) -> dict[str, Any]:
    record = logging.LogRecord("dlambda.x", logging.WARNING, __file__, 1, message, arguments, None)
    vars(record).update(extra)
    return dict(json.loads(JsonLines().format(record)))


def test_a_line_names_its_node_where_there_are_several() -> None:
    record = logging.LogRecord("dlambda.x", logging.WARNING, __file__, 1, "text", (), None)
    assert json.loads(JsonLines(node="kitchen").format(record))["node"] == "kitchen"
    assert "node" not in line("text")


def test_a_line() -> None:
    set_request_id("r1")
    try:
        found = line("Took %d ms", 5, item_id="a")
    finally:
        set_request_id("")
    assert found.pop("time").endswith("+00:00")
    source = found.pop("source")
    assert source == {
        "path": __file__.lstrip("/"),
        "file": "test_logs.py",
        "module": "test_logs",
        "function": "",
        "line": 1,
    }
    assert found == {
        "level": "WARNING", "levelno": 30, "logger": "dlambda.x", "message": "Took 5 ms", "request_id": "r1", "item_id": "a",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("GET /api/history?apikey=dTpwYXNz&page=1", "dTpwYXNz"),
        ("https://user:hush@video.example/x", "hush"),
        ("http://proxy.example/?token=hush&x=1", "hush"),
        ("Authorization: Basic dTpwYXNz", "dTpwYXNz"),
        ("{'Authorization': 'Bearer hush'}", "hush"),
        ("X-Amz-Signature=hush", "hush"),
        ("password=hush", "hush"),
    ],
)
def test_secrets_are_masked(text: str, secret: str) -> None:
    assert secret not in masked(text)
    assert "********" in masked(text)


def test_secrets_in_what_is_added_are_masked() -> None:
    found = line("x", body='{"url": "https://u:hush@video.example/"}', url="https://a.example/?token=hush")
    assert "hush" not in json.dumps(found)


def test_a_traceback_is_kept_and_masked() -> None:
    try:
        raise ValueError("https://u:hush@video.example/")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "m", (), sys.exc_info())
    text = JsonLines().format(record)
    assert "ValueError" in text
    assert "hush" not in text
    assert "\n" not in text


@pytest.mark.parametrize("text", ["Downloaded a.mp4", "https://video.example/watch?v=1", "10:30:11 done"])
def test_ordinary_text_stays(text: str) -> None:
    assert masked(text) == text
