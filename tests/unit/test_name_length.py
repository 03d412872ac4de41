"""Names are cut between characters."""

import pytest

from dlambda.domain.files.name_length import cut_bytes


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "abc"),
        ("aü", 2, "a"),
        ("长长", 5, "长"),
        ("ae\u0301x", 2, "a"),  # a letter and its accent
        ("a\U0001f44d\U0001f3fd", 5, "a"),  # a hand and its colour
        ("a\U0001f468\u200d\U0001f469\u200d\U0001f467", 12, "a"),  # a family
        ("a\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7", 13, "a\U0001f1e9\U0001f1ea"),  # two flags
        ("a\U0001f1e9\U0001f1ea", 5, "a"),
        ("कि", 3, ""),
    ],
)
def test_a_cut(text: str, most: int, expected: str) -> None:
    found = cut_bytes(text, most)
    assert len(found.encode()) <= most
    assert found == expected
