"""Health, and what the service checks of itself: answers."""

from typing import Any

from pydantic import Field

from dlambda.entry.model import Model


class Liveness(Model):
    status: str
    version: str
    uptime_seconds: float | None


class Engine(Model):
    ok: bool
    ms: float | None = None
    error: str | None = None


class Age(Model):
    """Sites and published flaws change: what is `old` fails at many, what is not `safe` has one that concerns us."""

    version: str | None
    released: str | None = Field(description="a day; null for a build that is not known")
    age_days: int | None
    old: bool | None = Field(description="yt-dlp after 90 days, deno after 180, ffmpeg and ffprobe after 270")
    safe: bool | None = Field(description="not older than the oldest version that may be used; null when unknown")


class Tool(Age):
    ok: bool


class Disk(Model):
    """The volume that downloads fill first; not `ok` when none begins."""

    ok: bool
    free_bytes: int
    available_bytes: int = Field(description="what downloads may still write: `free_bytes` without `reserve_bytes`")
    total_bytes: int
    reserve_bytes: int


class NodeView(Model):
    """A machine that serves the deployment with others; one that went silent leaves the list within half a minute."""

    name: str = Field(examples=["kitchen"])
    roles: list[str] = Field(examples=[["gateway", "worker", "scheduler"]])
    version: str = Field(examples=["v0.1.0"])
    started_at: float = Field(description="unix seconds, by its own clock")
    seen_at: float = Field(description="when it last said that it is there (unix seconds, by its own clock)")


class Ready(Model):
    status: str = Field(description="`ok`, `limited` (a tool is missing, the disk is full) or `unavailable`")
    engines: dict[str, Engine]
    tools: dict[str, Tool]
    disk: Disk
    ytdlp: Age
    missing: list[str] = Field(description="protections that this machine cannot give, a sentence each")
    node: str | None = Field(description="the name of the node that answers; null in the cloud", examples=["kitchen"])
    nodes: list[NodeView] = Field(description="all nodes of the deployment; none for one machine alone")


class CheckView(Model):
    id: str = Field(examples=["ffmpeg"])
    label: str = Field(examples=["ffmpeg"])
    group: str = Field(description="`core`, `security`, `youtube`, `notifications` or `advanced`", examples=["core"])
    required: bool = Field(description="nothing is downloaded when it fails")
    status: str = Field(description="`pass`, `fail`, `warn` or `skip`", examples=["pass"])
    description: str
    message: str
    details: dict[str, Any]


class Summary(Model):
    total: int
    pass_: int = Field(alias="pass")
    fail: int
    warn: int
    skip: int
    required_failed: int


class Diagnostics(Model):
    status: str = Field(description="`ok`, `degraded`, or `error` when a required check fails", examples=["ok"])
    generated_at: int = Field(description="unix seconds")
    summary: Summary
    runtime: dict[str, Any] = Field(description="versions, platform, uptime")
    requirements: dict[str, Any] = Field(description="of Python: `current`, `required`, `supported`, `note`")
    stats: dict[str, Any] = Field(description="`enabled`, and the last hour where samples are taken")
    checks: list[CheckView]
