"""Which changes of files must not run at once."""

import pytest

from dlambda.domain.files.path_claim import overlap


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("k/a.mp4", "k/a.mp4", True),
        ("k", "k/a.mp4", True),
        ("k", "k/deep/a.mp4", True),
        ("k/a.mp4", "k/a.en.srt", True),
        ("k/a.mp4", "k/a.mkv", True),
        ("k/a", "k/a.srt", True),
        ("k/a.mp4", "k/b.mp4", False),
        ("k/a.mp4", "k/ab.mp4", False),
        ("k/a.mp4", "a.mp4", False),
        ("k/a", "k/ab", False),
        ("k/a/x.mp4", "k/b/x.mp4", False),
        ("a.mp4", "a.srt", True),
        ("é.mp4", "é.srt", True),
    ],
)
def test_what_overlaps(one: str, other: str, expected: bool) -> None:
    assert overlap(one, other) is expected
    assert overlap(other, one) is expected
