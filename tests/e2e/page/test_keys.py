"""Journeys through signing in and the screen of keys and accounts: page/src/screens/keys."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.page.browser import Windows, check_accessibility
from tests.e2e.service import Service

_ADMIN, _PASSWORD = "ann", "correct horse battery"


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that nobody uses without an account; the first test makes the first one."""
    with Service(tmp_path_factory.mktemp("closed") / "data", {"YTP_DISABLE_AUTH": "false"}) as running:
        yield running


@pytest.fixture
def rooms(browser: Browser, closed: Service) -> Iterator[Windows]:
    """Windows on the closed service."""
    opened = Windows(browser, closed.base)
    yield opened
    opened.close()


def sign_in(page: Page, name: str, password: str) -> None:
    button = page.get_by_role("button", name=re.compile("^(Sign in|Create account)$"))
    button.wait_for()  # other screens have such fields, too
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(password)
    button.click()


def test_the_first_account_is_made_signs_out_and_in_again(rooms: Windows) -> None:
    page = rooms.open("/keys/accounts")
    check_accessibility(page)
    sign_in(page, _ADMIN, _PASSWORD)
    expect(page.get_by_role("heading", name=_ADMIN)).to_be_visible()
    page.get_by_role("tab", name="My account").click()
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    rooms.expected.append("status of 401")
    sign_in(page, _ADMIN, "wrong")
    expect(page.get_by_role("alert")).to_have_text("The user name or the password is wrong.")
    sign_in(page, _ADMIN, _PASSWORD)
    expect(page.get_by_role("heading", name="Downloads", level=1)).to_be_visible()


def test_a_key_with_a_quota_is_shown_once_and_works(rooms: Windows) -> None:
    page = rooms.open("/keys")
    sign_in(page, _ADMIN, _PASSWORD)
    page.get_by_role("button", name="Make a key").click()
    page.get_by_label("Name").fill("script")
    page.get_by_label("What it may do").select_option("some")
    page.get_by_role("group", name="Downloads").get_by_role("checkbox", name="read").check()
    page.get_by_label("Quota in GB").fill("2")
    page.get_by_label("Expires").select_option("30")
    check_accessibility(page)
    page.get_by_role("dialog").get_by_role("button", name="Make a key").click()
    value = page.locator(".keys-value").inner_text()
    page.get_by_role("button", name="Done").click()
    card = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="script"))
    expect(card).to_contain_text("items:read")
    expect(card).to_contain_text("of 2 GB used")
    expect(page.get_by_text(value)).to_have_count(0)
    header = {"Authorization": f"Bearer {value}"}
    context = page.context.browser.new_context() if page.context.browser else page.context
    try:
        assert context.request.get(f"{rooms.base}/api/history", headers=header).status == 200
        assert context.request.get(f"{rooms.base}/api/logs", headers=header).status == 403
    finally:
        context.close()


def test_a_member_is_offered_only_what_it_may(rooms: Windows) -> None:
    admin = rooms.open("/keys/accounts")
    sign_in(admin, _ADMIN, _PASSWORD)
    admin.get_by_role("button", name="Add an account").click()
    admin.get_by_label("User name").fill("ben")
    admin.get_by_label("Password").fill("ben's own")
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_role("heading", name="ben")).to_be_visible()
    page = rooms.open("/keys")
    sign_in(page, "ben", "ben's own")
    expect(page.get_by_role("tab")).to_have_text(["API keys", "Sessions", "My account"])
    page.get_by_role("navigation").get_by_role("link", name="Downloads").last.click()
    page.get_by_role("button", name="Actions for the whole queue").click()
    expect(page.get_by_role("menuitem").first).to_have_text("Try all failed again")
    page.goto(f"{rooms.base}/logs")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    page.goto(f"{rooms.base}/")
    page.get_by_role("button", name="Actions for the whole queue").click()
    expect(page.get_by_role("menuitem", name="Try all failed again")).to_be_visible()
    expect(page.get_by_role("menuitem", name="Pause the queue")).to_have_count(0)
