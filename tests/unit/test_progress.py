"""Progress: docs/contract/downloads.md 5.8, 9 (progress tracker), and the contract's texts beside numbers."""

from typing import Any

import pytest

from dlambda.domain.items.progress import Progress, eta_text, speed_text

START = Progress("preparing")


@pytest.mark.parametrize(
    ("speed", "text"),
    [
        (None, None), (0, "0.0 B/s"), (1, "1.0 B/s"), (1023, "1023.0 B/s"), (1024, "1.0 KiB/s"), (1048576, "1.0 MiB/s"),
        (2621440.0, "2.5 MiB/s"), (1024**3, "1.0 GiB/s"), (1024**4, "1.0 TiB/s"), (1024**5, "1024.0 TiB/s"),
    ],
)  # fmt: skip
def test_speed_as_text(speed: float | None, text: str | None) -> None:
    assert speed_text(speed) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, None), (0, "00:00:00"), (5, "00:00:05"), (323, "00:05:23"), (3600, "01:00:00"), (59.9, "00:00:59"),
        (360000, "100:00:00"),
    ],
)  # fmt: skip
def test_eta_as_text(seconds: float | None, text: str | None) -> None:
    assert eta_text(seconds) == text


@pytest.mark.parametrize(
    ("report", "percent", "total"),
    [
        ({"downloaded_bytes": 50, "total_bytes": 100}, 50.0, 100),
        ({"downloaded_bytes": 30, "total_bytes_estimate": 100}, 30.0, 100),
        ({"downloaded_bytes": 30, "total_bytes": 60, "total_bytes_estimate": 100}, 50.0, 60),
        ({"downloaded_bytes": 0, "total_bytes": 100}, None, None),
        ({"total_bytes": 100}, None, None),
        ({"downloaded_bytes": 10}, None, None),
        ({"downloaded_bytes": 120, "total_bytes": 100}, 100.0, 100),
        ({}, None, None),
    ],
)
def test_percent(report: dict[str, Any], percent: float | None, total: int | None) -> None:
    after = START.after({"status": "downloading", **report})
    assert (after.percent, after.total_bytes) == (percent, total)
    assert (after.fields()["percent"], after.fields()["progress"]) == (percent, percent)


def test_bytes_stay_when_a_report_has_none() -> None:
    begun = START.after({"downloaded_bytes": 50, "total_bytes": 100})
    after = begun.after({"status": "postprocessing", "postprocessor": "Merger"})
    assert (after.downloaded_bytes, after.total_bytes, after.percent) == (50, 100, 50.0)


def test_the_rest_is_overwritten_by_every_report() -> None:
    begun = START.after({"speed": 10, "eta": 5, "msg": "m", "postprocessor": "p", "status": "downloading"})
    after = begun.after({})
    assert (after.speed_bps, after.eta_seconds, after.msg, after.postprocessor) == (None, None, None, None)
    assert after.status == "downloading"


def test_numbers_stand_beside_texts() -> None:
    fields = START.after({"speed": 1024000, "eta": 60}).fields()
    assert (fields["speed_bps"], fields["eta_seconds"]) == (1024000, 60)
    assert (fields["speed"], fields["eta"]) == ("1000.0 KiB/s", "00:01:00")


def test_fields_are_those_of_an_item() -> None:
    from tests.store.samples import item

    assert START.fields().keys() <= item("a").view.keys()
