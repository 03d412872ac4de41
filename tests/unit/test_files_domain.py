"""Values of the file endpoints: entries, probes, actions (docs/contract/files.md 3)."""

from typing import Any

import pytest

from dlambda.domain.files.file_action import FileAction, Refused, checked_name, read_actions, target_of
from dlambda.domain.files.listing import Entry, arranged, visible
from dlambda.domain.files.probe import framerate, published
from dlambda.errors import Invalid

ENTRIES = [
    Entry("b.mp4", 3, 30.0), Entry("A.txt", 1, 10.0), Entry("sub", 0, 20.0, is_folder=True), Entry("c.part", 2, 40.0),
]  # fmt: skip


@pytest.mark.parametrize(
    ("sort_by", "order", "expected"),
    [
        ("name", "asc", ["A.txt", "b.mp4", "c.part", "sub"]),
        ("name", "desc", ["sub", "c.part", "b.mp4", "A.txt"]),
        ("size", "asc", ["sub", "A.txt", "c.part", "b.mp4"]),
        ("date", "desc", ["c.part", "b.mp4", "sub", "A.txt"]),
        ("type", "asc", ["sub", "c.part", "A.txt", "b.mp4"]),
        ("wonder", "sideways", ["A.txt", "b.mp4", "c.part", "sub"]),
    ],
)
def test_sorting(sort_by: str, order: str, expected: list[str]) -> None:
    assert [entry.name for entry in arranged(ENTRIES, sort_by, order)] == expected


def test_hidden_names_and_search() -> None:
    entries = [Entry(name, 1, 0.0) for name in (".a", "_a", "Alpha", "beta", "gam_ma")]
    assert [entry.name for entry in visible(entries)] == ["Alpha", "beta", "gam_ma"]
    assert [entry.name for entry in visible(entries, "A")] == ["Alpha", "beta", "gam_ma"]
    assert [entry.name for entry in visible(entries, "ALPH")] == ["Alpha"]


@pytest.mark.parametrize(
    ("name", "is_folder", "kind"),
    [("a.mp4", False, "video"), ("a.part", False, "download"), ("a", True, "dir"), ("a.vtt", False, "subtitle")],
)
def test_content_types_of_the_browser(name: str, is_folder: bool, kind: str) -> None:
    assert Entry(name, 0, 0.0, is_folder).view("")["content_type"] == kind


@pytest.mark.parametrize(
    ("rate", "expected"),
    [("25/1", 25), ("30000/1001", 30), ("0/0", 0), ("x", None), (None, None), ("24", 24), ("1e999/1", None)],
)
def test_framerate(rate: str | None, expected: int | None) -> None:
    assert framerate({"avg_frame_rate": rate} if rate else {}) == expected


def test_a_cover_is_no_video() -> None:
    streams = [
        {"codec_type": "audio", "codec_name": "mp3"},
        {"codec_type": "video", "codec_name": "mjpeg"},
        {"codec_type": "subtitle", "codec_name": "ass"},
        {"codec_type": "attachment", "codec_name": "ttf"},
    ]
    found = published({"format": {"filename": "http://signed", "duration": "1.0"}, "streams": streams}, "a/b.mp3")
    assert (found["is_video"], found["is_audio"]) == (False, True)
    assert [len(found[kind]) for kind in ("streams", "video", "audio", "subtitle", "attachment")] == [4, 0, 1, 1, 1]
    assert found["metadata"] == found["format"] == {"filename": "a/b.mp3", "duration": "1.0"}


@pytest.mark.parametrize(
    ("path", "resolved"),
    [("a.mp4", "a.mp4"), ("/a/b", "a/b"), ("a%20b", "a b"), ("a/../b", "b"), ("100%.mp4", "100%.mp4"), ("a//b", "a/b")],
)
def test_what_an_action_means(path: str, resolved: str) -> None:
    assert target_of(FileAction("delete", path)) == resolved


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (None, "Path is required."), ("", "Path is required."), ("/", "Cannot operate on root directory."),
        (".", "Cannot operate on root directory."), ("../x", "Path outside download root."),
        ("%2e%2e/x", "Path outside download root."), ("a%00b", "Invalid path."),
    ],
)  # fmt: skip
def test_what_no_action_may_touch(path: str | None, text: str) -> None:
    with pytest.raises(Refused, match=text):
        target_of(FileAction("delete", path))


def test_the_root_may_get_folders() -> None:
    assert target_of(FileAction("directory", "")) == ""
    assert FileAction("directory", "").shown_path == "/"


@pytest.mark.parametrize("name", ["../x", "a/b", "/a", "a/", "a\0b", ".", "..", " ", "x" * 256, "é" * 128, "\ud800"])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(Refused):
        checked_name(name)


@pytest.mark.parametrize("body", [None, {}, [], "x", [1], [[]]])
def test_bodies_that_are_no_actions(body: Any) -> None:
    with pytest.raises(Invalid, match="expecting list of dicts"):
        read_actions(body)


def test_all_actions_are_checked_before_the_first() -> None:
    with pytest.raises(Invalid, match="New name is required"):
        read_actions([{"action": "delete", "path": "a"}, {"action": "rename", "path": "b"}])
