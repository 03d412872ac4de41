"""Groups that an operator has switched off say so."""

from collections.abc import Callable

import pytest

from tests.functions.calls import Client, error

Group = Callable[[str], Client]
Configure = Callable[..., None]


def test_actions_on_files_are_off_by_default(group: Group) -> None:
    body = [{"action": "delete", "path": "a"}]
    assert error(group("file").call("POST", "/api/file/actions", json=body)) == (
        403,
        "File browser actions is disabled.",
    )


def test_the_file_browser(group: Group, configure: Configure) -> None:
    configure(browser_enabled="false")
    assert error(group("file").call("GET", "/api/file/browser/")) == (403, "File browser is disabled.")


@pytest.mark.parametrize("path", ["/api/logs", "/api/logs/stream"])
def test_without_a_file_there_is_no_log(group: Group, configure: Configure, path: str) -> None:
    configure(file_logging="false")
    logs = group("logs")
    assert error(logs.call("GET", path)) == (404, "File logging is not enabled.")
    assert logs.last.get_json()["code"] == "FEATURE_DISABLED"
    assert logs.last.get_json()["params"] == {"feature": "api.features.fileLogging"}
