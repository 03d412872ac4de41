"""Which archive options name: docs/contract/downloads.md 4.12."""

from typing import Any

import pytest

from dlambda.deployment import current
from dlambda.usecases.items.options import archive_named
from tests.stack import environment


@pytest.mark.parametrize(
    ("cli", "named"),
    [
        ((), None),
        (("",), None),
        (("", ""), None),
        (("-f best",), None),
        (("--download-archive a.log",), "a.log"),
        (("--download-archive=a.log",), "a.log"),
        (("--download-arch a.log",), "a.log"),
        (("-f best\n--download-archive 'my own.log' -x",), "my own.log"),
        (("--download-archive a.log", "--download-archive b.log"), "b.log"),
        (("--download-archive a.log", "-x"), "a.log"),
        (("--download-archive a.log", "--no-download-archive"), None),
        (("--no-download-archive", "--download-archive b.log"), "b.log"),
        (("--output --download-archive x",), None),
        (("--no-such-option --download-archive a.log",), None),
        (("--download-archive '",), None),
    ],
)
def test_the_last_archive_counts(cli: tuple[Any, ...], named: str | None) -> None:
    assert archive_named(*cli) == named


def test_the_variable_stands_for_the_setting() -> None:
    assert archive_named("--download-archive %(archive_file)s") == current().settings.archive_file


def test_a_data_folder_that_was_moved_keeps_its_archives() -> None:
    with environment({"YTP_CONFIG_PATH": "/new/config", "DLAMBDA_ARCHIVES_PATH": "/old/config"}):
        assert archive_named("--download-archive %(archive_file)s") == "/old/config/archive.log"
        assert archive_named("--download-archive /new/configuration.log") == "/new/configuration.log"
