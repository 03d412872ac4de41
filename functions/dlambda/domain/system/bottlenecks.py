"""Bottlenecks of the service, from samples of the machine's use (docs/contract/system.md 5, stats). Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dlambda.errors import Invalid

Sample = Mapping[str, Any]

_WINDOW: Final = 30
_MB: Final = 1024 * 1024
_BOUND_BPS: Final = 20 * _MB
_HIGH_BPS: Final = 50 * _MB
_BUSY_PERCENT: Final = 60
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_RANGE: Final = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)([smhd]?)", re.ASCII)


def read_range(text: str) -> float:
    """`30s`, `5m`, `1h`, `2d`, or seconds. Raises `Invalid`."""
    match = _RANGE.fullmatch(text.strip().lower())
    if match is None or float(match[1]) == 0:
        raise Invalid("range must be a time such as 30s, 5m, 1h, or a number of seconds.")
    return float(match[1]) * _SECONDS[match[2] or "s"]


@dataclass(frozen=True, slots=True)
class _Limit:
    """A number that is too high from `warning` on, and `critical` from there. `details` words its average."""

    type: str
    key: str
    warning: float
    summary: str
    details: str
    level: str = "warning"
    critical: float | None = None
    needs_idle_cpu: bool = False
    unit: Callable[[float], float] = float


def _mbps(bps: float) -> float:
    return round(bps / _MB, 2)


_LIMITS: Final = (
    _Limit("cpu", "process_cpu_percent", 80, "The service uses most of the processors.",
           "It used {value}% of them", critical=95),
    _Limit("memory", "memory_percent", 80, "The machine's memory is nearly used up.",
           "{value}% of it were in use", critical=90),
    _Limit("process_io_write", "process_write_bps", _BOUND_BPS, "The service seems to wait for the disk to write.",
           "It wrote {value} MB/s while the processors had time", needs_idle_cpu=True, unit=_mbps),
    _Limit("process_io_read", "process_read_bps", _BOUND_BPS, "The service seems to wait for the disk to read.",
           "It read {value} MB/s while the processors had time", needs_idle_cpu=True, unit=_mbps),
    _Limit("disk_write", "disk_write_bps", _HIGH_BPS, "The disks write a lot.", "They wrote {value} MB/s",
           "info", unit=_mbps),
    _Limit("disk_read", "disk_read_bps", _HIGH_BPS, "The disks read a lot.", "They read {value} MB/s",
           "info", unit=_mbps),
    _Limit("network_download", "network_recv_bps", _HIGH_BPS, "The network receives a lot.",
           "It received {value} MB/s", "info", unit=_mbps),
    _Limit("network_upload", "network_sent_bps", _HIGH_BPS, "The network sends a lot.",
           "It sent {value} MB/s", "info", unit=_mbps),
)  # fmt: skip
_AVERAGES: Final = {
    "process_cpu_percent": "process_cpu_percent",
    "system_cpu_percent": "system_cpu_percent",
    "memory_percent": "memory_percent",
    "process_read_bps": "process_read_mbps",
    "process_write_bps": "process_write_mbps",
    "disk_read_bps": "disk_read_mbps",
    "disk_write_bps": "disk_write_mbps",
    "network_recv_bps": "network_recv_mbps",
    "network_sent_bps": "network_sent_mbps",
    "active_jobs": "active_jobs",
}


def find_bottlenecks(history: Sequence[Sample]) -> dict[str, Any]:
    """`status` (`ok`, `attention`, `unknown`), averages over the last samples, and what is too high."""
    window = history[-_WINDOW:]
    if not window:
        return {"status": "unknown", "window_samples": 0, "averages": {}, "bottlenecks": []}
    averages = {key: average(window, key) for key in _AVERAGES}
    problems = [problem for limit in _LIMITS if (problem := _problem(limit, averages, len(window)))]
    return {
        "status": "attention" if problems else "ok",
        "window_samples": len(window),
        "averages": {name: _render(name, averages[key]) for key, name in _AVERAGES.items()},
        "bottlenecks": problems,
    }


def average(samples: Sequence[Sample], key: str) -> float | None:
    """The mean of the samples that have a number there."""
    numbers = [float(sample[key]) for sample in samples if sample.get(key) is not None]
    return round(sum(numbers) / len(numbers), 2) if numbers else None


def _render(name: str, value: float | None) -> float | None:
    return _mbps(value) if value is not None and name.endswith("_mbps") else value


def _problem(limit: _Limit, averages: Mapping[str, float | None], count: int) -> dict[str, str] | None:
    value, cpu = averages[limit.key], averages["process_cpu_percent"]
    if value is None or value < limit.warning or (limit.needs_idle_cpu and (cpu or 0) >= _BUSY_PERCENT):
        return None
    is_critical = limit.critical is not None and value >= limit.critical
    return {
        "type": limit.type,
        "level": "critical" if is_critical else limit.level,
        "summary": limit.summary,
        "details": f"{limit.details.format(value=limit.unit(value))} on average of the last {count} samples.",
    }
