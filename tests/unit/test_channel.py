"""Files of a channel for media centres: docs/contract/tasks.md 2, metadata."""

from typing import Any

import pytest

from dlambda.domain.files.nfo import show_nfo_text
from dlambda.domain.tasks.channel import describe, file_name, find_images


def image(width: int | None, height: int | None, name: str = "", url: str = "u") -> dict[str, Any]:
    return {"width": width, "height": height, "id": name, "url": url}


@pytest.mark.parametrize(
    ("thumbnails", "kinds"),
    [
        ([image(200, 300)], {"poster"}),
        ([image(300, 300)], {"thumb", "poster"}),
        ([image(1920, 200)], {"fanart", "banner"}),
        ([image(1060, 175)], {"banner", "fanart"}),
        ([image(1280, 720)], {"landscape"}),
        ([image(None, None, "avatar_uncropped")], {"icon"}),
        ([image(None, None, "banner_uncropped")], {"landscape"}),
        ([image(None, None, "other")], set()),
        ([image(300, 200)], set()),
        ([{"width": 300, "height": 300}], set()),
        ([], {}),
        (None, {}),
    ],
)
def test_shapes_of_thumbnails_have_kinds(thumbnails: Any, kinds: set[str]) -> None:
    assert set(find_images(thumbnails)) == set(kinds)


def test_later_images_win_but_the_first_thumb_stays() -> None:
    images = [image(300, 300, url="a"), image(600, 600, url="b"), image(200, 300, url="c"), image(400, 600, url="d")]
    assert find_images(images) == {"thumb": "a", "poster": "d"}


INFO = {
    "id": "UC1",
    "extractor": "youtube:tab",
    "title": "Tides & Co",
    "description": "About <tides>",
    "uploader": "",
    "tags": ["sea", "moon"],
}


def test_the_facts_of_a_channel() -> None:
    assert describe(INFO) == {
        "id": "UC1",
        "id_type": "youtube",
        "title": "Tides & Co",
        "description": "About <tides>",
        "uploader": "",
        "tags": ["sea", "moon"],
        "year": None,
    }
    assert describe({"channel_id": "UC2", "release_year": 2020})["id"] == "UC2"
    assert describe({"release_year": 2020})["year"] == 2020


def test_the_nfo_leaves_out_what_is_empty_and_escapes_the_rest() -> None:
    assert show_nfo_text(describe(INFO)).splitlines() == [
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>',
        "<tvshow>",
        "  <title>Tides &amp; Co</title>",
        "  <plot>About &lt;tides&gt;</plot>",
        "  <id>UC1</id>",
        '  <uniqueid type="youtube" default="true">UC1</uniqueid>',
        "  <tag>sea</tag>",
        "  <tag>moon</tag>",
        "  <status>Continuing</status>",
        "</tvshow>",
    ]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Tides", "Tides"),
        ("a/b\\c: d?", "a_b_c_ d_"),
        ("../..", "_"),
        (" two\n lines ", "two_ lines"),
        ("...", "_"),
        ("é" * 200, "é" * 90),
    ],
)
def test_a_title_becomes_a_file_name(title: str, name: str) -> None:
    assert file_name(title) == name
