"""A journey through the screen of the log: page/src/screens/logs."""

import re

from playwright.sync_api import expect

from tests.e2e.page.browser import Windows, check_accessibility
from tests.e2e.service import Service
from tests.origin import Origin


def test_lines_of_an_item_come_as_they_are_written(windows: Windows, service: Service, origin: Origin) -> None:
    page = windows.open("/logs")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    item = service.api.fetch(origin.url("log/clip-log.mp4"))
    expect(page.locator(".logs-row").filter(has_text="/api/history").first).to_be_visible()
    page.goto(f"{windows.base}/logs?item={item['_id']}")
    rows = page.get_by_role("list", name="Log").get_by_role("button")
    expect(rows.first).to_be_visible()
    rows.first.click()
    panel = page.get_by_role("dialog", name="Line of the log")
    expect(panel).to_contain_text(item["_id"])
    check_accessibility(page)
    panel.get_by_role("button", name="Close").click()
    page.get_by_label("Search in the lines").fill("no such words")
    expect(page.get_by_text("No line fits")).to_be_visible()
    assert "search=no+such+words" in page.url
    page.get_by_label("The service writes from").select_option("debug")
    expect(page.get_by_text(re.compile("until the service starts again"))).to_be_visible()
    page.get_by_label("The service writes from").select_option("info")
    expect(page.get_by_text("As the settings say.")).to_be_visible()
