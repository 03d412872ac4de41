"""What ffmpeg says of a stream, in words for people."""

import pytest

from dlambda.media.workers.child.last_words import failure_text, lost_segments


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (
            "[in#0 @ 0x5] Error opening input: Server returned 403\nError opening input file https://a.example/?t=x.\n",
            "Error opening input: Server returned 403",
        ),
        ("https://a.example/x.m3u8?t=s: Connection refused", "Connection refused"),
        ("frame=1\rsize=2\rInvalid data found when processing input\n", "Invalid data found when processing input"),
        ("", "it gave no reason"),
    ],
)
def test_why_it_failed(words: str, reason: str) -> None:
    assert failure_text(words) == f"ffmpeg could not read the stream: {reason}."


def test_segments_that_it_left_out_count_once() -> None:
    words = (
        "[hls @ 0x1] Failed to open segment 3 of playlist 0\n[hls @ 0x1] Segment 3 of playlist 0 failed too many times\n"
        "[hls @ 0x1] Failed to open segment 3 of playlist 1\n[hls @ 0x1] skipping 4 segments ahead, expired from playlists"
    )
    assert lost_segments(words) == 6
    assert lost_segments("") == 0
