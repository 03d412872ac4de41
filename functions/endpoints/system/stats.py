"""`/api/stats/*`: what the service and its machine use (docs/contract/system.md 5, stats)."""

from collections.abc import Iterator
from typing import Any, Final

from flask import Response

from dlambda.deployment import current
from dlambda.domain.system.bottlenecks import average, find_bottlenecks, read_range
from dlambda.entry.sse import Sent, Streams
from dlambda.usecases.operations.monitor import check_enabled, flat, is_enabled, monitor
from dlambda.usecases.operations.sample import Sample

_streams = Streams(4)
_BOTTLENECK_SECONDS: Final = 300.0
_DIAGNOSIS_SECONDS: Final = 3600
_ALIVE_SECONDS: Final = 10.0
_SUMMARY: Final = (
    "process_cpu_percent", "system_cpu_percent", "memory_percent", "rss_mb", "process_read_bps", "process_write_bps",
    "disk_read_bps", "disk_write_bps", "network_recv_bps", "network_sent_bps", "active_jobs", "queued_jobs",
    "children_count",
)  # fmt: skip


def latest() -> Sample:
    check_enabled()
    return monitor().latest()


def history(text: str) -> list[Sample]:
    """The samples of the time that `text` names, oldest first."""
    check_enabled()
    return [flat(sample) for sample in monitor().history(read_range(text))]


def bottlenecks() -> dict[str, Any]:
    check_enabled()
    return find_bottlenecks(monitor().history(_BOTTLENECK_SECONDS))


def stream() -> Response:
    """Each sample as it is taken, and what is too high when that has changed."""
    check_enabled()
    return _streams.open(_events())


def _events() -> Iterator[Sent | None]:
    clock = current().clock
    end = clock.monotonic() + current().settings.answer_seconds
    last: list[tuple[str, str]] | None = None
    for sample in monitor().follow(_ALIVE_SECONDS):
        yield Sent("sample", sample) if sample else None
        problems = find_bottlenecks(monitor().history(_BOTTLENECK_SECONDS))
        kinds = [(problem["type"], problem["level"]) for problem in problems["bottlenecks"]]
        if sample and kinds != last:
            last = kinds
            yield Sent("bottleneck", problems)
        if clock.monotonic() >= end:
            return


def summary() -> dict[str, Any]:
    """The last hour, for diagnostics; only `enabled` false where no samples are taken."""
    if not is_enabled():
        return {"enabled": False}
    samples = monitor().history(_DIAGNOSIS_SECONDS)
    return {
        "enabled": True,
        "window_seconds": _DIAGNOSIS_SECONDS,
        "sample_count": len(samples),
        "summary": {
            "averages": {name: average(samples, name) for name in _SUMMARY},
            "max": {
                name: max((sample[name] for sample in samples if sample[name] is not None), default=None)
                for name in _SUMMARY
            },
        },
        "bottlenecks": find_bottlenecks(samples),
    }
