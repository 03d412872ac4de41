"""A film that the service downloaded plays in a real browser, from a page of another origin (docs/contract/files.md 4)."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.e2e.api import Api, Record
from tests.e2e.browser.chromium import Chromium
from tests.e2e.browser.film import RATE, make_film, make_subtitles
from tests.e2e.browser.player import Player
from tests.origin import Origin

COPIED_SECONDS = 60
CONVERTED_SECONDS = 14
CUE_SECONDS = 5
# What hls.js may say: that it gives up what it was loading when the place changes, and that a piece came late, which
# happens on a busy machine. A hole, a gap, a piece that cannot be read is none of these.
HARMLESS = ("aborted:", "bufferStalledError:", "bufferNudgeOnStall:")


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    """An origin with a film to be copied on a page that has subtitles, and one to be converted."""
    folder = tmp_path_factory.mktemp("films")
    make_film(folder / "clip.mp4", COPIED_SECONDS)
    make_subtitles(folder / "clip.en.vtt", COPIED_SECONDS, CUE_SECONDS)
    make_film(folder / "vp9.mkv", CONVERTED_SECONDS)
    with Origin(folder=folder) as running:
        yield running


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    with Chromium(tmp_path_factory.mktemp("browser")) as running:
        yield running


@pytest.fixture
def player(page: str, browser: Chromium) -> Player:
    """The browser at a fresh page."""
    browser.open(page, "window.player !== undefined")
    return Player(browser)


def playlist_of(api: Api, item: Record) -> str:
    """The address of the master playlist of what was downloaded."""
    assert item["status"] == "finished", item
    return f"{api.base}{api.download_path(item).replace('/download/', '/player/playlist/', 1)}.m3u8"


def assert_shown_in_order(shown: list[tuple[float, int]], end: float) -> None:
    """From the film's first second to `end`, at the time that each frame belongs to."""
    frames = [frame for _, frame in shown]
    assert frames[0] < RATE
    assert frames[-1] >= (end - 0.5) * RATE
    assert all(earlier <= later for earlier, later in pairwise(frames)), frames
    # A busy page draws a frame later than it was told of it.
    assert [frame / RATE for frame in frames] == pytest.approx([time for time, _ in shown], abs=0.5)


def assert_played_well(player: Player) -> None:
    """With sound, from the very beginning, and without a complaint."""
    state = player.state()
    assert state["soundBytes"] > 0
    assert state["buffered"][0][0] == pytest.approx(0, abs=0.001)
    assert [text for text in player.problems() if not text.startswith(HARMLESS)] == []


def test_a_film_plays_with_its_subtitles(api: Api, films: Origin, player: Player, tmp_path: Path) -> None:
    item = api.fetch(films.url("film.html"), folder="browser/copied", cli="--write-subs --convert-subs srt")
    assert player.load(playlist_of(api, item)) == pytest.approx(COPIED_SECONDS, abs=0.1)
    assert_shown_in_order(player.play_to(6), 6)  # past the end of the first piece
    assert player.show_subtitles() == ["SRT (0) - en"]
    for place in (47.3, 20.0, 33.7):
        player.seek(place)
        start = int(place) // CUE_SECONDS * CUE_SECONDS
        player.wait_for_cue(start, f"From {start} s")
    player.browser.screenshot(tmp_path / "copied.png")
    assert_played_well(player)


def test_a_film_that_browsers_cannot_play_is_converted(api: Api, films: Origin, player: Player, tmp_path: Path) -> None:
    item = api.fetch(films.url("vp9.mkv"), folder="browser/converted")
    assert player.load(playlist_of(api, item)) == pytest.approx(CONVERTED_SECONDS, abs=0.1)
    assert_shown_in_order(player.play_to(2), 2)
    for place in (13.0, 6.0, 8.5):
        player.seek(place)
    player.browser.screenshot(tmp_path / "converted.png")
    assert_played_well(player)
