"""Journeys through the screens that add and show downloads: page/src/screens/new, page/src/screens/downloads."""

import re

from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from tests.e2e.page.browser import PHONE, Windows, check_accessibility
from tests.e2e.service import Service
from tests.origin import Origin

_PASTE = """(text) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


def row(page: Page, title: str) -> Locator:
    """The row of the list whose item has this title."""
    name = page.locator(".row-title", has_text=re.compile(f"^{re.escape(title)}$"))
    return page.locator(".row", has=name)


def wait_for_state(page: Page, title: str, state: str) -> None:
    expect(row(page, title)).to_have_attribute("data-state", state)


def test_pasted_addresses_are_added_watched_and_tried_again(windows: Windows, origin: Origin) -> None:
    page = windows.open("/")
    addresses = [
        origin.url("paste/clip-p1.mp4"),
        origin.url("slow/400000/clip-p2.mp4"),
        origin.url("status/403/clip-p3.mp4"),
    ]
    page.evaluate(_PASTE, f"Look at these:\n{addresses[0]} and {addresses[1]}\n{addresses[2]}")
    expect(page.get_by_label("Addresses")).to_have_value("\n".join(addresses))
    page.get_by_role("button", name="Add 3").click()
    bar = row(page, "clip-p2").get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuenow", re.compile(r"^[1-9]\d?$"))
    expect(row(page, "clip-p2")).to_contain_text(re.compile(r"kB/s.*left"))
    wait_for_state(page, "clip-p1", "finished")
    wait_for_state(page, "clip-p2", "finished")
    failed = page.locator(".row[data-state=failed]").first
    expect(failed).to_contain_text("The site")
    check_accessibility(page)
    failed.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("status").get_by_text("It is tried again.")).to_be_visible()
    expect(page.locator(".row[data-state=failed]")).to_have_count(1)


def test_a_line_that_is_no_address_is_named_before_anything_is_sent(windows: Windows, origin: Origin) -> None:
    page = windows.open("/new")
    page.get_by_label("Addresses").fill(f"{origin.url('x/clip-x.mp4')}\nnothing of the kind")
    expect(page.get_by_text("Line 2 is no address")).to_be_visible()
    expect(page.get_by_role("button", name="Add 2")).to_be_disabled()
    page.get_by_role("navigation").get_by_role("link", name="Downloads").last.click()
    page.get_by_role("dialog").get_by_role("button", name="Stay").click()
    expect(page.get_by_label("Addresses")).to_have_value(re.compile("nothing of the kind"))


def test_refused_options_are_named_while_they_are_typed(windows: Windows) -> None:
    page = windows.open("/new")
    page.get_by_text("Name, cookies and options").click()
    options = page.get_by_label("yt-dlp options")
    options.fill("--exec 'rm -r /' --write-subs")
    expect(page.get_by_text(re.compile("Not allowed: .*--exec"))).to_be_visible()
    options.fill("--no-such-option")
    windows.expected.append("/api/yt-dlp/convert")
    expect(page.get_by_role("alert")).to_contain_text("no such option", ignore_case=True)
    page.get_by_label("Cookies", exact=True).fill('[{"name": "a"}]')
    expect(page.get_by_text("This is JSON.")).to_be_visible()
    page.get_by_label("Name template").fill("%(upload_date>%Y)s/%(title)s [%(id)s].%(ext)s")
    expect(page.locator("code")).to_have_text("2026/Harbour at dawn [a1B2c3D4e5F].mp4")


def test_entries_of_a_list_are_picked(windows: Windows, origin: Origin) -> None:
    page = windows.open("/new")
    page.get_by_label("Addresses").fill(origin.url("feed/5.rss"))
    page.get_by_role("button", name="Look first").click()
    entries = page.get_by_role("list", name="Entries").get_by_role("checkbox")
    expect(entries).to_have_count(5)
    expect(entries.first).to_be_checked()
    check_accessibility(page)
    page.get_by_role("button", name="None", exact=True).click()
    entries.nth(1).click()
    entries.nth(2).click(modifiers=["Shift"])
    page.get_by_role("button", name="Add 2").click()
    expect(page.get_by_role("heading", name="Downloads", level=1)).to_be_visible()
    expect(page.get_by_role("status").get_by_text("2 added.")).to_be_visible()


def test_what_happens_while_the_connection_is_lost_is_not_missed(windows: Windows, origin: Origin) -> None:
    page = windows.open("/new")
    is_cut = [False]
    routes: list[WebSocketRoute] = []

    def handle(route: WebSocketRoute) -> None:
        if is_cut[0]:
            route.close()
            return
        route.connect_to_server()
        routes.append(route)

    page.route_web_socket(re.compile(r"/ws\?"), handle)
    page.goto(f"{windows.base}/")
    page.request.post(f"{windows.base}/api/history", data={"url": origin.url("slow/300000/clip-lost.mp4")})
    wait_for_state(page, "clip-lost", "downloading")
    is_cut[0] = True
    routes[-1].close()
    expect(page.get_by_text("No connection to the service")).to_be_visible()
    page.request.post(f"{windows.base}/api/history", data={"url": origin.url("lost/clip-meanwhile.mp4")})
    is_cut[0] = False
    page.get_by_role("button", name="Connect now").click()
    expect(page.get_by_text("No connection to the service")).to_be_hidden()
    wait_for_state(page, "clip-lost", "finished")
    wait_for_state(page, "clip-meanwhile", "finished")


def test_several_are_cleared_together_and_taken_back(windows: Windows, service: Service, origin: Origin) -> None:
    for number in range(3):
        service.api.fetch(origin.url(f"many/clip-m{number}.mp4"))
    page = windows.open("/?show=finished")
    names = [f"Select clip-m{number}" for number in (2, 1, 0)]
    page.get_by_role("checkbox", name=names[0]).check()
    page.get_by_role("checkbox", name=names[2]).click(modifiers=["Shift"])
    bar = page.get_by_role("region", name="3 selected")
    bar.get_by_role("button", name="Clear from the list").click()
    expect(row(page, "clip-m1")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(row(page, "clip-m1")).to_have_count(1)


def test_a_file_gets_another_name(windows: Windows, service: Service, origin: Origin) -> None:
    for number in (1, 2):
        service.api.fetch(origin.url(f"names/clip-rn{number}.mp4"))
    page = windows.open("/?show=finished")
    row(page, "clip-rn1").get_by_role("button", name="Actions for clip-rn1").click()
    page.get_by_role("menuitem", name="Rename the file").click()
    dialog = page.get_by_role("dialog", name="Rename the file")
    field = dialog.get_by_label("New name")
    taken = field.input_value().replace("rn1", "rn2")
    windows.expected.append("status of 409")
    field.fill(taken)
    check_accessibility(page)
    dialog.get_by_role("button", name="Rename", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("already exists")
    field.fill("harbour.mp4")
    field.press("Enter")
    expect(page.get_by_role("status").get_by_text("Renamed.")).to_be_visible()
    row(page, "clip-rn1").get_by_role("button", name="clip-rn1", exact=True).click()
    page.get_by_role("tab", name="Files").click()
    expect(page.get_by_text("harbour.mp4", exact=True)).to_be_visible()


def test_waiting_items_change_places(windows: Windows, service: Service, origin: Origin) -> None:
    names = [f"clip-pl{number}" for number in range(3)]
    for name in names:
        service.api.add(origin.url(f"places/{name}.mp4"), auto_start=False)
    page = windows.open("/?show=waiting")
    expect(page.locator(".row-title")).to_have_text(names)
    page.get_by_role("button", name="Actions for clip-pl0").click()
    page.get_by_role("menuitem", name="Move to the back").click()
    expect(page.locator(".row-title")).to_have_text(["clip-pl1", "clip-pl2", "clip-pl0"])
    page.get_by_role("checkbox", name="Select clip-pl2").check()
    page.get_by_role("checkbox", name="Select clip-pl0").check()
    page.get_by_role("region", name="2 selected").get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Move to the front").click()
    expect(page.locator(".row-title")).to_have_text(["clip-pl2", "clip-pl0", "clip-pl1"])
    page.get_by_role("button", name="Actions for clip-pl1").click()
    page.get_by_role("menuitem", name="Start now, past the limits").click()
    service.api.wait_for(origin.url("places/clip-pl1.mp4"), "finished")


def test_on_a_phone_everything_is_reached_by_touch(windows: Windows, origin: Origin) -> None:
    page = windows.open("/", size=PHONE)
    page.get_by_role("navigation").get_by_role("link", name="Add").tap()
    page.get_by_label("Addresses").fill(origin.url("phone/clip-ph.mp4"))
    page.get_by_role("button", name="Add", exact=True).tap()
    wait_for_state(page, "clip-ph", "finished")
    row(page, "clip-ph").get_by_role("button", name="Actions for clip-ph").tap()
    page.get_by_role("menuitem", name="Details").tap()
    panel = page.get_by_role("dialog", name="clip-ph")
    expect(panel.get_by_text("generic clip-ph")).to_be_visible()
    check_accessibility(page)
    panel.get_by_role("tab", name="Record").tap()
    expect(panel.locator("pre")).to_contain_text('"title": "clip-ph"')
    page.go_back()
    expect(panel).to_be_hidden()
    small = page.evaluate(
        "[...document.querySelectorAll('button, a, input')].filter((one) => one.checkVisibility() && one.offsetWidth > 2)"
        ".map((one) => one.closest('label') ?? one).filter((one) => one.getBoundingClientRect().height < 24)"
        ".map((one) => one.outerHTML.slice(0, 120))"
    )
    assert small == []
