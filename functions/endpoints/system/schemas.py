"""Answers of `/api/ping`, `/api/system/*` and `/api/docs*` (docs/contract/system.md 4, 5, 7)."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, RootModel

from dlambda.entry.query import Query


class Pong(BaseModel):
    status: str


class Message(BaseModel):
    message: str


class Folder(BaseModel):
    name: str
    path: str


class ConfigurationQuery(Query):
    without: str = Field("", description="what is left out, of a client that loads it page by page: `folders,queue`")


class Configuration(BaseModel):
    """The state that a client begins with: read at each page load and each WebSocket connect."""

    model_config = ConfigDict(extra="allow")

    app: dict[str, Any]
    presets: list[dict[str, Any]]
    dl_fields: list[dict[str, Any]]
    paused: bool
    folders: list[Folder] = Field(default_factory=list, description="unless it is left out")
    history_count: int
    queue: list[dict[str, Any]] = Field(default_factory=list, description="unless it is left out")


class FoldersQuery(Query):
    path: str = Field("", description="a folder below the download root; none: the root")


class Subfolders(BaseModel):
    path: str = Field(examples=["videos"])
    folders: list[str] = Field(description="names, in order; none of a folder that does not exist", examples=[["2026"]])


class Update(BaseModel):
    status: str = Field(description="`update_available`, `up_to_date`, `error` or `disabled`")
    current_version: str | None
    new_version: str | None


class Updates(Update):
    """The flat keys are about the service."""

    app: Update
    ytdlp: Update


class RefusedRelease(BaseModel):
    version: str = Field(examples=["2026.11.20"])
    reason: str = Field(examples=["It cannot download clip.mp4 (HTTP Error 500)."])


class YtdlpRelease(BaseModel):
    """The release of yt-dlp that serves, and what is known of others."""

    version: str = Field(description="of the release that serves", examples=["2026.11.20"])
    released: str | None = Field(description="its day", examples=["2026-11-20"])
    age_days: int | None = Field(examples=[9])
    old: bool | None = Field(description="many sites change faster")
    safe: bool | None = Field(description="no published flaw of it concerns this service")
    installed: str = Field(description="what the service was installed with", examples=["2026.10.26"])
    channel: str = Field(description="the setting `ytdlp_version`", examples=["stable"])
    auto_update: bool = Field(description="newer releases are tried each day")
    newest: str | None = Field(description="the newest of the channel, when it was last asked for")
    trial: str | None = Field(description="the release that serves items which have failed before")
    previous: str | None = Field(description="what serves again when this one fails")
    since: float | None = Field(description="when the trial, or else the serving release, began (unix seconds)")
    checked_at: float | None = Field(description="when newer releases were last asked for (unix seconds)")
    updating: bool
    error: str | None = Field(description="why the last update has changed nothing")
    refused: list[RefusedRelease]
    new_options: list[str] = Field(description="of the newest tried release; refused until a release of the service")
    missing_options: list[str] = Field(description="that it no longer has")


class Liveness(BaseModel):
    status: str
    version: str
    uptime_seconds: float | None


class Engine(BaseModel):
    ok: bool
    ms: float | None = None
    error: str | None = None


class Age(BaseModel):
    """Sites and published flaws change: what is `old` fails at many, what is not `safe` has one that concerns us."""

    version: str | None
    released: str | None = Field(description="a day; null for a build that is not known")
    age_days: int | None
    old: bool | None = Field(description="yt-dlp after 90 days, deno after 180, ffmpeg and ffprobe after 270")
    safe: bool | None = Field(description="not older than the oldest version that may be used; null when unknown")


class Tool(Age):
    ok: bool


class Disk(BaseModel):
    """The volume that downloads fill first; not `ok` when none begins."""

    ok: bool
    free_bytes: int
    available_bytes: int = Field(description="what downloads may still write: `free_bytes` without `reserve_bytes`")
    total_bytes: int
    reserve_bytes: int


class NodeView(BaseModel):
    """A machine that serves the deployment with others; one that went silent leaves the list within half a minute."""

    name: str = Field(examples=["kitchen"])
    roles: list[str] = Field(examples=[["gateway", "worker", "scheduler"]])
    version: str = Field(examples=["v0.1.0"])
    started_at: float = Field(description="unix seconds, by its own clock")
    seen_at: float = Field(description="when it last said that it is there (unix seconds, by its own clock)")


class Ready(BaseModel):
    status: str = Field(description="`ok`, `limited` (a tool is missing, the disk is full) or `unavailable`")
    engines: dict[str, Engine]
    tools: dict[str, Tool]
    disk: Disk
    ytdlp: Age
    missing: list[str] = Field(description="protections that this machine cannot give, a sentence each")
    node: str | None = Field(description="the name of the node that answers; null in the cloud", examples=["kitchen"])
    nodes: list[NodeView] = Field(description="all nodes of the deployment; none for one machine alone")


class Setting(BaseModel):
    name: str = Field(examples=["max_workers"])
    setting: str = Field(
        description="the variable that it was read from, or is to be set", examples=["YTP_MAX_WORKERS"]
    )
    value: str | float | bool | None = Field(description="as it counts; `********` for a secret", examples=[20])
    default: str | float | bool | None = Field(examples=[20])
    source: str = Field(description="`default`, or `env_override` when somebody set it", examples=["default"])
    secret: bool = Field(description="its value is never told")
    description: str = Field(examples=["downloads at once"])


class SettingList(BaseModel):
    items: list[Setting] = Field(description="by name; behind them the limits of single extractors")


class Source(BaseModel):
    source: str = Field(description="`default`, or `env_override` when somebody set it", examples=["default"])
    setting: str = Field(description="the variable to set", examples=["YTP_MAX_WORKERS"])


class WorkerLimit(Source):
    limit: int
    active: int
    available: int


class GlobalLimit(WorkerLimit):
    live_active: int = Field(description="live downloads, which pass the limits")
    queued: int = Field(description="items that lack nothing but a free slot, live ones aside")


class ExtractorLimit(WorkerLimit):
    name: str = Field(examples=["youtube"])
    queued: int


class ExtractorLimits(Source):
    default_limit: int
    items: list[ExtractorLimit]


class DownloadLimits(BaseModel):
    paused: bool
    global_: GlobalLimit = Field(alias="global")
    per_extractor: ExtractorLimits


class ExtractionLimits(BaseModel):
    concurrency: int
    timeout_seconds: float
    info_cache_ttl_seconds: int


class LiveLimits(BaseModel):
    prevent_premiere: bool
    premiere_buffer_minutes: int


class Limits(BaseModel):
    downloads: DownloadLimits
    extraction: ExtractionLimits
    live: LiveLimits
    key_tasks: WorkerLimit = Field(description="tasks of the key API")


class CheckView(BaseModel):
    id: str = Field(examples=["ffmpeg"])
    label: str = Field(examples=["ffmpeg"])
    group: str = Field(description="`core`, `security`, `youtube`, `notifications` or `advanced`", examples=["core"])
    required: bool = Field(description="nothing is downloaded when it fails")
    status: str = Field(description="`pass`, `fail`, `warn` or `skip`", examples=["pass"])
    description: str
    message: str
    details: dict[str, Any]


class Summary(BaseModel):
    total: int
    pass_: int = Field(alias="pass")
    fail: int
    warn: int
    skip: int
    required_failed: int


class Diagnostics(BaseModel):
    status: str = Field(description="`ok`, `degraded`, or `error` when a required check fails", examples=["ok"])
    generated_at: int = Field(description="unix seconds")
    summary: Summary
    runtime: dict[str, Any] = Field(description="versions, platform, uptime")
    requirements: dict[str, Any] = Field(description="of Python: `current`, `required`, `supported`, `note`")
    stats: dict[str, Any] = Field(description="`enabled`, and the last hour where samples are taken")
    checks: list[CheckView]


class SessionPath(BaseModel):
    session_id: str = Field(description="as answered when it began")


class CursorQuery(Query):
    since: str = Field("", description="the number of the last event that was seen; the larger of it and the header")


class Session(BaseModel):
    """A command of the terminal; times are unix seconds."""

    session_id: str = Field(examples=["3a8c5f7e2d3b4a8f9c0d1e2f3a4b5c6d"])
    command: str = Field(description="secrets masked", examples=["--version"])
    status: str = Field(
        description="`starting`, `running`, `completed`, `failed` or `interrupted`", examples=["running"]
    )
    created_at: float
    started_at: float | None
    finished_at: float | None
    expires_at: float | None = Field(description="when it is forgotten; null while it runs")
    available_until: float | None = Field(description="the same")
    exit_code: int | None = Field(description="-1 when it did not end by itself; null while it runs")
    last_sequence: int = Field(description="the number of the last event")


class SessionOrNone(RootModel[Session | None]):
    """A session, or null."""


class SessionList(BaseModel):
    items: list[Session]


class Cancelled(BaseModel):
    message: str
    session_id: str


class RangeQuery(Query):
    range: str = Field("30m", description="`30s`, `5m`, `1h`, `2d`, or seconds")


class Numbers(BaseModel):
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


class Series(RootModel[list[HistoryPoint]]):
    """Oldest first."""


class ProcessView(BaseModel):
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


class Bottleneck(BaseModel):
    type: str = Field(examples=["cpu"])
    level: str = Field(description="`info`, `warning` or `critical`", examples=["warning"])
    summary: str
    details: str


class BottleneckReport(BaseModel):
    status: str = Field(description="`ok`, `attention` or `unknown`", examples=["ok"])
    window_samples: int
    averages: dict[str, float | None]
    bottlenecks: list[Bottleneck]


class Loop(BaseModel):
    total_tasks: int
    loop: str
    tasks: list[dict[str, Any]]


class Packages(BaseModel):
    """Name and version, null for what is not installed."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, str | None]


class DocumentPath(BaseModel):
    file: str = Field(
        description="README.md, FEATURES.md, FAQ.md, API.md, SECURITY.md, openapi.json, asyncapi.json, sc_short.jpg or "
        "sc_simple.jpg"
    )
