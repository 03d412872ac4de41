"""Format selectors: docs/contract/hostapi.md, Tasks. What we accept, yt-dlp accepts."""

from collections.abc import Iterator
from typing import Any

import pytest
import yt_dlp

from dlambda.domain.ytdlp.selector import check_selector
from dlambda.errors import Invalid

GOOD = [
    "bestvideo",
    "bestaudio",
    "best",
    "b",
    "bv*",
    "ba.2",
    "137",
    "hls-1500",
    "http-950_x",
    "137-drc",
    "bestvideo[height<=1080]",
    "bestaudio[abr<=129]",
    "bestvideo[height<=1080][fps>30]",
    "bestvideo[height <= 1080]",
    "best[filesize<50M]",
    "best[filesize>=1.5MiB]",
    "bestvideo[vcodec^=avc1]",
    "bestvideo[vcodec!^=av01]",
    "bestaudio[language=en]",
    "bestaudio[language=?en]",
    "best[height>?720]",
    "best[format_note*='a b']",
    'best[format_id="x]y"]',
    "best[ext~='mp4|webm']",
    "bestvideo[ext=mp4]/bestvideo/best",
    "(bestvideo[height<=720]/137)[fps<=30]",
    "[height=480]",
    "bestvideo+bestaudio",
    "all",
]
BAD = [
    "",
    "   ",
    "bestvideo[",
    "bestvideo]",
    "bestvideo[height]",
    "bestvideo[height<=]",
    "bestvideo[height<=abc]",
    "bestvideo[height<==1080]",
    "(bestvideo",
    "bestvideo)",
    "/best",
    "best/",
    "best//worst",
    "+best",
    "best+",
    "best,worst",
    "best(worst)",
    "best worst",
    "best;rm",
    "best[ext~='(']",
    "best[ext~='(a+)+b']",
    "x" * 501,
]


@pytest.fixture(scope="module")
def ydl() -> Iterator[yt_dlp.YoutubeDL]:
    with yt_dlp.YoutubeDL({"quiet": True}) as made:
        yield made


@pytest.mark.parametrize("text", GOOD)
def test_a_selector_that_is_accepted_is_read_by_yt_dlp(text: str, ydl: yt_dlp.YoutubeDL) -> None:
    assert check_selector(text, "video_format") == text
    assert callable(ydl.build_format_selector(f"({text})+(bestaudio)/best"))


@pytest.mark.parametrize("text", BAD)
def test_what_does_not_parse_is_refused_with_the_fields_name(text: str) -> None:
    with pytest.raises(Invalid, match=r"^video_format: "):
        check_selector(text, "video_format")


@pytest.mark.parametrize("value", [None, 5, ["best"], {}])
def test_what_is_no_text_is_refused(value: Any) -> None:
    with pytest.raises(Invalid, match=r"^audio_format: "):
        check_selector(value, "audio_format")
