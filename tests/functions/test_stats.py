"""`/api/stats/*`: docs/contract/system.md 5, stats."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dlambda.domain.items.item import Status
from dlambda.media.machine.proc import processes_below, read_machine
from dlambda.usecases.operations.monitor import Monitor, flat
from dlambda.usecases.operations.monitor import monitor as the_monitor
from tests.functions.calls import Client, error
from tests.store import records
from tests.store.samples import waiting

Configure = Callable[..., None]
PATHS = ("/api/stats/latest", "/api/stats/history", "/api/stats/bottlenecks", "/api/stats/stream")
NUMBERS = {
    "ts", "process_cpu_percent", "system_cpu_percent", "rss_mb", "uss_mb", "memory_percent", "process_read_bps",
    "process_write_bps", "disk_read_bps", "disk_write_bps", "network_recv_bps", "network_sent_bps", "threads",
    "open_files", "connections", "active_jobs", "queued_jobs", "is_paused", "children_count",
}  # fmt: skip


@pytest.fixture
def switched_on(configure: Configure) -> None:
    configure(monitor_enabled="true", monitor_interval="1")


@pytest.mark.parametrize("path", PATHS)
def test_it_is_off_by_default(system: Client, path: str) -> None:
    status, body = system.get(path)
    assert (status, body["error"], body["code"]) == (403, "Resource monitoring is disabled.", "FEATURE_DISABLED")
    assert body["params"] == {"feature": "api.features.monitoring"}
    assert system.get("/api/system/diagnostics")[1]["stats"] == {"enabled": False}


@pytest.mark.parametrize("path", PATHS)
def test_in_the_cloud_other_numbers_count(
    system: Client, configure: Configure, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "dlambda-system")
    configure(monitor_enabled="true", allow_open="true")
    status, text = error(system.get(path))
    assert (status, text) == (403, "Resource monitoring is not available here: CloudWatch has these numbers.")


@pytest.mark.usefixtures("switched_on")
class TestOnOneMachine:
    def test_the_newest_sample(self, system: Client) -> None:
        records.add([waiting("a", status=Status.DOWNLOADING)])
        records.add([waiting("b")])
        status, sample = system.get("/api/stats/latest")
        assert status == 200
        assert sample.keys() >= NUMBERS
        assert sample["rss_mb"] > sample["uss_mb"] > 0
        assert 0 < sample["memory_percent"] < 100
        assert sample["effective_cpu_count"] > 0
        assert "/tmp" in sample["disk_usage"]
        assert (sample["is_paused"], sample["children_count"] >= 0) == (False, True)

    def test_the_history_is_numbers_alone(self, system: Client) -> None:
        system.get("/api/stats/latest")
        status, samples = system.get("/api/stats/history", range="1h")
        assert (status, set(samples[0])) == (200, NUMBERS)
        assert samples[-1]["is_paused"] == 0

    @pytest.mark.parametrize("text", ["5x", "", "-1", "1h;"])
    def test_a_bad_range_is_refused(self, system: Client, text: str) -> None:
        status, body = system.get("/api/stats/history", range=text)
        assert (status, body["error"][:23]) == (400, "range must be a time su")

    def test_bottlenecks_are_told_in_words(self, system: Client) -> None:
        system.get("/api/stats/latest")
        status, body = system.get("/api/stats/bottlenecks")
        assert (status, body["status"] in ("ok", "attention"), body["window_samples"] >= 1) == (200, True, True)

    def test_samples_are_streamed(self, system: Client, monkeypatch: pytest.MonkeyPatch, configure: Configure) -> None:
        monkeypatch.setenv("DLAMBDA_ANSWER_SECONDS", "1.5")
        configure()
        the_monitor().start()
        try:
            assert system.call("GET", "/api/stats/stream")[0] == 200
            text = system.last.text  # which is read as it is made
        finally:
            the_monitor().close()
        events = [part.splitlines() for part in text.split("\n\n") if part.startswith("event: ")]
        names = [event[0][7:] for event in events]
        assert names[:2] == ["sample", "bottleneck"]
        assert (names.count("sample") >= 2, names.count("bottleneck")) == (True, 1)
        assert json.loads(events[0][1][6:]).keys() >= NUMBERS

    def test_diagnostics_sum_the_last_hour_up(self, system: Client) -> None:
        stats = system.get("/api/system/diagnostics")[1]["stats"]
        assert (stats["enabled"], stats["window_seconds"]) == (True, 3600)
        assert stats["summary"]["averages"]["rss_mb"] > 0


@pytest.fixture
def monitor(stack: object) -> Iterator[Monitor]:
    made = Monitor(os.getpid(), 3600)
    yield made
    made.close()


def test_what_a_child_does_counts(monitor: Monitor) -> None:
    # The largest children alone are listed.
    program = "block = b'x' * 300_000_000; sum(range(30_000_000)); print('hush token=hush', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        monitor.take()
        sample = monitor.latest()
        child.communicate("\n")
    named: dict[str, Any] = next(each for each in sample["children"] if each["pid"] == child.pid)
    assert named["cpu_percent"] > 0
    assert sample["process_cpu_percent"] > 0
    assert "token=hush" not in named["cmdline"]
    assert sample["children_count"] >= 1
    assert flat(sample).keys() == NUMBERS


def test_the_machine_counts_upwards() -> None:
    before = read_machine()
    sum(range(5_000_000))
    after = read_machine()
    assert after.total_seconds >= before.total_seconds > 0
    assert (after.disk_read >= before.disk_read, after.received >= before.received) == (True, True)


def test_a_process_that_is_gone_is_none() -> None:
    assert processes_below(2**22 + 1) == []
