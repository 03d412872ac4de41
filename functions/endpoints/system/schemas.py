"""Answers of `/api/ping`, `/api/system/*` and `/api/docs*` (docs/contract/system.md 4, 5, 7)."""

from typing import Any

from pydantic import ConfigDict, Field

from dlambda.entry.model import Model
from dlambda.entry.query import Query


class Pong(Model):
    status: str


class Message(Model):
    message: str


class Folder(Model):
    name: str
    path: str


class ConfigurationQuery(Query):
    without: str = Field("", description="what is left out, of a client that loads it page by page: `folders,queue`")


class Configuration(Model):
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


class Subfolders(Model):
    path: str = Field(examples=["videos"])
    folders: list[str] = Field(description="names, in order; none of a folder that does not exist", examples=[["2026"]])


class Update(Model):
    status: str = Field(description="`update_available`, `up_to_date`, `error` or `disabled`")
    current_version: str | None
    new_version: str | None


class Updates(Update):
    """The flat keys are about the service."""

    app: Update
    ytdlp: Update


class RefusedRelease(Model):
    version: str = Field(examples=["2026.11.20"])
    reason: str = Field(examples=["It cannot download clip.mp4 (HTTP Error 500)."])


class YtdlpRelease(Model):
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


class Setting(Model):
    name: str = Field(examples=["max_workers"])
    setting: str = Field(
        description="the variable that it was read from, or is to be set", examples=["YTP_MAX_WORKERS"]
    )
    value: str | float | bool | None = Field(description="as it counts; `********` for a secret", examples=[20])
    default: str | float | bool | None = Field(examples=[20])
    source: str = Field(description="`default`, or `env_override` when somebody set it", examples=["default"])
    secret: bool = Field(description="its value is never told")
    description: str = Field(examples=["downloads at once"])


class SettingList(Model):
    items: list[Setting] = Field(description="by name; behind them the limits of single extractors")


class Source(Model):
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


class DownloadLimits(Model):
    paused: bool
    global_: GlobalLimit = Field(alias="global")
    per_extractor: ExtractorLimits


class ExtractionLimits(Model):
    concurrency: int
    timeout_seconds: float
    info_cache_ttl_seconds: int


class LiveLimits(Model):
    prevent_premiere: bool
    premiere_buffer_minutes: int


class Limits(Model):
    downloads: DownloadLimits
    extraction: ExtractionLimits
    live: LiveLimits
    key_tasks: WorkerLimit = Field(description="tasks of the key API")


class Loop(Model):
    total_tasks: int
    loop: str
    tasks: list[dict[str, Any]]


class Packages(Model):
    """Name and version, null for what is not installed."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, str | None]


class DocumentPath(Model):
    file: str = Field(
        description="README.md, FEATURES.md, FAQ.md, API.md, SECURITY.md, openapi.json, asyncapi.json, sc_short.jpg or "
        "sc_simple.jpg"
    )
