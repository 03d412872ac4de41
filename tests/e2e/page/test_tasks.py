"""Journeys through the screen of sources and definitions: page/src/screens/tasks."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e.page.browser import PHONE, Windows, check_accessibility
from tests.e2e.service import Service
from tests.origin import Origin


def record(page: Page, name: str) -> Locator:
    """The row of the list that bears this name."""
    return page.get_by_role("listitem").filter(has=page.get_by_role("link", name=name, exact=True))


def test_a_source_is_made_inspected_and_run(windows: Windows, service: Service, origin: Origin) -> None:
    page = windows.open("/tasks/new")
    page.get_by_label("Name", exact=True).fill("Harbour")
    page.get_by_label("Addresses").fill(origin.url("feed/5.rss"))
    page.get_by_label("Schedule").select_option("weekly")
    page.get_by_label("Friday").check()
    page.get_by_label("Time", exact=True).fill("07:30")
    expect(page.get_by_text("30 7 * * 1,5")).to_be_visible()
    runs = page.locator(".schedule-runs time")
    expect(runs).to_have_count(5)
    expect(runs.first).to_contain_text("7:30")
    check_accessibility(page)
    page.get_by_role("button", name="Save").click()
    row = record(page, "Harbour")
    expect(row).to_contain_text(re.compile("Mon and Fri at 7:30.*Next in"))
    row.get_by_role("button", name="Entries of Harbour").click()
    entries = page.get_by_role("list", name="Entries").get_by_role("listitem")
    expect(entries).to_have_count(5)
    expect(entries.first).to_contain_text("New")
    check_accessibility(page)
    page.keyboard.press("Escape")
    row.get_by_role("button", name="Run now").click()
    expect(page.get_by_role("status").get_by_text("“Harbour” was added to the downloads.")).to_be_visible()
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".row-title", has_text="of 5").first).to_be_visible()


def test_a_timer_that_is_none_is_refused_at_its_field(windows: Windows) -> None:
    page = windows.open("/tasks/new", size=PHONE)
    page.get_by_label("Schedule").select_option("own")
    cron = page.get_by_label("Cron text")
    cron.fill("61 * * * *")
    expect(page.get_by_role("alert")).to_contain_text("Invalid timer format")
    expect(cron).to_have_attribute("aria-invalid", "true")
    page.get_by_role("link", name="Tasks").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Stay").click()
    expect(cron).to_have_value("61 * * * *")


def test_a_source_is_switched_off_and_its_deletion_taken_back(windows: Windows, service: Service) -> None:
    service.api.post("/api/tasks", {"name": "Switched", "url": "https://example.com/a.rss"})
    page = windows.open("/tasks")
    row = record(page, "Switched")
    row.get_by_role("switch").click()
    expect(row.get_by_role("switch")).not_to_be_checked()
    row.get_by_role("button", name="More about Switched").click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(row).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(row.get_by_role("switch")).not_to_be_checked()


def test_a_definition_is_tried_while_its_rules_are_written(windows: Windows, origin: Origin) -> None:
    page = windows.open("/tasks/definitions/new")
    page.get_by_label("Name", exact=True).fill("Links")
    page.get_by_label("Address of a page").fill(origin.url("links/3.html"))
    page.get_by_role("button", name="Try").click()
    entries = page.get_by_role("list", name="Entries").get_by_role("listitem")
    expect(entries).to_have_count(3)
    expect(page.get_by_role("region", name="The page as it was fetched")).to_contain_text('<li class="video" id="v2">')
    page.get_by_label("Selector of the boxes").fill("#v2")
    expect(entries).to_have_count(1)
    page.get_by_role("button", name="Add a value").click()
    page.get_by_label("Expression").last.fill("a")
    page.get_by_label("Attribute").last.fill("text")
    expect(entries.first).to_contain_text("Clip number 2")
    check_accessibility(page)
    page.get_by_role("tab", name="JSON").click()
    expect(page.get_by_label("Definition as JSON")).to_have_value(re.compile('"selector": "#v2"'))
    page.get_by_role("button", name="Save").click()
    expect(record(page, "Links")).to_contain_text("Matches no address by itself")
