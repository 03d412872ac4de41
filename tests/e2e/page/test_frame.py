"""What all screens share: their frame, its looks and languages, and that it needs nobody's mouse."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.page.browser import PHONE, WIDE, Windows, check_accessibility
from tests.e2e.page.screens import paths
from tests.e2e.service import Service

_BASE = "/deep/down"


class _Based(Service):
    @property
    def base(self) -> str:
        return super().base + _BASE


class Shared:
    """A window for each look, in which one screen after another is shown: a new one takes a second of the processor."""

    def __init__(self, windows: Windows) -> None:
        self.windows = windows
        self._pages: dict[str, Page] = {}

    def show(self, path: str, **look: Any) -> Page:
        """The window with that look, once it shows the screen."""
        if page := self._pages.get(str(look)):
            self.windows.go(page, path)
            return page
        return self._pages.setdefault(str(look), self.windows.open(path, **look))


@pytest.fixture(scope="module")
def shared(browser: Browser, service: Service) -> Iterator[Shared]:
    opened = Windows(browser, service.base)
    yield Shared(opened)
    opened.close()


@pytest.mark.parametrize("name", sorted(paths()))
@pytest.mark.parametrize(
    ("scheme", "language", "size"), [("light", "en", WIDE), ("dark", "ar", PHONE)], ids=["light", "dark-rtl-phone"]
)
def test_a_screen_is_accessible(shared: Shared, name: str, scheme: str, language: str, size: tuple[int, int]) -> None:
    page = shared.show(paths()[name], scheme=scheme, language=language, size=size)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.dir") == ("rtl" if language == "ar" else "ltr")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    check_accessibility(page)
    shared.windows.check()


def test_the_keyboard_reaches_the_content_first_and_then_the_screens(windows: Windows) -> None:
    page = windows.open("/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_choices_are_kept_and_shared_by_tabs(windows: Windows) -> None:
    page = windows.open("/")
    other = page.context.new_page()
    other.goto(page.url)
    for choice in ("Dark", "Deutsch"):
        page.get_by_role("button", name=re.compile("More|Mehr")).click()
        page.get_by_role("menuitemradio", name=choice, exact=True).click()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(other.locator("html")).to_have_attribute("lang", "de")
    expect(other.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "de")


def test_an_unknown_address_says_so(windows: Windows) -> None:
    windows.expected.append("status of 404")
    page = windows.open("/new")
    page.goto(f"{windows.base}/nothing-here")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()


@pytest.fixture
def based(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Windows]:
    """Windows on a service below a base path."""
    with _Based(tmp_path_factory.mktemp("based") / "data", {"YTP_BASE_PATH": _BASE}) as running:
        opened = Windows(browser, running.base)
        yield opened
        opened.close()


def test_below_a_base_path(based: Windows) -> None:
    page = based.open("/new")
    page.get_by_role("navigation").get_by_role("link", name="Downloads").last.click()
    expect(page.get_by_role("heading", name="Downloads", level=1)).to_be_visible()
    assert page.url == f"{based.base}/"
    page.go_back()
    expect(page.get_by_role("heading", name="Add", level=1)).to_be_visible()
    page.goto(based.base)  # without the slash
    expect(page.get_by_role("heading", name="Downloads", level=1)).to_be_visible()
