"""docs/contract/rules.md 4.3: what is read as a number."""

import pytest

from dlambda.domain.rules.filter_language.quantity import read_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("600", 600), ("-5", -5), ("+5", 5), ("0123", 123), ("12345678901234567890", 12345678901234567890),
        ("59.94", 59.94), ("600.0", 600), ("-1.5", -1.5),
        ("1b", 1), ("1B", 1), ("1KB", 1000), ("1kb", 1000), ("1Kb", 1000), ("1kB", 1024), ("1KiB", 1024),
        ("1MB", 10**6), ("1mb", 10**6), ("1MiB", 2**20), ("1GB", 10**9), ("1GiB", 2**30), ("1TB", 10**12), ("1TiB", 2**40),
        ("1.5MB", 1_500_000), ("1.9MiB", 1_992_294), ("1 MB", 10**6),
        ("90s", 90), ("2m", 120), ("1M", 60), ("10min", 600), ("10minutes", 600), ("1h", 3600), ("2h30m", 9000),
        ("2 hours", 7200), ("10:00", 600), ("1:00:00", 3600), ("1:00:00:00", 86_400), ("0:01.5", 1.5), ("PT1H", 3600),
        ("P1DT2H", 93_600), ("pt1h30m5s", 5405), ("1.5 hours", 5400), ("1.5min", 90),
    ],
)  # fmt: skip
def test_numbers(text: str, number: float) -> None:
    found = read_number(text)
    assert found == number
    assert type(found) is type(number)


@pytest.mark.parametrize(
    "text",
    ["1080p", "4k", "1K", "1k", "1.5m", "1,000", "1d", "1e3", "public", "", " ", "PT", "P", "10:000", "1_000", "٣", "0x10",
     "inf", "nan", "-", "1MBs", "9" * 41, "9" * 5000, ":10", "--5", "1h1h"],
)  # fmt: skip
def test_texts(text: str) -> None:
    assert read_number(text) is None
