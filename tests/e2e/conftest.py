"""One running service for all end-to-end tests of a process, stopped at the end whatever happens."""

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.e2e import credentials
from tests.e2e.api import Api
from tests.e2e.listener import Listener
from tests.e2e.service import Service

SETTINGS = {
    "YTP_REMOVE_FILES": "true",
    "YTP_EXTRACT_INFO_TIMEOUT": "8",
    "YTP_RETRIES": "1",
    "YTP_MAX_WORKERS_PER_EXTRACTOR": "6",
    "YTP_MAX_WORKERS": "6",
    "DLAMBDA_DELIVERY_WAIT_FACTOR": "0.1",
    "YTP_ALLOWED_HOSTS": "dlambda.internal",  # a proxy of these tests asks for it
}


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The shared service. Tests use URLs of their own, and leave no item running."""
    running = Service(tmp_path_factory.mktemp("e2e") / "data", SETTINGS)
    with running:
        yield running


@pytest.fixture
def api(service: Service) -> Api:
    """A client of the shared service."""
    return service.api


@pytest.fixture
def listener(service: Service) -> Iterator[Listener]:
    """A WebSocket client of the shared service, already greeted."""
    with Listener(service.base) as connected:
        connected.wait("connected")
        yield connected


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with a password, that refuses internal addresses as it does by default."""
    settings = {
        "YTP_ALLOW_INTERNAL_URLS": "false",
        "YTP_AUTH_USERNAME": credentials.USER,
        "YTP_AUTH_PASSWORD": credentials.PASSWORD,
    }
    with Service(tmp_path_factory.mktemp("guarded") / "data", settings) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder for a service that a test starts itself."""
    return tmp_path / "data"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failing test shows what the shared service printed last."""
    report = yield
    running = getattr(item, "funcargs", {}).get("service")
    if report.when == "call" and report.failed and isinstance(running, Service):
        report.sections.append(("service log", running.log_tail()))
    return report
