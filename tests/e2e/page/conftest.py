"""A service with the built page, and a browser, for all tests of the page in a process."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from local import web_page
from tests.e2e.credentials import ADMIN_KEY
from tests.e2e.page.browser import Windows, chromium
from tests.e2e.service import Service

SETTINGS = {
    "YTP_REMOVE_FILES": "true",
    "YTP_BROWSER_CONTROL_ENABLED": "true",
    "YTP_CONSOLE_ENABLED": "true",
    "YTP_ADMIN_KEY": ADMIN_KEY,
    "YTP_RETRIES": "0",
}


@pytest.fixture(scope="package", autouse=True)
def built() -> None:
    """The page as its sources are."""
    web_page.build()


@pytest.fixture(scope="package")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(str(tmp_path_factory.mktemp("browser"))) as running:
        yield running


@pytest.fixture(scope="package")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One service for these tests: their lists hold nothing of others."""
    with Service(tmp_path_factory.mktemp("page") / "data", SETTINGS) as running:
        yield running


@pytest.fixture
def windows(browser: Browser, service: Service) -> Iterator[Windows]:
    """Windows on the service; at the end none may have complained."""
    opened = Windows(browser, service.base)
    yield opened
    opened.close()
