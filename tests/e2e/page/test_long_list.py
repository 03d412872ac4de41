"""A history of hundreds: only what is seen is drawn and loaded."""

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Request, expect

from tests.e2e.page.browser import Windows
from tests.e2e.service import Service

_COUNT = 250
_ROWS = "document.querySelectorAll('.row').length"


@pytest.fixture
def seeded(windows: Windows, service: Service) -> Iterator[Windows]:
    """Windows on a service with a long history, which goes afterwards."""
    command = [sys.executable, "-m", "tests.store.seeding", "1", str(_COUNT)]
    subprocess.run(command, env=service.environment_of_functions(), check=True)
    windows.expected.append("/thumbnail")  # what is seeded has no files, and so no pictures
    yield windows
    everything = {"type": "done", "status": "finished,error,cancelled,skip", "remove_file": False}
    assert service.api.request("DELETE", "/api/history", everything).status == 200


def test_any_place_of_a_long_list_is_a_moment_away(seeded: Windows) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.extend(re.findall(r"type=done.*&page=(\d+)", request.url))

    page = seeded.open("/?search=seeded")
    page.on("request", note)
    expect(page.locator(".row-title").first).to_have_text(f"Seeded item number {_COUNT}")
    assert page.evaluate(_ROWS) < 40
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    expect(page.get_by_text("Seeded item number 1", exact=True)).to_be_visible()
    assert page.evaluate(_ROWS) < 40
    assert "2" not in asked
    page.get_by_role("checkbox", name="Select Seeded item number 1", exact=True).check()
    page.evaluate("scrollTo(0, 0)")
    page.get_by_role("checkbox", name=f"Select Seeded item number {_COUNT}").click(modifiers=["Shift"])
    expect(page.get_by_role("region", name=f"{_COUNT} selected")).to_be_visible()


def test_a_search_and_a_filter_are_part_of_the_address(windows: Windows) -> None:
    page = windows.open("/")
    page.get_by_role("searchbox", name="Search").fill("no such thing anywhere")
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    assert page.url.endswith("?search=no+such+thing+anywhere")
    page.get_by_role("button", name="Failed").click()
    page.reload()
    expect(page.get_by_role("button", name="Failed")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("no such thing anywhere")
