"""What a row's key may be: DynamoDB's limits."""

import pytest

from dlambda.store.table import MAX_SORT_KEY_BYTES, may_be_key


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", True),
        ("a" * 2048, True),
        ("é" * 1024, True),
        ("a" * 2049, False),
        ("é" * 1025, False),
        ("", False),
        ("\ud800", False),
        (0, True),
        (-1, True),
        (2**63, True),
        (10**38 - 1, True),
        (10**38, False),
        (-(10**400), False),
    ],
)
def test_a_key_is_a_text_or_a_number_of_limited_length(value: object, expected: bool) -> None:
    assert may_be_key(value) is expected


def test_a_sort_key_is_shorter() -> None:
    assert may_be_key("a" * 1024, MAX_SORT_KEY_BYTES)
    assert not may_be_key("a" * 1025, MAX_SORT_KEY_BYTES)
