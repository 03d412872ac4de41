"""Sidecars by name: the tables of docs/contract/files.md 2."""

from typing import Any

import pytest

from dlambda.domain.files.sidecar import folder_images, kind_of, owned_by, sidecars, stem_of, under
from dlambda.domain.files.subtitle_language import language_of


def extensions(text: str) -> list[str]:
    return text.split()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *((f"v.{ext}", "video") for ext in extensions("avi ts mkv mp4 mpv ogm m4v webm m4b")),
        *((f"v.{ext}", "audio") for ext in extensions("mp3 flac aac opus wav m4a")),
        *((f"v.{ext}", "subtitle") for ext in extensions("srt ass ssa smi sub idx vtt")),
        *((f"v.{ext}", "image") for ext in extensions("jpg jpeg png gif bmp webp")),
        *((f"v.{ext}", "text") for ext in extensions("txt nfo md json yml yaml plexmatch")),
        ("v.torrent", "metadata"),
        ("v.description", "Unknown"),
        ("v.part", "Unknown"),
        ("V.MP4", "video"),
        ("v.en.SRT", "subtitle"),
        ("README", "Unknown"),
        (".mp4", "Unknown"),
        ("v.", "Unknown"),
    ],
)
def test_kind_goes_by_the_extension(name: Any, kind: Any) -> None:
    assert kind_of(name) == kind


@pytest.mark.parametrize(
    ("name", "kind", "language"),
    [
        ("v.en.srt", "subtitle", "en"),
        ("v.eng.ass", "subtitle", "eng"),
        ("v.srt", "subtitle", "und"),
        ("v.en-US.ass", "subtitle", "en-US"),
        ("v.pt-BR.srt", "subtitle", "pt-BR"),
        ("v.zh-Hans.vtt", "subtitle", "zh-Hans"),
        ("v.en.auto.srt", "subtitle", "und"),
        ("v.en.vtt", "subtitle", "en"),
        ("v.info.json", "text", None),
        ("v.nfo", "text", None),
        ("v.live_chat.json", "text", None),
        ("v.txt", "text", None),
        ("v.jpg", "image", None),
        ("v.webp", "image", None),
        ("v.thumb.jpg", "image", None),
        ("v.torrent", "metadata", None),
        ("v.description", "Unknown", None),
        ("v.part", "Unknown", None),
        ("v.m4a", "audio", None),
        ("v.opus", "audio", None),
    ],
)
def test_a_file_beside_the_video_is_listed_under_its_kind(name: str, kind: str, language: str | None) -> None:
    entry = {"file": name}
    if language:
        entry |= {"lang": language, "name": f"{name.rpartition('.')[2].upper()} (0) - {language}"}
    assert sidecars("v.mp4", ["v.mp4", name]) == {kind: [entry]}


@pytest.mark.parametrize("name", ["v.en.ssa", "v.sub", "v.idx", "v.smi"])
def test_subtitles_that_no_player_shows_are_left_out_but_go_along(name: str) -> None:
    assert sidecars("v.mp4", ["v.mp4", name]) == {}
    assert owned_by("v.mp4", ["v.mp4", name]) == [name]


@pytest.mark.parametrize("name", ["v.f137.mp4", "v.f140-drc.m4a", "v.temp.mkv", "v.mp4.ytdl", "v.mp4.part-Frag3.part"])
def test_partial_files_are_hidden(name: str) -> None:
    assert sidecars("v.mp4", ["v.mp4", name]) == {}
    assert owned_by("v.mp4", ["v.mp4", name]) == []


@pytest.mark.parametrize("name", [".v.srt", "w.srt", "v2.srt", "vid", "v"])
def test_other_names_are_no_sidecars(name: str) -> None:
    assert sidecars("v.mp4", ["v.mp4", name]) == {}


def test_subtitle_and_text_beside_the_video() -> None:
    assert sidecars("video.mp4", ["video.mp4", "video.srt", "video.nfo"]) == {
        "subtitle": [{"file": "video.srt", "lang": "und", "name": "SRT (0) - und"}],
        "text": [{"file": "video.nfo"}],
    }


def test_nothing_beside_it() -> None:
    assert sidecars("video.mp4", ["video.mp4"]) == {}


def test_subtitles_are_counted_alone_in_name_order() -> None:
    names = ["v.mp4", "v.jpg", "v.fr.vtt", "v.ar.ssa", "v.en.srt", "v.info.json"]
    assert [entry["name"] for entry in sidecars("v.mp4", names)["subtitle"]] == ["SRT (0) - en", "VTT (1) - fr"]


def test_the_longest_stem_wins() -> None:
    names = ["Show.mp4", "Show.S02.mp4", "Show.S02.en.srt", "Show.en.srt", "Show.S02.jpg"]
    assert owned_by("Show.mp4", names) == ["Show.en.srt"]
    assert owned_by("Show.S02.mp4", names) == ["Show.S02.en.srt", "Show.S02.jpg"]


def test_a_media_file_of_the_same_stem_is_a_sidecar() -> None:
    assert owned_by("v.mp4", ["v.mp4", "v.m4a", "v.en.m4a"]) == ["v.m4a"]


def test_a_subtitle_never_takes_its_video_along() -> None:
    names = ["v.mp4", "v.srt", "v.nfo"]
    assert owned_by("v.srt", names) == []
    assert owned_by("photo.jpg", ["photo.jpg", "photo.json"]) == ["photo.json"]


def test_the_language_is_read_behind_the_stem_only() -> None:
    names = ["Movie.Foo.mp4", "Movie.Foo.srt", "Movie.Foo.de.srt"]
    assert [entry["lang"] for entry in sidecars("Movie.Foo.mp4", names)["subtitle"]] == ["de", "und"]
    assert language_of("a.en.srt") == "en"


@pytest.mark.parametrize(
    ("tags", "language"),
    [
        ("en", "en"), ("eng", "eng"), ("hi", "hi"), ("en.hi", "en"), ("en.sdh", "en"), ("en.forced", "en"), ("en.cc", "en"),
        ("en.default", "en"), ("default.en.forced", "en"), ("en.forced.hi", "en"), ("en.hi.forced", "en"), ("EN.SDH", "EN"),
        ("hi.forced", "hi"), ("hi.hi", "hi"), ("forced.hi", "hi"), ("hi.sdh.default", "hi"), ("eng.foreign", "eng"),
        ("pt-BR", "pt-BR"), ("pt_BR.forced", "pt-BR"), ("zh-Hans", "zh-Hans"), ("zh-Hant-TW.hi", "zh-Hant-TW"),
        ("es-419", "es-419"), ("en-orig", "en-orig"), ("en-eEY6OEpapPo", "en"), ("en-nP7-2PuUl7o", "en"),
        ("English", "en"), ("english.SDH", "en"), ("Deutsch.forced", "de"), ("Director's Commentary.fr", "fr"),
        ("forced", "und"), ("sdh", "und"), ("cc", "und"), ("default", "und"), ("en.auto", "und"), ("2024.hi", "hi"),
        ("live_chat", "und"), ("en.forced.auto", "und"), ("", "und"),
    ],
)  # fmt: skip
def test_a_language_stands_before_flags(tags: str, language: str) -> None:
    name = f"v.{tags}.srt" if tags else "v.srt"
    assert [entry["lang"] for entry in sidecars("v.mp4", ["v.mp4", name])["subtitle"]] == [language]


def test_folder_images_follow_the_named_ones_in_their_own_order() -> None:
    names = ["v.mp4", "fanart.png", "cover.webp", "poster.jpg", "v.jpg", "poster.png", "other.jpg"]
    assert [entry["file"] for entry in sidecars("v.mp4", names)["image"]] == [
        "v.jpg", "poster.jpg", "poster.png", "cover.webp", "fanart.png",
    ]  # fmt: skip
    assert folder_images(names) == ["poster.jpg", "poster.png", "cover.webp", "fanart.png"]
    assert owned_by("v.mp4", names) == ["v.jpg"]


def test_a_picture_of_the_folder_is_listed_once() -> None:
    assert sidecars("poster.mp4", ["poster.mp4", "poster.jpg"]) == {"image": [{"file": "poster.jpg"}]}


@pytest.mark.parametrize("stem", ["it's 100% #1?", "🎬 \u202eabc", "x" * 240, "a[b](c)*", "ends..", 'q"uote'])
def test_any_stem_works(stem: str) -> None:
    assert owned_by(f"{stem}.mp4", [f"{stem}.mp4", f"{stem}.en.srt"]) == [f"{stem}.en.srt"]
    assert stem_of(f"{stem}.mp4") == stem


@pytest.mark.parametrize(("folder", "file"), [("", "v.srt"), ("a/b", "a/b/v.srt"), ("/a/", "a/v.srt")])
def test_entries_are_put_below_their_folder(folder: str, file: str) -> None:
    found = under(folder, sidecars("v.mp4", ["v.mp4", "v.srt"]))
    assert found["subtitle"][0]["file"] == file
