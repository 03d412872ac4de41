"""NFO files: docs/contract/downloads.md 7."""

import hashlib
import xml.etree.ElementTree as ET
from datetime import date

import pytest

from dlambda.domain.files.description import plot_of
from dlambda.domain.files.nfo import computed_id, nfo_text, read_nfo_type
from dlambda.errors import Invalid

INFO = {
    "id": "a1B2c3D4e5F",
    "extractor": "example",
    "title": "Harbour <at> dawn & dusk",
    "upload_date": "20240115",
    "description": "First line.\n#tag\n00:01:23 Intro",
}


def parsed(text):
    return ET.fromstring(text.encode())


def test_an_episode_has_title_season_episode_and_day():
    root = parsed(nfo_text("tv", INFO, "x"))
    assert root.tag == "episodedetails"
    assert [root.findtext(tag) for tag in ("title", "season", "episode", "aired", "plot")] == [
        "Harbour <at> dawn & dusk", "2024", "10115", "2024-01-15", "First line.",
    ]  # fmt: skip
    assert {node.get("type"): node.text for node in root.findall("uniqueid")} == {
        "cmdb": computed_id("x", date(2024, 1, 15)),
        "example": "a1B2c3D4e5F",
    }


def test_timestamps_and_tags_stay_out_of_the_plot():
    text = nfo_text("tv", INFO, "x")
    assert "<episodedetails>" in text
    assert "Intro" not in text
    assert "#tag" not in text


def test_a_movie_has_title_and_runtime():
    info = INFO | {"title": "Test Movie", "duration": 7200, "thumbnail": 'https://x.example/t.jpg?a=1&b="2"'}
    text = nfo_text("movie", info, "x")
    assert "<movie>" in text
    assert "<title>Test Movie</title>" in text
    assert "<runtime>7200" in text
    thumb = parsed(text).find("thumb")
    assert thumb.get("aspect") == "poster"
    assert thumb.get("preview") == thumb.text == info["thumbnail"]
    assert parsed(text).findtext("premiered") == "2024-01-15"
    assert parsed(text).findtext("year") == "2024"


@pytest.mark.parametrize(
    ("extra", "season", "episode"),
    [
        ({"season_number": 3, "episode_number": 7}, "3", "7"),
        ({"season": "Spring", "episode": "Pilot"}, "2024", "10115"),
        ({"season": "3", "episode": "07"}, "3", "7"),
        ({"season_number": "2", "episode_number": " 5 "}, "2", "5"),
        ({"season_number": 0, "episode_number": 0}, "0", "0"),
        ({"season_number": 2.0, "episode_number": 5.5}, "2", "10115"),
        ({"season_number": -1, "episode_number": "5a"}, "2024", "10115"),
        ({"season_number": True, "episode_number": "NA"}, "2024", "10115"),
        ({"season_number": None, "episode_number": "1" * 40}, "2024", "10115"),
        ({"season_number": "Season 2", "season": "٣", "episode_number": "12"}, "3", "12"),
        ({"release_year": 2018}, "2018", "10115"),
        ({"year": 2019}, "2019", "10115"),
        ({"release_date": "20230704"}, "2023", "10704"),
        ({"release_date": "soon"}, "2024", "10115"),
        ({"upload_date": None, "timestamp": 1704067200}, "2024", "10101"),
        ({"release_timestamp": 1704067200.0, "upload_date": "20250505"}, "2024", "10101"),
        ({"timestamp": 10**30, "release_timestamp": float("nan")}, "2024", "10115"),
    ],
)
def test_season_and_episode_are_numbers(extra, season, episode):
    root = parsed(nfo_text("tv", INFO | extra, "x"))
    assert (root.findtext("season"), root.findtext("episode")) == (season, episode)


def test_the_prefix_can_be_left_out():
    assert parsed(nfo_text("tv", INFO, "x", prefix=False)).findtext("episode") == "0115"


def test_lines_without_a_value_are_left_out():
    root = parsed(nfo_text("movie", {"upload_date": "20240115"}, "x"))
    assert [node.tag for node in root] == ["uniqueid", "premiered", "year"]


def test_the_computed_id_is_stable_and_ignores_case():
    digits = "".join(str(ord(letter)) for letter in hashlib.sha256(b"my show").hexdigest())
    assert (
        computed_id("My Show", date(2024, 12, 3)) == f"11203{digits[:4]}" == computed_id("my show", date(1999, 12, 3))
    )


@pytest.mark.parametrize("day", [{}, {"upload_date": "NA"}, {"upload_date": "20241301"}])
def test_what_has_no_date_leaves_out_what_follows_from_it(day):
    info = {"title": "x", "id": "1", "extractor": "e", "description": "About it.", **day}
    episode = parsed(nfo_text("tv", info | {"season_number": 2, "episode_number": 5}, "x"))
    assert [node.tag for node in episode] == ["title", "season", "episode", "uniqueid", "uniqueid", "plot"]
    assert [episode.findtext("season"), episode.findtext("episode")] == ["2", "5"]
    tags = [node.tag for node in parsed(nfo_text("tv", info, "x"))]
    assert tags == ["title", "episode", "uniqueid", "uniqueid", "plot"]
    movie = parsed(nfo_text("movie", info | {"release_year": "2019"}, "x"))
    assert [node.tag for node in movie] == ["title", "plot", "id", "uniqueid", "uniqueid", "year"]
    assert movie.findtext("uniqueid[@type='cmdb']") == computed_id("x", None) == "10000" + computed_id("x", None)[5:]


@pytest.mark.parametrize(
    ("duration", "runtime"), [(7200, "7200"), (61.9, "61"), ("61.9", "61"), (float("nan"), None), ("1:00", None), (None, None)]
)  # fmt: skip
def test_a_runtime_is_a_number(duration, runtime):
    assert parsed(nfo_text("movie", INFO | {"duration": duration}, "x")).findtext("runtime") == runtime


def test_no_metadata_no_file():
    with pytest.raises(Invalid, match="no metadata found to write to NFO file"):
        nfo_text("tv", {}, "x")


def test_control_characters_cannot_break_the_xml():
    root = parsed(nfo_text("tv", INFO | {"title": "a\x00b\x1b\ud800]]>\u202e🎬"}, "x"))
    assert root.findtext("title") == "ab]]>\u202e🎬"


@pytest.mark.parametrize(
    ("value", "kind"), [("tv", "tv"), (" TV ", "tv"), ("Movie", "movie"), (None, "tv"), ("", "tv")]
)
def test_type_in_any_case(value, kind):
    assert read_nfo_type(value) == kind


def test_other_types_are_refused():
    with pytest.raises(Invalid, match="type must be 'tv' or 'movie'"):
        read_nfo_type("song")


LONG = "A long walk along the harbour while the first boats return with their catch."


@pytest.mark.parametrize(
    "line",
    [
        "00:01:23 Intro",
        "12:30 - The middle",
        "#sea #harbour, #boats",
        "Camera: @somebody",
        "Please SUBSCRIBE for more!",
        "Follow me on Instagram",
        "Support: https://patreon.com/x",
        "Music: bit.ly/abc",
        "https://only-a-link.example/x",
        "Discord | https://x.example",
    ],
)
def test_noise_lines_go(line):
    assert plot_of(f"{LONG}\n{line}\n") == LONG


def test_markdown_links_keep_their_label():
    assert plot_of(f"{LONG} See [the map](https://maps.example/x).") == f"{LONG} See the map."


def test_links_inside_a_sentence_go():
    assert plot_of(f"{LONG}\nMore at https://x.example/y?z and www.site.example or site.com/abc today.") == (
        f"{LONG} More at and or today."
    )


def test_too_short_a_rest_falls_back_to_the_whole():
    text = "Subscribe to see the harbour at dawn with every single boat https://x.example"
    assert plot_of(text) == "Subscribe to see the harbour at dawn with every single boat"


def test_nothing_of_use():
    assert plot_of("") == ""
    assert plot_of("#a #b") == ""


def test_the_end_is_a_sentences_end():
    plot = plot_of("This is one of many sentences in it. " * 60)
    assert len(plot) <= 1200
    assert plot.endswith("in it.")
    assert len(plot_of("word " * 600)) <= 1200


@pytest.mark.parametrize(
    ("dates", "aired"),
    [
        ({"aired": "20240203"}, "2024-02-03"),
        ({"premiered": "2024-02-04"}, "2024-02-04"),
        ({"aired": "soon", "premiered": "20240205"}, "2024-02-05"),
        ({"aired": "20240203", "upload_date": "20240101"}, "2024-01-01"),
    ],
)
def test_the_date_may_be_called_otherwise(dates, aired):
    info = {name: value for name, value in INFO.items() if name != "upload_date"} | dates
    assert parsed(nfo_text("tv", info, "x")).findtext("aired") == aired
    assert parsed(nfo_text("movie", info, "x")).findtext("premiered") == aired


def test_without_a_date_the_episode_is_the_computed_id():
    info = {name: value for name, value in INFO.items() if name != "upload_date"}
    root = parsed(nfo_text("tv", info, "x"))
    assert root.findtext("episode") == computed_id("x", None)
    assert (root.find("season"), root.find("aired")) == (None, None)


def test_the_declaration_may_be_left_out():
    assert nfo_text("tv", INFO, "x").startswith('<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<episode')
    assert nfo_text("movie", INFO, "x", declaration=False).startswith("<movie>\n")
