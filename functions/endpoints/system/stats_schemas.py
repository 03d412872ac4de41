"""Queries and answers about the use of the machine."""

from typing import Any

from pydantic import Field

from dlambda.entry.model import Model, Root
from dlambda.entry.query import Query


class RangeQuery(Query):
    range: str = Field("30m", description="`30s`, `5m`, `1h`, `2d`, or seconds")


class Numbers(Model):
    """`…_bps` are bytes a second, null in the first sample; `process_…` is the whole service."""

    ts: float = Field(description="unix seconds")
    process_cpu_percent: float = Field(description="of all processors that the service may use")
    system_cpu_percent: float
    rss_mb: float
    uss_mb: float = Field(description="memory that no other process shares")
    memory_percent: float | None = Field(description="of the machine")
    process_read_bps: float | None
    process_write_bps: float | None
    disk_read_bps: float | None
    disk_write_bps: float | None
    network_recv_bps: float | None = Field(description="of all interfaces but the loopback")
    network_sent_bps: float | None
    threads: int
    open_files: int
    connections: int = Field(description="open sockets")
    active_jobs: int = Field(description="downloads that run")
    queued_jobs: int = Field(description="items that lack nothing but a slot")
    children_count: int


class HistoryPoint(Numbers):
    is_paused: int = Field(description="0 or 1")


class Series(Root[list[HistoryPoint]]):
    """Oldest first."""


class ProcessView(Model):
    pid: int
    name: str
    display_name: str
    cmdline: str = Field(description="its beginning, secrets masked")
    status: str
    cpu_percent: float = Field(description="of one processor")
    rss_mb: float
    threads: int


class SampleView(Numbers):
    is_paused: bool
    cpu_limit: float | None = Field(description="processors that the control group allows; null without a limit")
    effective_cpu_count: float
    vms_mb: float
    cgroup_memory: dict[str, Any]
    process_io_available: bool
    disk_usage: dict[str, dict[str, Any]] = Field(description="by the folders' names for clients")
    children: list[ProcessView] = Field(description="the ten with the most memory")
    uptime_seconds: float | None


class Bottleneck(Model):
    type: str = Field(examples=["cpu"])
    level: str = Field(description="`info`, `warning` or `critical`", examples=["warning"])
    summary: str
    details: str


class BottleneckReport(Model):
    status: str = Field(description="`ok`, `attention` or `unknown`", examples=["ok"])
    window_samples: int
    averages: dict[str, float | None]
    bottlenecks: list[Bottleneck]
