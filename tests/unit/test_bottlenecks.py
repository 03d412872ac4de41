"""What slows the service down: docs/contract/system.md 5, stats."""

from typing import Any

import pytest

from dlambda.domain.system.bottlenecks import average, find_bottlenecks, read_range
from dlambda.errors import Invalid

MB = 1024 * 1024


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("5m", 300), (" 1H ", 3600), ("2d", 172_800), ("90", 90), ("0.5m", 30)]
)
def test_a_range_is_a_time(text: str, seconds: float) -> None:
    assert read_range(text) == seconds


@pytest.mark.parametrize("text", ["", "m", "5w", "-5m", "1e9", "nan", "inf", "٣m", "5 m", "0", "9" * 12, "5m5m"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="range must be a time"):
        read_range(text)


def found(count: int = 1, **sample: Any) -> list[tuple[str, str]]:
    return [(problem["type"], problem["level"]) for problem in find_bottlenecks([sample] * count)["bottlenecks"]]


@pytest.mark.parametrize(
    ("sample", "problems"),
    [
        ({"process_cpu_percent": 79.9}, []),
        ({"process_cpu_percent": 80}, [("cpu", "warning")]),
        ({"process_cpu_percent": 95}, [("cpu", "critical")]),
        ({"memory_percent": 85.0}, [("memory", "warning")]),
        ({"memory_percent": 90.0}, [("memory", "critical")]),
        ({"process_write_bps": 30 * MB, "process_cpu_percent": 10}, [("process_io_write", "warning")]),
        ({"process_write_bps": 30 * MB, "process_cpu_percent": 70}, []),
        ({"process_read_bps": 30 * MB}, [("process_io_read", "warning")]),
        ({"disk_write_bps": 51 * MB, "disk_read_bps": 51 * MB}, [("disk_write", "info"), ("disk_read", "info")]),
        ({"network_recv_bps": 51 * MB}, [("network_download", "info")]),
        ({"network_sent_bps": 51 * MB}, [("network_upload", "info")]),
        ({"process_cpu_percent": None}, []),
    ],
)
def test_each_limit(sample: dict[str, Any], problems: list[tuple[str, str]]) -> None:
    assert found(**sample) == problems


def test_the_last_thirty_samples_count() -> None:
    answer = find_bottlenecks([{"process_cpu_percent": 0}] * 100 + [{"process_cpu_percent": 90}] * 30)
    assert (answer["status"], answer["window_samples"]) == ("attention", 30)
    assert answer["averages"]["process_cpu_percent"] == 90
    assert answer["bottlenecks"][0]["details"] == "It used 90.0% of them on average of the last 30 samples."


def test_without_samples_nothing_is_known() -> None:
    assert find_bottlenecks([])["status"] == "unknown"
    assert find_bottlenecks([{"process_cpu_percent": 1}])["status"] == "ok"


def test_averages_leave_out_what_is_not_known() -> None:
    samples: list[dict[str, Any]] = [{"a": 1}, {"a": None}, {"a": 2}, {}]
    assert average(samples, "a") == 1.5
    assert average(samples, "b") is None
    assert find_bottlenecks([{"disk_read_bps": 3 * MB}])["averages"]["disk_read_mbps"] == 3.0
