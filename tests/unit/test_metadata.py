"""What metadata means for an item: docs/contract/downloads.md 2.3, 5.4, 5.6, 9."""

from typing import Any

import pytest

from dlambda.domain.items import metadata

INFO = {"id": "1", "extractor_key": "Site", "title": "T", "webpage_url": "https://site.example/1"}


@pytest.mark.parametrize(
    ("thumbnails", "best"),
    [
        (None, None), ([], None), ("text", None), ({}, None), ([{}], None), ([{"url": ""}], None), ([5, None], None),
        ([{"url": "a"}, {"url": "b"}], "b"),
        ([{"url": "b", "preference": -1}, {"url": "a", "preference": 1}], "a"),
        ([{"url": "a", "width": 10}, {"url": "b"}], "a"),
        ([{"url": "a", "width": 10, "height": 5}, {"url": "b", "width": 10, "height": 6}], "b"),
        ([{"url": "a", "id": "2"}, {"url": "b", "id": "1"}], "a"),
        ([{"url": "a", "width": "x"}, {"url": "b", "width": 1}], "b"),
        ([{"url": "a", "preference": None}, {"url": "b", "preference": -2}], "a"),
    ],
)  # fmt: skip
def test_the_best_thumbnail(thumbnails: Any, best: str | None) -> None:
    assert metadata.best_thumbnail(thumbnails) == best


class TestExtras:
    @pytest.mark.parametrize("info", [None, [], "x", 5, {}])
    def test_of_nothing(self, info: Any) -> None:
        assert metadata.extras_of(info) == {}

    def test_texts_and_duration(self) -> None:
        extras = metadata.extras_of(INFO | {"uploader": "U", "channel": "C", "duration": 61, "thumbnail": "t.jpg"})
        assert extras == {"uploader": "U", "channel": "C", "duration": 61, "thumbnail": "t.jpg", "is_premiere": False}

    def test_an_unknown_duration_is_null(self) -> None:
        assert metadata.extras_of(INFO | {"duration": None})["duration"] is None
        assert "duration" not in metadata.extras_of(INFO)

    def test_a_release(self) -> None:
        extras = metadata.extras_of(INFO | {"release_timestamp": 1234567890})
        assert extras["release_in"] == "Fri, 13 Feb 2009 23:31:30 GMT"
        assert not extras.keys() & {"live_in", "is_live"}

    def test_an_upcoming_release(self) -> None:
        extras = metadata.extras_of(INFO | {"release_timestamp": 1234567890, "live_status": "is_upcoming"})
        assert (extras["is_live"], extras["live_in"]) == (1234567890, extras["release_in"])

    def test_a_playlist_key_with_a_value(self) -> None:
        extras = metadata.extras_of(
            INFO | {"playlist_id": "p", "playlist_title": "", "playlist_index": 0, "playlistic": 1}
        )
        assert (extras["playlist_id"], extras["playlistic"]) == ("p", 1)
        assert not extras.keys() & {"playlist_title", "playlist_index"}

    @pytest.mark.parametrize("key", ["Youtube", "YoutubeTab"])
    def test_youtube_without_thumbnail(self, key: str) -> None:
        extras = metadata.extras_of({"id": "abc", "extractor_key": key})
        assert extras["thumbnail"] == "https://img.youtube.com/vi/abc/maxresdefault.jpg"

    def test_what_is_very_long_stays_out(self) -> None:
        assert "playlist_description" not in metadata.extras_of(INFO | {"playlist_description": "x" * 10_000})


@pytest.mark.parametrize(
    ("changes", "premiere"),
    [
        ({}, False),
        ({"media_type": "video", "live_status": "is_upcoming"}, True),
        ({"media_type": "video", "is_live": True, "duration": 60}, True),
        ({"media_type": "video", "is_live": True}, False),
        ({"media_type": "livestream", "live_status": "is_upcoming"}, False),
        ({"is_live": True, "duration": 60}, False),
    ],
)
def test_premieres(changes: dict[str, Any], premiere: bool) -> None:
    assert metadata.is_premiere(INFO | changes) is premiere


@pytest.mark.parametrize(
    ("changes", "live"),
    [({}, False), ({"is_live": True}, True), ({"live_status": "is_live"}, True), ({"live_status": "is_upcoming"}, True),
     ({"live_status": "was_live"}, False), ({"is_live": None}, False)],
)  # fmt: skip
def test_live(changes: dict[str, Any], live: bool) -> None:
    assert metadata.is_live(INFO | changes) is live


@pytest.mark.parametrize(
    ("info", "archive_id"),
    [
        (INFO, "site 1"), ({"id": "1", "ie_key": "YouTube"}, "youtube 1"), ({"id": "1", "extractor": "a:b"}, "a:b 1"),
        ({"id": "1"}, None), ({"extractor_key": "Site"}, None), ({"id": "", "extractor_key": "Site"}, None),
        ({"id": 5, "extractor_key": "Site"}, "site 5"), ({"id": "x" * 999, "extractor_key": "Site"}, None),
    ],
)  # fmt: skip
def test_archive_ids(info: dict[str, Any], archive_id: str | None) -> None:
    assert metadata.archive_id(info) == archive_id


def test_fields_of_an_item() -> None:
    fields = metadata.fields_of(INFO | {"description": "d" * 9000}, url="https://posted.example/")
    assert (fields["source_id"], fields["title"], fields["url"]) == ("1", "T", "https://site.example/1")
    assert (fields["archive_id"], fields["is_live"]) == ("site 1", False)
    assert len(fields["description"]) == 2000
    bare = metadata.fields_of({}, url="https://posted.example/")
    assert (bare["title"], bare["url"], bare["description"]) == (
        "https://posted.example/",
        "https://posted.example/",
        "",
    )
    assert len(metadata.fields_of({"title": "t" * 9000}, url="u")["title"]) <= 1000


def test_hints_stay_out_of_addresses() -> None:
    hinted = INFO | {"webpage_url": "https://site.example/1#__youtubedl_smuggle=%7B%7D"}
    assert metadata.fields_of(hinted, url="u")["url"] == "https://site.example/1"


def test_extras_of_a_playlists_entry() -> None:
    playlist = {
        "id": "p",
        "title": "P",
        "uploader": "U",
        "channel_id": "c",
        "webpage_url": "w",
        "playlist_count": 9,
        "last_index": 4,
    }
    entry = {"id": "2", "thumbnails": [{"url": "t.jpg"}], "n_entries": 5}
    assert metadata.playlist_extras(playlist, entry, 3, 2) == {
        "playlist": "P", "playlist_id": "p", "playlist_title": "P", "playlist_uploader": "U", "playlist_channel_id": "c",
        "playlist_webpage_url": "w", "playlist_count": 9, "n_entries": 5, "__last_playlist_index": 4, "playlist_index": 3,
        "playlist_index_number": 3, "playlist_autonumber": 2, "thumbnail": "t.jpg",
    }  # fmt: skip
    bare = metadata.playlist_extras(
        {"id": "p", "playlist_count": 1, "last_index": 1}, {"id": "x", "ie_key": "Youtube"}, 1, 1
    )
    assert (bare["playlist"], bare["playlist_count"]) == ("p", 1)
    assert bare["thumbnail"] == "https://img.youtube.com/vi/x/maxresdefault.jpg"


@pytest.mark.parametrize(
    ("entry", "complete"),
    [({"url": "u"}, True), ({"_type": "video", "url": "u"}, True), ({"_type": "url", "url": "u"}, False),
     ({"_type": "url", "formats": [1]}, True), ({}, False), ({"formats": []}, True), ({"_type": "url_transparent", "url": "u"}, False)],
)  # fmt: skip
def test_entries_that_need_no_extraction(entry: dict[str, Any], complete: bool) -> None:
    assert metadata.is_complete(entry) is complete


@pytest.mark.parametrize(
    ("warning", "kept"),
    [
        ("This live event will begin in 3 hours.", True),
        ("Video unavailable. This video is private", True),
        ("[YouTube] Premieres in 2 days", True),
        ("Private video. Sign in if you've been granted access to this video", True),
        ("This video is available to this channel's members", True),
        ("Falling back on generic information extractor", True),
        ("URL could be a direct video link, returning it as such", True),
        ("ffmpeg not found", False),
        ("", False),
    ],
)
def test_telling_warnings(warning: str, kept: bool) -> None:
    assert metadata.telling([warning, warning]) == ([warning] if kept else [])
