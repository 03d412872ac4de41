"""What fails beside the media leaves the media (docs/contract/downloads.md 2.2, `warnings`)."""

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from dlambda.media.av.ffmpeg import probe
from dlambda.media.machine.disk import is_disk_full
from dlambda.media.workers.download import Result
from dlambda.media.workers.extract import extract
from dlambda.media.ytdlp.options import parse_options
from tests.media.conftest import TITLE, Start, finish
from tests.origin import Origin
from tests.origin.media import ffmpeg

Download = Callable[..., Result]
COVER = "thumbnail.jpg"


@pytest.fixture
def get(origin: Origin, short_film: Mapping[str, Any], start: Start) -> Download:
    """Downloads the short film with options, and with fields that its page would have said."""

    def download(cli: str, *, path: str = "/short.mp4", **fields: Any) -> Result:
        url = origin.url(path)
        known = short_film if path == "/short.mp4" else extract(url, {}, allow_internal=True).info
        assert known is not None
        return finish(start(url, info={**known, **fields}, params={**parse_options(cli).params, **TITLE}))

    return download


def steps(result: Result) -> list[str]:
    """Of a download that has its media."""
    assert result.ok, result.error
    return [each.step for each in result.warnings]


def pictures(origin: Origin, *paths: str) -> list[dict[str, str]]:
    """The last one is the best."""
    return [{"id": str(number), "url": origin.url(path)} for number, path in enumerate(paths)]


def subtitles(origin: Origin, **paths: str) -> dict[str, list[dict[str, str]]]:
    return {language: [{"url": origin.url(path), "ext": "vtt"}] for language, path in paths.items()}


class TestPictures:
    @pytest.mark.parametrize(
        ("path", "text"),
        [
            ("page.html", "The site sent a web page in place of the picture."),
            ("__echo", "The site sent a JSON text in place of the picture."),
            ("feed/1.rss", "The site sent an XML document in place of the picture."),
            ("empty.bin", "The site sent an empty file in place of the picture."),
            ("status/404/a.jpg", "HTTP Error 404"),
            ("status/500/a.jpg", "HTTP Error 500"),
            ("truncated/thumbnail.jpg", "bytes read"),
            ("hang/a.jpg", "timed out"),
        ],
    )
    def test_one_that_does_not_come_is_left_out(self, origin: Origin, get: Download, path: str, text: str) -> None:
        origin.media("empty.bin").touch()
        result = get("--embed-thumbnail --socket-timeout 1", thumbnails=pictures(origin, path))
        assert steps(result) == ["thumbnail"]
        assert text in result.warnings[0].text
        assert (result.filepath, result.extra_files) == ("short.mp4", ())

    def test_the_next_one_is_taken(self, origin: Origin, get: Download) -> None:
        result = get("--write-thumbnail", thumbnails=pictures(origin, COVER, "page.html", "status/404/a.jpg"))
        assert steps(result) == []
        assert result.extra_files == ("short.jpg",)

    @pytest.mark.parametrize("cli", ["-x --audio-format mp3", "-x --audio-format opus", ""])
    def test_one_with_a_wrong_name_is_embedded(self, origin: Origin, get: Download, cli: str) -> None:
        origin.media("jpeg.webp").write_bytes(origin.media(COVER).read_bytes())
        result = get(f"{cli} --embed-thumbnail", thumbnails=pictures(origin, "jpeg.webp"))
        assert steps(result) == []
        assert result.extra_files == ()

    def test_a_container_that_takes_none_keeps_it_beside(self, origin: Origin, get: Download) -> None:
        result = get("-x --audio-format wav --embed-thumbnail", thumbnails=pictures(origin, COVER))
        assert steps(result) == ["EmbedThumbnail"]
        assert (result.filepath, result.extra_files) == ("short.wav", ("short.jpg",))


class TestSubtitles:
    @pytest.mark.parametrize("path", ["status/404/a.vtt", "status/403/a.vtt", "page.html", "__echo", "empty.bin"])
    @pytest.mark.parametrize("cli", ["--write-subs", "--write-subs --convert-subs srt --embed-subs"])
    def test_one_language_is_gone(self, origin: Origin, get: Download, path: str, cli: str) -> None:
        origin.media("empty.bin").touch()
        result = get(f"{cli} --sub-langs all", subtitles=subtitles(origin, de=path, en="clip.en.vtt"))
        assert steps(result) == ["subtitles"]
        assert "de" in result.warnings[0].text
        assert result.extra_files == (("short.en.srt",) if "srt" in cli else ("short.en.vtt",))

    def test_a_file_without_cues_spoils_no_other(self, origin: Origin, get: Download, service: Path) -> None:
        origin.media("no-cues.vtt").write_text("WEBVTT\n")
        result = get(
            "--write-subs --convert-subs srt --embed-subs --sub-langs all",
            subtitles=subtitles(origin, de="no-cues.vtt", en="clip.en.vtt"),
        )
        assert steps(result) == ["EmbedSubtitle"]
        assert result.warnings[0].text.startswith("de: ")
        assert "short.en.srt" in result.extra_files
        streams = probe(str(service / "items" / "item" / "home" / "short.mp4"))["streams"]
        assert [each["codec_type"] for each in streams].count("subtitle") == 1


class TestPostProcessors:
    @pytest.mark.parametrize(
        ("cli", "path", "step"),
        [
            ("--remux-video webm", "/short.mp4", "VideoRemuxer"),
            ("--remux-video ogg --embed-metadata", "/short.mp4", "VideoRemuxer"),
            ("-x --audio-format mp3", "/silent.mp4", "ExtractAudio"),
            ("--sponsorblock-mark all --sponsorblock-api http://127.0.0.1:9", "/short.mp4", "SponsorBlock"),
        ],
    )
    def test_one_that_fails_leaves_the_file_as_it_was(
        self, origin: Origin, get: Download, cli: str, path: str, step: str
    ) -> None:
        silence(origin)
        options = {"extractor_key": "Youtube", "extractor": "youtube"} if step == "SponsorBlock" else {}
        result = get(cli, path=path, **options)
        assert steps(result) == [step]
        assert (result.filepath, result.extra_files) == (path[1:], ())

    def test_a_chapter_that_cannot_be_cut_is_left_out(self, get: Download) -> None:
        chapters = [
            {"start_time": 0, "end_time": 1, "title": "one"},
            {"start_time": 1, "end_time": 0.5, "title": "backwards"},
            {"start_time": 1, "end_time": 2, "title": "three"},
        ]
        result = get("--split-chapters", chapters=chapters)
        assert steps(result) == ["SplitChapters"]
        assert len(result.extra_files) == 2

    def test_formats_that_a_container_does_not_take_come_in_another(self, origin: Origin, start: Start) -> None:
        params = TITLE | {"format": "p+s", "merge_output_format": "webm"}
        result = finish(start(origin.url("/short.mp4"), info=two_formats(origin, "/audio.mp3"), params=params))
        assert steps(result) == ["Merger"]
        assert result.filepath == "short.mkv"

    def test_formats_with_long_names_are_merged(self, origin: Origin, start: Start) -> None:
        info = two_formats(origin, "/audio.mp3")
        for number, each in enumerate(info["formats"]):
            each["format_id"] = "sound-of-every-kind-" * 15 + str(number)
        params = {"outtmpl": {"default": "T" * 200 + ".%(ext)s"}, "format": "bv+ba", "merge_output_format": "mkv"}
        result = finish(start(origin.url("/short.mp4"), info=info, params=params))
        assert (result.error, result.filepath) == (None, "T" * 200 + ".mkv")

    def test_one_format_of_two_that_does_not_come_is_an_error(self, origin: Origin, start: Start) -> None:
        info = two_formats(origin, "/status/404/audio.mp3")
        result = finish(start(origin.url("/status/404/page"), info=info, params=TITLE | {"format": "p+s"}))
        assert (result.ok, result.filepath) == (False, None)


def silence(origin: Origin) -> None:
    """Makes `silent.mp4`."""
    if not origin.media("silent.mp4").exists():
        command = [ffmpeg(), "-loglevel", "error", "-i", "short.mp4", "-an", "-c", "copy", "silent.mp4"]
        subprocess.run(command, cwd=origin.media("silent.mp4").parent, check=True)


def two_formats(origin: Origin, sound: str) -> dict[str, Any]:
    """What a page with picture and sound apart would have said."""
    silence(origin)
    picture = {"format_id": "p", "url": origin.url("/silent.mp4"), "ext": "mp4", "vcodec": "h264", "acodec": "none"}
    heard = {"format_id": "s", "url": origin.url(sound), "ext": "mp3", "vcodec": "none", "acodec": "mp3"}
    return {
        "id": "two", "title": "short", "extractor": "generic", "extractor_key": "Generic", "_type": "video",
        "webpage_url": origin.url("/short.mp4"), "formats": [picture, heard],
    }  # fmt: skip


def test_a_full_disk_is_no_failure_of_a_step() -> None:
    assert is_disk_full(OSError(28, "No space left on device"))
    assert is_disk_full(Exception("av_interleaved_write_frame(): No space left on device"))
    assert not is_disk_full(Exception("Conversion failed!"))
