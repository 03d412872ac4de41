"""The form of whoever is not signed in."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e import credentials
from tests.e2e.page.browser import PHONE, Windows, check_accessibility
from tests.e2e.service import Service


@pytest.fixture
def closed(browser: Browser, guarded: Service) -> Iterator[Windows]:
    """Windows on a service with a password."""
    opened = Windows(browser, guarded.base)
    yield opened
    opened.close()


def test_signing_in_and_out(closed: Windows) -> None:
    page = closed.open("/new", size=PHONE, scheme="dark")
    check_accessibility(page)
    page.get_by_label("User name").fill(credentials.USER)
    page.get_by_label("Password").fill("wrong")
    closed.expected.append("/api/auth/login")
    page.get_by_role("button", name="Sign in").tap()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Password").fill(credentials.PASSWORD)
    page.get_by_role("button", name="Sign in").tap()
    expect(page.get_by_role("heading", name="Add", level=1)).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Add", level=1)).to_be_visible()
    page.get_by_role("button", name="More").tap()
    page.get_by_role("menuitem", name="Sign out").tap()
    expect(page.get_by_label("Password")).to_be_visible()
