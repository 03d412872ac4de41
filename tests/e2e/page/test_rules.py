"""Journeys through the screen of presets, conditions, fields and notifications: page/src/screens/rules."""

import re

from playwright.sync_api import expect

from tests.e2e.page.browser import Windows, check_accessibility
from tests.e2e.page.test_tasks import record
from tests.e2e.service import Service
from tests.origin import Origin

_COOKIES = "# Netscape HTTP Cookie File\n.example.com\tTRUE\t/\tTRUE\t0\tsession\tsecret-value\n"


def test_a_preset_and_a_condition_change_a_download(windows: Windows, service: Service, origin: Origin) -> None:
    page = windows.open("/rules/presets/new")
    page.get_by_label("Name", exact=True).fill("Harbour")
    page.get_by_label("Folder").fill("harbour")
    page.get_by_label("Cookies", exact=True).fill(_COOKIES)
    page.get_by_role("button", name="Save").click()
    expect(record(page, "Harbour")).to_contain_text("Into harbour")
    page.get_by_role("tab", name="Conditions").click()
    page.get_by_role("link", name="New condition").first.click()
    page.get_by_label("Name", exact=True).fill("Boats go to the harbour")
    page.get_by_label("Filter").fill("title *= 'boat' & n2=5")
    expect(page.locator(".filter-place mark")).to_have_text("n2=5")
    page.get_by_label("Filter").fill("title *= 'boat'")
    expect(page.get_by_text("This filter can be read.")).to_be_visible()
    page.get_by_label("Use another preset").select_option("Harbour")
    page.get_by_label("Address", exact=True).fill(origin.url("sea/clip-boat.mp4"))
    page.get_by_role("button", name="Try").click()
    expect(page.get_by_text("The filter matches.")).to_be_visible()
    check_accessibility(page)
    page.get_by_role("button", name="Save").click()
    expect(record(page, "Boats go to the harbour")).to_contain_text("Uses the preset Harbour")
    item = service.api.fetch(origin.url("sea/clip-boat.mp4"))
    assert (item["preset"], item["status"]) == ("Harbour", "finished"), item


def test_stored_cookies_and_secrets_stay_hidden(windows: Windows, service: Service) -> None:
    made = service.api.post("/api/presets", {"name": "Logged in", "cookies": _COOKIES}).json()
    page = windows.open(f"/rules/presets/{made['id']}")
    expect(page.get_by_text("Cookies are stored and not shown.")).to_be_visible()
    expect(page.get_by_role("region", name="Final command")).to_contain_text("yt-dlp")
    assert "secret-value" not in page.content()
    page.get_by_label("Description").fill("For members")
    page.get_by_role("button", name="Save").click()
    expect(record(page, "Logged in")).to_contain_text("With cookies")
    expect(record(page, "Logged in")).to_contain_text("For members")


def test_the_cookies_of_a_site_are_taken_and_never_shown(windows: Windows, service: Service) -> None:
    page = windows.open("/rules/cookies/new")
    page.get_by_label("Cookies", exact=True).fill(_COOKIES)
    page.get_by_label("When they are used").select_option("needed")
    check_accessibility(page)
    page.get_by_role("button", name="Save").click()
    expect(record(page, "example.com")).to_contain_text(re.compile("Working.*When needed.*1 cookie"))
    assert "secret-value" not in page.content()
    (jar,) = service.api.get("/api/cookies").json()["jars"]
    assert (jar["site"], jar["use"], jar["shared"]) == ("example.com", "needed", False)
    page.get_by_role("link", name="example.com").click()
    expect(page.get_by_text("Cookies are stored and not shown.")).to_be_visible()


def test_a_test_shows_how_its_delivery_ended(windows: Windows, origin: Origin) -> None:
    windows.expected.append("/api/notifications")
    page = windows.open("/rules/notifications/new")
    page.get_by_label("Name", exact=True).fill("Home")
    page.get_by_label("Address", exact=True).fill(origin.url("status/404/hook"))
    page.get_by_label("Completed").check()
    page.get_by_role("button", name="Add a header").click()
    page.get_by_label("Name of header 1").fill("X-Place")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Value of header 1")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Value of header 1").fill("harbour")
    page.get_by_role("button", name="Save").click()
    row = record(page, "Home")
    expect(row).to_contain_text(re.compile("Completed.*Nothing was sent yet"))
    page.get_by_role("button", name="Send a test").click()
    expect(row).to_contain_text("Not delivered")
    check_accessibility(page)
