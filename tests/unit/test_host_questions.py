"""One place asks whether this is one machine or the cloud: dlambda/hosting.py, and .ci/host_questions.py, which says so."""

import runpy
from pathlib import Path
from typing import Any

import pytest

from dlambda.environment import read_settings
from dlambda.hosting import Hosting

QUESTIONS = runpy.run_path(str(Path(__file__).parents[2] / ".ci" / "host_questions.py"))


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("if current().settings.function_name:\n    pass", 1),
        ("settings = current().settings\nprint(settings.log_group, settings.work_durable)", 2),
        ("os.environ['AWS_LAMBDA_FUNCTION_NAME']", 1),
        ("current().hosting.log_group", 0),
        ("current().settings.log_dir", 0),
    ],
)
def test_questions_of_the_host_are_seen(source: str, count: int) -> None:
    assert len(list(QUESTIONS["questions"](source))) == count


def test_no_other_module_asks(capsys: pytest.CaptureFixture[str]) -> None:
    assert QUESTIONS["main"]() == 0, capsys.readouterr().out


_LAMBDA = {
    "AWS_LAMBDA_FUNCTION_NAME": "history",
    "DLAMBDA_LOG_GROUP": "/aws/lambda/s",
    "DLAMBDA_SOCKET_ENDPOINT": "wss://e/live",
}
_ONE_MACHINE = {"DLAMBDA_WORK_DURABLE": "true", "DLAMBDA_SOCKET_ENDPOINT": "http://127.0.0.1:1/ws"}


@pytest.mark.parametrize(
    ("environ", "properties"),
    [
        (_LAMBDA, {"behind_gateway", "hides_failed_messages", "idle_is_free", "is_watched", "log_group", "socket_url"}),
        (_ONE_MACHINE, {"has_tools", "shares_log_folder", "keeps_scratch", "answers_alone"}),
        (_ONE_MACHINE | {"DLAMBDA_SHARES_SERVICES": "true"}, {"has_tools", "keeps_scratch"}),
        (_ONE_MACHINE | {"YTP_HTTP_WORKERS": "2"}, {"has_tools", "shares_log_folder", "keeps_scratch"}),
        (_ONE_MACHINE | {"DLAMBDA_WORK_DURABLE": "false"}, {"has_tools", "shares_log_folder"}),
    ],
    ids=[
        "lambda",
        "one machine",
        "a node of several",
        "several gateway processes",
        "one machine with short invocations",
    ],
)
def test_the_host_follows_from_the_settings(environ: dict[str, str], properties: set[str]) -> None:
    hosting: Any = Hosting.of(read_settings(environ))
    assert {name for name in Hosting.__slots__ if getattr(hosting, name)} == properties
