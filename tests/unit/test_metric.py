"""Numbers as Prometheus and CloudWatch read them; versions."""

import json

import pytest

from dlambda.domain.items.format_cookies import header_cookies
from dlambda.domain.system.release import UpdateStatus, compare, parse_version
from dlambda.domain.telemetry.metric import embedded, exposition, seconds_observed, series


def test_series_of_one_metric_stand_together_below_its_help() -> None:
    numbers = {
        series("items_finished_total", {"extractor": 'a"b'}): 2.0,
        series("queue_items", {"status": "pending"}): 3,
        series("items_finished_total", {"extractor": "youtube"}): 1.5,
    }
    assert exposition(numbers).splitlines() == [
        "# HELP dlambda_items_finished_total Items that ended with a file, by extractor.",
        "# TYPE dlambda_items_finished_total counter",
        'dlambda_items_finished_total{extractor="a\\"b"} 2',
        'dlambda_items_finished_total{extractor="youtube"} 1.5',
        "# HELP dlambda_queue_items Items in the queue, by status.",
        "# TYPE dlambda_queue_items gauge",
        'dlambda_queue_items{status="pending"} 3',
    ]


def test_a_duration_counts_in_every_bucket_above_it() -> None:
    added = seconds_observed("item_seconds", 45.0)
    assert 'item_seconds_bucket{le="30"}' not in added
    assert (
        added['item_seconds_bucket{le="60"}']
        == added['item_seconds_bucket{le="+Inf"}']
        == added["item_seconds_count"]
        == 1
    )
    text = exposition(added)
    assert "# TYPE dlambda_item_seconds histogram" in text
    assert text.index('le="60"') < text.index('le="14400"') < text.index('le="+Inf"')


def test_embedded_metrics_name_their_dimensions() -> None:
    labels = {"kind": "gone", "extractor": "youtube"}
    (line,) = embedded([("items_failed_total", labels, 1.0)], 1767261600000, "stack")
    found = json.loads(line)
    assert (found["items_failed_total"], found["kind"], found["extractor"]) == (1.0, "gone", "youtube")
    about = found["_aws"]["CloudWatchMetrics"][0]
    assert (about["Namespace"], about["Dimensions"], about["Metrics"][0]["Name"]) == (
        "stack",
        [[], ["kind"]],
        "items_failed_total",
    )


@pytest.mark.parametrize(
    ("current", "latest", "status"),
    [
        ("v1.0.14", "v1.0.15", UpdateStatus.UPDATE_AVAILABLE),
        ("v1.0.14", "1.0.14", UpdateStatus.UP_TO_DATE),
        ("v1.0.14", "v1.0.9", UpdateStatus.UP_TO_DATE),
        ("v1.0", "v1.0.0", UpdateStatus.UP_TO_DATE),
        ("2026.10.26", "2026.10.26.1", UpdateStatus.UPDATE_AVAILABLE),
        ("2026.10.26", "9999.12.31", UpdateStatus.UPDATE_AVAILABLE),
        ("v1.0.14", "nightly", UpdateStatus.ERROR),
        ("unknown", "v1.0.0", UpdateStatus.ERROR),
    ],
)
def test_which_version_is_newer(current: str, latest: str, status: UpdateStatus) -> None:
    assert compare(current, latest) is status


def test_a_leading_v_is_no_part_of_a_version() -> None:
    assert parse_version("v1.2.3") == parse_version("1.2.3") == (1, 2, 3)


@pytest.mark.parametrize(
    ("cookies", "header"),
    [
        (
            "sid=abc; Domain=.a.example; Path=/; Secure; Expires=1893456000; lang=en; Domain=.a.example; Path=/",
            "sid=abc; lang=en",
        ),
        ("one=1", "one=1"),
        ("", ""),
        (None, ""),
    ],
)
def test_cookies_of_a_format_as_a_header(cookies: str | None, header: str) -> None:
    assert header_cookies(cookies) == header
