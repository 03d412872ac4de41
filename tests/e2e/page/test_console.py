"""A journey through the console: page/src/screens/console."""

from playwright.sync_api import expect

from dlambda.usecases.operations.check_updates import installed_ytdlp
from tests.e2e.page.browser import Windows, check_accessibility


def test_a_command_goes_on_while_the_page_is_loaded_again(windows: Windows) -> None:
    page = windows.open("/console")
    page.get_by_label("yt-dlp command").fill("--version")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    page.reload()
    output = page.get_by_role("log", name="Output")
    expect(output).to_contain_text(installed_ytdlp())
    expect(page.get_by_text("Ended", exact=True)).to_be_visible()
    check_accessibility(page)
    page.get_by_label("yt-dlp command").fill("--exec true http://a.example/")
    windows.expected.append("/api/system/terminal")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("alert")).to_contain_text("--exec")
