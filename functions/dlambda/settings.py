"""Every setting, typed: those of users, and those of a deployment (`DLAMBDA_<NAME>`).

`template.yaml` and the one-machine runtime fill in the latter, names of a deployment's parts; `environment` reads both.
"""

import re
from difflib import get_close_matches
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import ConfigDict, Field, field_validator

from dlambda import __version__
from dlambda.node_roles import read_roles
from dlambda.user_settings import Flag, UserSettings

HANDOVER_SECONDS = 60.0
_NODE = re.compile(r"[a-z0-9][a-z0-9._-]*", re.IGNORECASE)
_MISPLACED_IN_BASE_PATH = re.compile(r"[\s?#%\\]|//|/\.\.?(?:/|$)")


class Settings(UserSettings):
    """All settings: those of users, and what a deployment sets as DLAMBDA_<NAME>."""

    model_config = ConfigDict(defer_build=False)  # each start reads them

    table_prefix: str = "dlambda-"
    bucket: str = "dlambda"
    library_dir: str = Field("", description="the bucket as a folder, on one machine; empty: it is elsewhere")
    library_files: Flag = Field(False, description="whether functions read and write that folder themselves")
    media_engine: str = Field(
        "", description="address of one machine's engine of the bucket; empty: that of its client"
    )
    queue_prefix: str = Field("dlambda-", description="queue name -> URL is asked by this prefix + name")
    index_spread: int = Field(
        3, ge=1, le=64, description="partitions that the entries of an index's key are spread over; never to be lowered"
    )
    tables_socket: str = Field("", description="Unix socket of the table engine; empty: the endpoint's address")
    queues_socket: str = Field("", description="Unix socket of the queue engine; empty: the endpoint's address")
    warm_socket: str = Field("", description="Unix socket of who starts yt-dlp's warm processes; empty: each process")
    gaps_file: str = Field("", description="a line for each protection that this machine cannot give; empty: no file")
    socket_endpoint: str = Field("", description="management endpoint of the WebSocket API; empty: no sockets here")
    node: str = Field(
        "", max_length=64, description="name of this node among those of a deployment; empty in the cloud"
    )
    node_identity: str = Field("", description="of its data folder: two nodes of one name differ in it")
    node_url: str = Field("", description="where other nodes push to WebSocket clients of this one; empty: nowhere")
    role: str = Field("all", description="what this node does: all, or some of gateway, worker, scheduler")
    shares_services: Flag = Field(False, description="whether other nodes use the same tables, queues and bucket")
    media_public_url: str = Field(
        "",
        description="origin of presigned URLs; below the service 'request' (signed for its host) or 'gateway'",
    )
    archives_path: str = Field(
        "",
        description="config_path as it was when the data folder was new: archives bear that name; empty: config_path",
    )
    work_dir: str = Field("", description="scratch folder; empty: temp_path")
    work_durable: Flag = Field(False, description="whether the scratch folder outlives a function's process")
    function_seconds: float = Field(
        0, ge=0, description="how long a queue's function of one machine may run; 0: no limit"
    )
    tools_dir: str = Field("", description="folder of ffmpeg, ffprobe, deno; empty: PATH and /opt/bin")
    dynoxide: str = Field("", description="the table engine's program; empty: that in tools_dir")
    secret_key: str = Field("", description="32 bytes, base64; encrypts cookies, headers and keys at rest")
    secrets_version: str = Field("", description="no setting: its change starts new processes, which read secrets anew")
    log_dir: str = Field("", description="where log files lie on one machine; empty: standard output alone")
    answer_seconds: float = Field(25, gt=0, description="how long an HTTP answer may take; an HTTP API gives up at 30")
    answers_stream: Flag = Field(True, description="whether clients get an answer while it is being written")
    tick_seconds: float = Field(60, ge=1, description="how often one machine runs the scheduled functions")
    delivery_wait_factor: float = Field(1, gt=0, description="times the waits before further tries of a notification")
    poll_seconds: float = Field(2, gt=0, description="how often one machine asks a queue that no nudge tells of")
    releases_url: str = Field("", description="where the latest release of this service is told (GitHub's JSON)")
    ytdlp_releases_url: str = "https://api.github.com/repos/yt-dlp/yt-dlp/releases/latest"
    releases_dir: str = Field("", description="folder of yt-dlp's releases; empty: the installed one alone serves")
    log_group: str = Field("", description="where all functions log in the cloud; empty: files in log_dir")
    custom_metrics: Flag = Field(True, description="whether CloudWatch makes metrics of the numbers in that log")
    function_name: str = Field("", description="in the cloud, which sets it; empty on one machine")
    started_at: float = Field(0.0, description="unix seconds of the deployment's start")
    app_version: str = f"v{__version__}"
    app_commit_sha: str = "unknown"
    app_build_date: str = "unknown"
    app_branch: str = "main"

    @property
    def auth_enabled(self) -> bool:
        """Only with both a user name and a password (system.md 2)."""
        return bool(self.auth_username and self.auth_password)

    @property
    def has_oidc(self) -> bool:
        return bool(self.oidc_issuer and self.oidc_client_id)

    @property
    def has_login(self) -> bool:
        """True if settings alone let somebody sign in (accounts.md 3)."""
        return self.auth_enabled or self.has_oidc or bool(self.auth_proxy_header)

    @property
    def auth_incomplete(self) -> bool:
        """A user name without a password, or a password without a user name."""
        return bool(self.auth_username) != bool(self.auth_password)

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles of this node."""
        return read_roles(self.role)

    @property
    def zone(self) -> ZoneInfo:
        """Where timers have their hours (tasks.md 4)."""
        return ZoneInfo(self.tz)

    @property
    def scratch(self) -> Path:
        """Where workers put partial files."""
        return Path(self.work_dir or self.temp_path)

    @property
    def download_folders(self) -> list[Path]:
        """Where downloads write: the scratch folder, and the library where that is a folder of the same machine."""
        return [self.scratch, *([Path(self.library_dir)] if self.library_dir else [])]

    @property
    def disk_reserve_bytes(self) -> int:
        """Bytes that downloads leave free of the scratch folder's volume, at most a twentieth of it.

        `media.machine.disk` compares them.
        """
        return self.disk_reserve_mb * 1_000_000

    @property
    def handover_seconds(self) -> float:
        """Work is handed over when less than this is left of an invocation: its state is to be saved, its end written.

        Less where a setting makes invocations short.
        """
        return min(HANDOVER_SECONDS, self.function_seconds / 4) if self.function_seconds else HANDOVER_SECONDS

    @property
    def worker_memory_bytes(self) -> int:
        """The most private memory of one sandboxed process."""
        return self.worker_memory_mb * 1024 * 1024

    def workers_for(self, extractor: str) -> int:
        """Parallel downloads of one extractor, never above `max_workers` (downloads.md 5.7)."""
        limit = self.extractor_limits.get(extractor.upper(), self.max_workers_per_extractor)
        return min(limit, self.max_workers)

    @field_validator("socket_endpoint")
    @classmethod
    def _socket_endpoint_is_asked_by_http(cls, value: str) -> str:
        """API Gateway tells the address of clients, `wss://`; what manages them has the same name by HTTP."""
        return f"http{value.removeprefix('ws')}" if value.startswith(("ws://", "wss://")) else value

    @field_validator("role")
    @classmethod
    def _role_is_known(cls, value: str) -> str:
        read_roles(value)
        return value

    @field_validator("node")
    @classmethod
    def _node_is_a_name(cls, value: str) -> str:
        if value and not _NODE.fullmatch(value):
            raise ValueError(f"{value!r} is no name: letters, digits, '.', '_' and '-', such as kitchen-1")
        return value

    @field_validator("tz")
    @classmethod
    def _tz_is_a_zone(cls, value: str) -> str:
        try:
            return ZoneInfo(value.removeprefix(":") or "UTC").key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"{value!r} is no time zone, such as {_nearest_zone(value)}") from None

    @field_validator("base_path")
    @classmethod
    def _base_path_has_slashes(cls, value: str) -> str:
        if not value.startswith("/"):
            raise ValueError("must begin with /")
        if misplaced := _MISPLACED_IN_BASE_PATH.search(value):
            raise ValueError(f"is a path such as /dl and cannot contain {misplaced.group()!r}")
        return value


def _nearest_zone(value: str) -> str:
    zones = {zone.lower(): zone for zone in sorted(available_timezones())}
    cities = {zone.rpartition("/")[2]: zone for zone in zones if "/" in zone}
    word = value.strip().lower().replace(" ", "_")
    names = get_close_matches(word, zones, 1) or [cities[city] for city in get_close_matches(word, cities, 1)]
    return zones[names[0]] if names else "Europe/Berlin"
