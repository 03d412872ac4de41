"""A function in the cloud whose settings cannot work: docs/contract/system.md 3 and 10."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dlambda.entry.exposure import check_open
from dlambda.environment import SettingsError, read_list
from dlambda.errors import Unavailable
from tests.stack import forget_settings

CLOUD = {"AWS_LAMBDA_FUNCTION_NAME": "history", "YTP_ALLOW_OPEN": "true"}
Environ = Callable[..., None]


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> Iterator[Environ]:
    def set_environ(**variables: str) -> None:
        for name, text in variables.items():
            monkeypatch.setenv(name, text)
        forget_settings()

    yield set_environ
    forget_settings()


@pytest.mark.parametrize("login", [{"YTP_AUTH_USERNAME": "me"}, {"YTP_AUTH_PASSWORD": "pw"}])
def test_check_open_with_half_a_login_refuses_even_an_open_service(environ: Environ, login: dict[str, Any]) -> None:
    environ(**CLOUD, **login)
    with pytest.raises(Unavailable):
        check_open()


@pytest.mark.parametrize("login", [{}, {"YTP_AUTH_USERNAME": "me", "YTP_AUTH_PASSWORD": "pw"}])
def test_check_open_with_a_login_or_none_passes(environ: Environ, login: dict[str, Any]) -> None:
    environ(**CLOUD, **login)
    check_open()


@pytest.mark.parametrize(
    ("variables", "level", "words"),
    [
        ({}, None, []),
        ({"YTP_MAX_WORKER": "5", "YTP_TZZ": "UTC"}, "WARNING", ["YTP_MAX_WORKER: ", "YTP_TZZ: "]),
        ({"YTP_OUTPUT_TEMPLATE": "%(x", "YTP_AUTH_USERNAME": "me"}, "ERROR", ["YTP_OUTPUT_TEMPLATE: ", "YTP_AUTH_USERNAME: "]),
    ],
)  # fmt: skip
def test_a_function_writes_one_line_at_its_start(
    variables: dict[str, Any], level: str | None, words: list[Any]
) -> None:
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("YTP_", "DLAMBDA_"))}
    started = subprocess.run(
        [sys.executable, "-c", "from dlambda.entry.logs import set_up_logs; set_up_logs(); set_up_logs()"],
        env=kept | variables,
        stdout=subprocess.PIPE,
        check=True,
    )
    lines = [json.loads(line) for line in started.stdout.splitlines()]
    assert [line["level"] for line in lines] == ([level] if level else [])
    assert all(word in lines[0]["message"] for word in words)


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("", {}),
        ("YTP_TZ=Europe/Berlin", {"YTP_TZ": "Europe/Berlin"}),
        (" YTP_TZ = UTC ;; YTP_INSTANCE_TITLE=a=b\nYTP_REMOVE_FILES=true\n", {
            "YTP_TZ": "UTC", "YTP_INSTANCE_TITLE": "a=b", "YTP_REMOVE_FILES": "true",
        }),
    ],
)  # fmt: skip
def test_a_deployment_lists_settings_in_one_text(text: str, variables: dict[str, str]) -> None:
    assert read_list(text) == variables


@pytest.mark.parametrize("text", ["YTP_TZ", "TZ=UTC", "DLAMBDA_BUCKET=other", "YTP_AUTH_PASSWORD=p", "YTP_ADMIN_KEY=k"])
def test_what_is_no_setting_or_a_secret_stops_the_start(text: str) -> None:
    with pytest.raises(SettingsError, match=text.partition("=")[0]):
        read_list(text)
