"""Journeys through the player: page/src/screens/watch."""

import json
import re
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.page.browser import PHONE, Windows, check_accessibility
from tests.e2e.service import Service
from tests.e2e.store import Store
from tests.origin.media import ffmpeg, media_folder
from tests.patience import PATIENCE_SECONDS

_FOLDER = "Harbour #1"
_FILM = "Dawn [a1B2c3D4e5F]"
_CHAPTERS = [{"start_time": 0, "title": "The night"}, {"start_time": 6, "title": "First light"}]
_SRT = "1\n00:00:00,000 --> 00:00:05,000\nThe ships wait\n\n2\n00:00:05,000 --> 00:00:09,000\n<i>They leave</i>\n"
_ASS = """[Script Info]
[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:00.00,0:00:05.00,Default,,0,0,0,,Die Schiffe warten
Dialogue: 0,0:00:05.00,0:00:09.00,Default,,0,0,0,,Sie fahren
"""


@pytest.fixture(scope="module", autouse=True)
def films(service: Service, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A folder with a film that has everything beside it, and one that no browser plays as it is."""
    store, media = Store(service), media_folder()
    store.copy(media / "clip.mp4", f"{_FOLDER}/{_FILM}.mp4")
    store.copy(_with_chapters(media / "hevc.mp4", tmp_path_factory.mktemp("films")), f"{_FOLDER}/Next.mp4")
    store.put(_FOLDER, f"{_FILM}.en.srt", text=_SRT)
    store.put(_FOLDER, f"{_FILM}.de.ass", text=_ASS)
    store.put(_FOLDER, f"{_FILM}.info.json", text=json.dumps({"chapters": _CHAPTERS}))


def _with_chapters(film: Path, folder: Path) -> Path:
    """A copy of a film of three seconds that names its two halves."""
    halves = [(0, 1500, "First half"), (1500, 3000, "Second half")]
    chapters = [f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={start}\nEND={end}\ntitle={title}" for start, end, title in halves]
    (folder / "chapters").write_text("\n".join([";FFMETADATA1", *chapters]))
    inputs = ["-i", str(film), "-f", "ffmetadata", "-i", str(folder / "chapters")]
    target = folder / film.name
    subprocess.run(
        [ffmpeg(), "-loglevel", "error", *inputs, "-map_chapters", "1", "-c", "copy", str(target)], check=True
    )
    return target


def _address(name: str) -> str:
    return f"/watch/{quote(f'{_FOLDER}/{name}')}"


def _wait(page: Page, function: str, argument: object = None) -> None:
    """Waits until a function in the page answers true. Playwright's own way is refused by the page's policy."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not page.evaluate(function, argument):
        assert time.monotonic() < end, function
        page.wait_for_timeout(50)


def _wait_until_it_plays(page: Page, seconds: float) -> None:
    _wait(page, "(seconds) => document.querySelector('video')?.currentTime > seconds", seconds)


def _wait_for_cue(page: Page, text: str) -> None:
    shown = "[...document.querySelector('video').textTracks].filter((track) => track.mode === 'showing')"
    cues = f"{shown}.flatMap((track) => [...(track.activeCues ?? [])])"
    _wait(page, f"(text) => {cues}.some((cue) => cue.getCueAsHTML().textContent === text)", text)


def test_a_film_has_subtitles_and_chapters_and_goes_on_where_it_stopped(windows: Windows) -> None:
    page = windows.open(_address(f"{_FILM}.mp4"))
    _wait_until_it_plays(page, 0.2)
    page.keyboard.press("k")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    page.get_by_role("button", name="Subtitles").click()
    page.get_by_role("menuitemradio", name="German").click()
    _wait_for_cue(page, "Die Schiffe warten")
    page.get_by_role("button", name="Playback settings").click()
    page.get_by_role("menuitemradio", name="First light").click()
    expect(page.get_by_role("slider", name="Position")).to_have_attribute("aria-valuetext", re.compile("^0:06 of 0:1"))
    _wait_for_cue(page, "Sie fahren")
    check_accessibility(page)
    page.reload()
    expect(page.get_by_text("Continued at 0:06")).to_be_visible()
    _wait_until_it_plays(page, 5.9)
    _wait_for_cue(page, "Sie fahren")  # the language is kept, too
    page.get_by_role("button", name="From the start").click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("10 seconds back, forward")


def test_what_no_browser_plays_is_converted(windows: Windows) -> None:
    page = windows.open(_address(f"{_FILM}.mp4"), size=PHONE)
    page.get_by_role("link", name="Next.mp4").tap()
    expect(page.get_by_role("heading", name="Next.mp4")).to_be_visible()
    _wait_until_it_plays(page, 0.2)
    assert page.evaluate("document.querySelector('video').currentSrc").startswith("blob:")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("video").tap(position={"x": 180, "y": 40})
    page.get_by_role("button", name="Playback settings").tap()
    page.get_by_role("menuitemradio", name="Second half").tap()


def test_a_file_that_has_gone_says_so(windows: Windows) -> None:
    windows.expected.append("status of 404")
    page = windows.open(_address("Gone.mp4"))
    expect(page.get_by_role("alert")).to_contain_text("no longer available")
