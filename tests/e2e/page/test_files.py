"""Journeys through the files: page/src/screens/files."""

import io
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.page.browser import PHONE, Windows, check_accessibility
from tests.e2e.page.conftest import SETTINGS
from tests.e2e.service import Service
from tests.e2e.store import Store
from tests.origin.media import media_folder

_NFO = "<episodedetails><title>Dawn</title><plot>Ships leave.</plot></episodedetails>"
_MANY = 450


@pytest.fixture(scope="module")
def store(service: Service) -> Store:
    """A folder with films, what lies beside one, and folders to move them to; one with many files."""
    store, media = Store(service), media_folder()
    # By the service: a root that was looked at a moment ago is shown as it was then.
    new_folders = [{"action": "directory", "path": "/", "new_dir": name} for name in ("Films", "Shown", "Many")]
    assert all(result["ok"] for result in service.api.post("/api/file/actions", new_folders).json())
    store.copy(media / "short.mp4", "Films/Dawn #1.mp4")
    store.copy(media / "thumbnail.jpg", "Films/Dawn #1.jpg")
    store.copy(media / "short.mp4", "Shown/Dusk.mp4")
    for path in ("Films", "Shown"):
        store.put(path, "Dawn #1.nfo", "Dusk.nfo", text=_NFO)
    store.put("Films", "100%25 real.txt", "note.txt", "other.txt", text="text")
    store.put("Films/Shelf", "old.txt")
    store.put("Many", *(f"{number:04}.txt" for number in range(_MANY)))
    return store


def row(page: Page, name: str) -> Locator:
    return page.locator(".files-row", has=page.locator(".files-name").get_by_text(name, exact=True))


def _choose(page: Page, name: str, item: str) -> None:
    row(page, name).get_by_role("button", name=f"Actions for {name}").click()
    page.get_by_role("menuitem", name=item, exact=True).click()


def test_a_file_is_renamed_in_place_and_gets_its_name_back(windows: Windows, store: Store) -> None:
    page = windows.open("/browser")
    page.get_by_role("link", name="Films", exact=True).click()
    expect(page.get_by_role("heading", name="Films", level=1)).to_be_visible()
    picture = row(page, "Dawn #1.mp4").locator("img")
    expect(picture).to_have_attribute("src", "/api/download/Films/Dawn%20%231.jpg")
    _choose(page, "100%25 real.txt", "Rename")
    field = page.get_by_label("New name of 100%25 real.txt")
    field.fill("note.txt")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("already exists")
    field.fill("100% real.txt")
    field.press("Enter")
    expect(row(page, "100% real.txt")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(row(page, "100%25 real.txt")).to_be_visible()
    assert "100%25 real.txt" in store.names("Films")


def test_files_are_moved_by_dragging_and_by_a_dialog(windows: Windows, store: Store) -> None:
    page = windows.open("/browser/Films")
    row(page, "note.txt").drag_to(row(page, "Shelf"))
    expect(row(page, "note.txt")).to_have_count(0)
    _choose(page, "Dawn #1.mp4", "Move")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Shelf").click()
    check_accessibility(page)
    dialog.get_by_role("button", name="New folder").click()
    dialog.get_by_label("Name of the new folder").fill("Dawns")
    dialog.get_by_label("Name of the new folder").press("Enter")
    expect(dialog.get_by_text("Films/Shelf/Dawns")).to_be_visible()
    dialog.get_by_role("button", name="Move here").click()
    expect(row(page, "Dawn #1.mp4")).to_have_count(0)
    assert {"note.txt", "Dawns/Dawn #1.mp4", "Dawns/Dawn #1.nfo"} < set(store.names("Films/Shelf"))
    page.get_by_role("button", name="Undo").last.click()
    expect(row(page, "Dawn #1.mp4")).to_be_visible()
    expect(row(page, "Dawn #1.nfo")).to_be_visible()


def test_a_selection_is_saved_as_a_zip_and_deleted(windows: Windows, store: Store) -> None:
    store.put("Films/Zip", "a.txt", "b.txt", "c.txt", text="text")
    page = windows.open("/browser/Films/Zip")
    page.get_by_role("checkbox", name="Select a.txt").check()
    page.get_by_role("checkbox", name="Select b.txt").click(modifiers=["Shift"])
    bar = page.get_by_role("region", name="2 selected")
    with page.expect_download() as download:
        bar.get_by_role("button", name="Save as ZIP").click()
    content = io.BytesIO(Path(download.value.path()).read_bytes())
    assert sorted(zipfile.ZipFile(content).namelist()) == ["Films/Zip/a.txt", "Films/Zip/b.txt"]
    page.get_by_role("checkbox", name="Select c.txt").check()
    page.keyboard.press("Delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(row(page, "c.txt")).to_have_count(0)
    assert store.names("Films/Zip") == ["a.txt", "b.txt"]


def test_details_say_what_is_in_a_film_and_beside_it(windows: Windows, store: Store) -> None:
    page = windows.open("/browser/Shown", size=PHONE)
    row(page, "Dusk.mp4").get_by_role("button", name="Actions for Dusk.mp4").tap()
    page.get_by_role("menuitem", name="Details").tap()
    panel = page.get_by_role("dialog", name="Dusk.mp4")
    expect(panel.get_by_text("30 frames per second")).to_be_visible()
    check_accessibility(page)
    panel.get_by_role("tab", name="NFO").tap()
    expect(panel.get_by_text("Ships leave.")).to_be_visible()
    page.go_back()
    expect(panel).to_be_hidden()


@pytest.mark.usefixtures("store")
def test_a_long_folder_is_loaded_where_it_is_looked_at(windows: Windows) -> None:
    page = windows.open("/browser/Many?order=desc")
    expect(page.get_by_text(f"{_MANY} entries")).to_be_visible()
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    expect(row(page, "0000.txt")).to_be_visible()
    assert page.locator(".files-row").count() < 60
    page.get_by_label("Search in this folder").fill("033")
    expect(page.get_by_text("11 entries")).to_be_visible()
    expect(row(page, "0339.txt")).to_be_visible()


def test_what_is_switched_off_names_its_setting(browser: Browser, tmp_path: Path) -> None:
    settings = SETTINGS | {"YTP_BROWSER_CONTROL_ENABLED": "false"}
    with Service(tmp_path / "data", settings) as service:
        Store(service).put("Films", "note.txt")
        windows = Windows(browser, service.base)
        page = windows.open("/browser/Films")
        row(page, "note.txt").get_by_role("button", name="Actions for note.txt").click()
        expect(page.get_by_role("menuitem", name="Rename")).to_be_disabled()
        expect(page.get_by_role("menu")).to_contain_text("YTP_BROWSER_CONTROL_ENABLED")
        check_accessibility(page)
        windows.close()
