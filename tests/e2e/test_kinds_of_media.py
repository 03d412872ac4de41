"""What people paste into the add form ends as a file (docs/contract/downloads.md 5)."""

import json
import re
from pathlib import Path

import pytest

from tests.e2e.api import Api, wait_until
from tests.e2e.playback import decode
from tests.origin import Origin
from tests.origin.media import CLIP_FRAMES


def test_a_direct_mp4_comes_back_byte_for_byte(api: Api, origin: Origin) -> None:
    item = api.fetch(origin.url("kinds/clip-direct.mp4"))
    assert item["status"] == "finished", item
    assert item["filename"] == "clip-direct.mp4"
    expected = origin.media("clip.mp4").read_bytes()
    assert api.file_of(item) == expected
    assert item["file_size"] == len(expected)
    assert item["extras"]["is_video"] is True
    assert item["extras"]["duration"] == 10


@pytest.mark.parametrize(
    ("path", "frames"),
    [
        ("page.html", CLIP_FRAMES),
        ("og.html", CLIP_FRAMES),
        ("hls/high/index.m3u8", CLIP_FRAMES),
        ("hls/master.m3u8", CLIP_FRAMES),
        ("hls/aes/index.m3u8", CLIP_FRAMES),
        ("dash/manifest.mpd", CLIP_FRAMES),
        ("vp9.webm", 90),
        ("hevc.mp4", 90),
    ],
)
def test_a_source_ends_as_a_file_that_plays(api: Api, origin: Origin, path: str, frames: int) -> None:
    item = api.fetch(origin.url(path), folder=f"kinds/{path.replace('/', '-')}")
    assert item["status"] == "finished", item
    found = decode(api.file_of(item))
    assert found.video_frames == frames
    assert found.audio_seconds == pytest.approx(frames / 30, abs=0.2)


README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_first_commands_of_the_readme_lead_to_a_film(api: Api, origin: Origin) -> None:
    added = re.search(r"api/history -d '(.*?)'", README, re.DOTALL)
    assert added
    element = json.loads(added[1]) | {"url": origin.url("vp9.webm?readme")}
    assert api.fetch(element.pop("url"), **element)["status"] == "finished"
    for link in re.findall(r"http://127\.0\.0\.1:8080(/\S*Big%20Buck%20Bunny[^\s']*)", README):
        assert api.follow("GET", link).status == 200, link


def test_audio_alone_is_audio(api: Api, origin: Origin) -> None:
    item = api.fetch(origin.url("audio.m4a"))
    assert item["status"] == "finished", item
    assert (item["extras"]["is_video"], item["extras"]["is_audio"]) == (False, True)


def test_the_opengraph_title_names_the_item(api: Api, origin: Origin) -> None:
    item = api.fetch(origin.url("og.html?titled"))
    assert item["title"] == "Harbour at dawn & dusk"


def test_a_feed_of_five_becomes_five_files(api: Api, origin: Origin) -> None:
    feed = origin.url("feed/5.rss")
    assert api.add(feed).status == 200
    urls = [origin.url(f"clip-feed-5-{number}.mp4") for number in range(1, 6)]
    items = [api.wait_for(url) for url in urls]
    assert [item["status"] for item in items] == ["finished"] * 5, items
    assert len({item["filename"] for item in items}) == 5
    assert [item["extras"]["playlist_index"] for item in items] == [1, 2, 3, 4, 5]
    wait_until(lambda: api.find(feed) is None, 10, lambda: "the feed's own record is still there")


def test_a_redirected_url_is_fetched(api: Api, origin: Origin) -> None:
    assert api.add(origin.url("redirect/3/clip-redirected.mp4")).status == 200
    assert api.wait_for(origin.url("clip-redirected.mp4"))["status"] == "finished"


@pytest.mark.parametrize("name", ['it\'s "quoted".mp4', "100% #1.mp4", "🎬 clip.mp4", "ünï – çödé.mp4", "שלום.mp4"])
def test_any_name_can_be_fetched_back(api: Api, origin: Origin, name: str) -> None:
    item = api.fetch(origin.url("names/" + name.replace("?", "")))
    assert item["status"] == "finished", item
    assert api.file_of(item) == origin.media("clip.mp4").read_bytes()


def test_one_name_with_two_contents_gives_two_files(api: Api, origin: Origin) -> None:
    assert api.add(origin.url("same/a/video.mp4"), origin.url("same/b/video.mp4")).status == 200
    first, second = (api.wait_for(origin.url(f"same/{letter}/video.mp4")) for letter in "ab")
    assert [first["status"], second["status"]] == ["finished", "finished"], (first, second)
    assert first["filename"] != second["filename"]
    assert api.file_of(first) == origin.media("clip.mp4").read_bytes()
    assert api.file_of(second) == origin.media("other.mp4").read_bytes()


def test_a_second_add_of_a_finished_url_replaces_the_record(api: Api, origin: Origin) -> None:
    url = origin.url("kinds/clip-again.mp4")
    first = api.fetch(url)
    assert api.add(url).status == 200
    second = wait_until(
        lambda: next((item for item in api.everything() if item["url"] == url and item["_id"] != first["_id"]), None),
        20,
        lambda: "the URL was not added again",
    )
    assert second["_id"] != first["_id"]
    assert api.wait_for(url)["status"] == "finished"
    assert [item["_id"] for item in api.everything() if item["url"] == url] == [second["_id"]]


def test_a_source_that_changes_between_requests_is_never_mixed(api: Api, origin: Origin) -> None:
    item = api.fetch(origin.url("changing/moving.mp4"))
    if item["status"] == "finished":
        whole = [origin.media(name).read_bytes() for name in ("clip.mp4", "other.mp4")]
        assert api.file_of(item) in whole
    else:
        assert item["status"] == "error"


def test_a_dropped_connection_is_continued(api: Api, origin: Origin) -> None:
    item = api.fetch(origin.url("drop/2/clip-dropped.mp4"))
    assert item["status"] == "finished", item
    assert api.file_of(item) == origin.media("clip.mp4").read_bytes()
