"""`/api/logs/level`: docs/contract/system.md 6."""

import importlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dlambda.entry import logs
from dlambda.usecases.operations import log_level
from local import template
from tests.functions.calls import Client, error
from tests.functions.deployment import deployment
from tests.functions.permissions import acting_as, called
from tests.stack import Stack

PLAN = template.read()
BY_QUEUE = [consumer.function for consumer in PLAN.consumers]
Configure = Callable[..., None]
LEVEL = "/api/logs/level"
NAMES = ["debug", "info", "warning", "error", "critical"]


@pytest.fixture(autouse=True)
def _level_of_before() -> Iterator[None]:
    root = logging.getLogger()
    before = root.level
    yield
    root.setLevel(before)


@pytest.fixture
def client(group: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(logs, "_level", "info")
    return group("logs")


def look_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after the seconds for which a process goes by what it read."""
    monkeypatch.setattr(logs, "_level_read_at", -1000.0)


def test_the_level_of_the_settings_counts(client: Client, configure: Configure) -> None:
    configure(log_level="warning")
    assert client.get(LEVEL) == (200, {"conf": "warning", "active": "warning", "levels": NAMES})


def test_a_level_that_is_set_counts_at_the_next_request(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.post(f"{LEVEL}/DEBUG") == (204, None)
    assert client.get(LEVEL)[1]["active"] == "debug"
    assert logging.getLogger().level == logging.DEBUG
    assert client.post(f"{LEVEL}/info")[0] == 204
    look_again(monkeypatch)
    assert client.get(LEVEL)[1] == {"conf": "info", "active": "info", "levels": NAMES}
    assert logging.getLogger().level == logging.INFO


@pytest.mark.parametrize("name", ["loud", "10", "notset", "%20", "debug%00"])
def test_other_words_are_refused_and_change_nothing(client: Client, name: str) -> None:
    status, text = error(client.post(f"{LEVEL}/{name}"))
    assert (status, text.startswith("Unknown log level ")) == (400, True)
    assert text.endswith("Available levels: debug, info, warning, error, critical.")
    assert client.get(LEVEL)[1]["active"] == "info"


def test_on_one_machine_all_processes_read_a_file_until_the_next_start(
    client: Client, monkeypatch: pytest.MonkeyPatch, configure: Configure, tmp_path: Path
) -> None:
    monkeypatch.setenv("DLAMBDA_LOG_DIR", str(tmp_path))
    monkeypatch.setenv("DLAMBDA_STARTED_AT", "1000")
    configure(log_level_file="error")
    store = log_level.FileLevel(tmp_path / "level.json", 1000)
    assert log_level.configured_level() == "error"
    store.save("debug")
    assert store.find() == "debug"
    assert log_level.FileLevel(tmp_path / "level.json", 2000).find() is None
    (tmp_path / "level.json").write_text("{")
    assert store.find() is None


def test_in_the_cloud_functions_read_a_row(engines: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    from endpoints.archiver.main import app as archiver
    from endpoints.logs.main import app

    monkeypatch.setattr(logs, "_level", "info")
    with deployment(engines, monkeypatch, DLAMBDA_LOG_GROUP="/aws/lambda/dlambda"):
        client = Client(app.test_client(), "logs")
        assert client.post(f"{LEVEL}/error")[0] == 204
        assert client.get(LEVEL)[1]["active"] == "error"
        look_again(monkeypatch)
        assert Client(archiver.test_client(), "archiver").get("/api/archiver")[0] == 400
    assert logging.getLogger().level == logging.ERROR


def test_each_function_reads_it(engines: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    modules = {function.module for function in (*(route.function for route in PLAN.routes), *BY_QUEUE, *PLAN.scheduled)}
    with deployment(engines, monkeypatch, DLAMBDA_LOG_GROUP="/aws/lambda/dlambda", YTP_CHECK_FOR_UPDATES="false"):
        for name in sorted(modules):
            look_again(monkeypatch)
            module, before = importlib.import_module(name), set(called)
            called.clear()
            if name.startswith("endpoints."):
                module.app.test_client().get("/api/nothing")
            elif name == "events.on_schedule.main":
                with acting_as("on_schedule"):
                    module.lambda_handler({}, None)
            else:
                module.lambda_handler({"Records": [{"messageId": "m", "body": "{}"}]}, None)
            function = name.split(".")[1]
            assert (function, "dynamodb:GetItem", "cache#log-level") in called, name
            called.update(before)


def test_a_level_holds_at_all_nodes(client: Client, configure: Configure, tmp_path: Path) -> None:
    configure(shares_services="true", log_dir=tmp_path)
    assert client.post(f"{LEVEL}/debug")[0] == 204
    configure(node="another", log_dir=tmp_path / "another")
    assert client.get(LEVEL)[1]["active"] == "debug"
