"""One running service for all end-to-end tests of a process, stopped behind the last of them whatever happens: even
idle it takes a fiftieth of a processor.
"""

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.e2e import credentials
from tests.e2e.api import Api
from tests.e2e.browser.player import page_server
from tests.e2e.listener import Listener
from tests.e2e.pictures import Pictures
from tests.e2e.service import Service

CONFIGURED_PAGE = "https://page.example"
SETTINGS = {
    "YTP_REMOVE_FILES": "true",
    "YTP_EXTRACT_INFO_TIMEOUT": "8",
    "YTP_RETRIES": "1",
    "YTP_MAX_WORKERS_PER_EXTRACTOR": "6",
    "YTP_MAX_WORKERS": "6",
    "DLAMBDA_DELIVERY_WAIT_FACTOR": "0.1",
    # A proxy of these tests asks for the first, test_safe_defaults.py for the second.
    "YTP_ALLOWED_HOSTS": "dlambda.internal media.example",
    "YTP_BROWSER_CONTROL_ENABLED": "true",
    "YTP_CONSOLE_ENABLED": "true",
    "YTP_ADMIN_KEY": credentials.ADMIN_KEY,
    "REQUEST_LIMIT": "1000",
}


@pytest.fixture(scope="package")
def pictures() -> Iterator[Pictures]:
    """Where the shared service gets its backgrounds."""
    with Pictures() as running:
        yield running


@pytest.fixture(scope="package")
def page() -> Iterator[str]:
    """The address of a page with a player, from which the shared service may be asked."""
    with page_server() as address:
        yield address


@pytest.fixture(scope="package")
def service(tmp_path_factory: pytest.TempPathFactory, pictures: Pictures, page: str) -> Iterator[Service]:
    """The shared service, since a start takes seconds. Tests use URLs and folders of their own, and leave no item
    running.
    """
    settings = {
        "YTP_PICTURES_BACKENDS": f"{pictures.base}/one.png,{pictures.base}/two.png",
        "YTP_CORS_ORIGINS": f"{CONFIGURED_PAGE} {page.rpartition('/')[0]}",
    }
    running = Service(tmp_path_factory.mktemp("e2e") / "data", SETTINGS | settings)
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


@pytest.fixture(scope="package")
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
