"""Every setting, typed and validated at start. Nothing else reads `os.environ`.

In the cloud a variable names a secret (`DLAMBDA_SECRET_KEY_FROM`); its text is read once a process from Secrets
Manager.
Users set `YTP_<NAME>` (docs/contract/system.md 10); a deployment sets the names of its parts (`DLAMBDA_<NAME>`), which
`template.yaml` and the one-machine runtime fill in. A bad value stops the start with a text that names the setting.
"""

import os
import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from dlambda import __version__
from dlambda.node_roles import read_roles
from dlambda.service_access import ServiceAccess, read_access

USER_PREFIX = "YTP_"
DEPLOYMENT_PREFIX = "DLAMBDA_"
_TRUE = frozenset({"true", "on", "1"})
_FALSE = frozenset({"false", "off", "0"})
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
HANDOVER_SECONDS = 60.0
EXTRACTOR_LIMIT = "max_workers_for_"
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?/?", re.IGNORECASE)
_NODE = re.compile(r"[a-z0-9][a-z0-9._-]*", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9._-]+|\[?[0-9a-f:.]+\]?", re.IGNORECASE)
# Settings that other servers of the two APIs read without a prefix (docs/contract/hostapi.md, system.md 10); the
# prefixed ones win. The last is Lambda's own.
PLAIN_NAMES = {
    "CORS_ORIGINS": "cors_origins",
    "TRUSTED_PROXIES": "trusted_proxies",
    "TASK_CLEANUP_TIME": "task_cleanup_time",
    "REQUEST_LIMIT": "request_limit",
    "MAX_WORKERS": "task_max_workers",
    "DEFAULT_QUOTA_GB": "default_quota_gb",
    "QUOTA_RATE_MINUTES": "quota_rate_minutes",
    "AVAILABLE_GB": "available_gb",
    "AWS_LAMBDA_FUNCTION_NAME": "function_name",
}
# `local/config.py` copies the shorthand over the setting.
_SHORTHANDS = {"YTP_PORT": "PORT"}
# Blanks may be part of these.
_VERBATIM = frozenset({"auth_username", "auth_password", "admin_key", "secret_key", "oidc_client_secret"})
# What nobody is told: `GET /api/system/settings` masks it.
SECRET_SETTINGS = (_VERBATIM | {"proxies"}) - {"auth_username"}
# Settings of other servers, accepted without effect (docs/contract/system.md 10).
IGNORED_SETTINGS = frozenset(
    {
        "db_file", "debug", "debugpy_port", "flaresolverr_cache_ttl", "flaresolverr_client_timeout",
        "flaresolverr_max_timeout", "flaresolverr_url", "ignore_ui", "monitor_retention_hours",
        "pip_ignore_updates", "static_ui_path", "streamer_acodec", "temp_disabled",
    }
)  # fmt: skip
_MISPLACED_IN_BASE_PATH = re.compile(r"[\s?#%\\]|//|/\.\.?(?:/|$)")


_KEY_FROM = "DLAMBDA_SECRET_KEY_FROM"
_LOGIN_FROM = "DLAMBDA_LOGIN_FROM"
_ADMIN_KEY_FROM = "DLAMBDA_ADMIN_KEY_FROM"
_OIDC_SECRET_FROM = "DLAMBDA_OIDC_SECRET_FROM"  # noqa: S105 names a variable
_MORE = "DLAMBDA_SETTINGS"
# Variables of a deployment that are no settings: names of secrets, the adapter's module, the socket that wakes pollers.
PART_VARIABLES = frozenset(
    {_KEY_FROM, _LOGIN_FROM, _ADMIN_KEY_FROM, _OIDC_SECRET_FROM, _MORE, "DLAMBDA_SERVE", "DLAMBDA_NUDGE_SOCKET"}
)


class SettingsError(ValueError):
    """A setting has a value that the service cannot start with."""


def _read_bool(value: object) -> object:
    text = str(value).strip().lower()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueError(f"must be true or false (also on/off, 1/0), not {value!r}")


Flag = Annotated[bool, BeforeValidator(_read_bool)]
LogLevel = Annotated[
    Literal["debug", "info", "warning", "error", "critical"], BeforeValidator(lambda value: str(value).strip().lower())
]
VideoCodec = Literal["", "auto", "h264_qsv", "h264_nvenc", "h264_amf", "h264_videotoolbox", "h264_vaapi", "libx264"]


def list_words(text: str) -> list[str]:
    """The values of a setting that holds several, separated by blanks or commas."""
    return text.replace(",", " ").split()


class UserSettings(BaseModel):
    """Settings that users set as YTP_<NAME>: the table of docs/contract/system.md 10."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    app_env: Literal["production", "development"] = Field("production", description="production or development")
    config_path: str = Field("/config", description="folder of the configuration, as paths in options begin with it")
    download_path: str = Field("/downloads", description="the download root, as paths in answers begin with it")
    temp_path: str = Field("/tmp", description="scratch folder")  # noqa: S108 the documented default; on one machine it is DATA_DIR/work
    download_path_depth: int = Field(2, ge=1, le=16, description="how deep the folders go that are suggested")
    download_info_expires: int = Field(10800, ge=0, description="seconds that metadata may be used again")
    host: str = Field("127.0.0.1", description="address that one machine listens on")
    port: int = Field(8080, ge=0, le=65535, description="port that one machine listens on")
    base_path: str = Field("/", description="path below which everything lies")
    auth_username: str = Field("", description="name of the user of the settings")
    auth_password: str = Field("", description="password of that user")
    auth_session_days: int = Field(30, ge=1, le=3650, description="after which a browser must sign in again")
    auth_proxy_header: str = Field("", description="header in which trusted proxies name who has signed in there")
    auth_proxy_groups_header: str = Field("", description="header in which they name that user's groups")
    auth_admin_groups: str = Field("", description="groups whose members are admins, of a proxy or an OIDC provider")
    auth_member_groups: str = Field("", description="groups whose members are members")
    auth_guest_groups: str = Field("", description="groups whose members are guests")
    auth_default_role: Literal["", "admin", "member", "guest"] = Field(
        "", description="role of who is in none of these groups; empty: nobody's, but member where no group is set"
    )
    disable_auth: Flag | None = Field(None, description="true: no login; false: always; unset: once there is one")
    oidc_issuer: str = Field("", description="address of an OpenID Connect provider, without /.well-known/...")
    oidc_client_id: str = Field("", description="name of this service at the provider")
    oidc_client_secret: str = Field("", description="secret of this service there")
    oidc_scopes: str = Field("openid profile email groups", description="what is asked of the provider")
    oidc_name_claim: str = Field("preferred_username", description="claim with the account's name; else email, sub")
    oidc_groups_claim: str = Field("groups", description="claim with the user's groups; a.b reads b inside a")
    oidc_label: str = Field("single sign-on", description="name of the provider on the sign-in page")
    allow_open: Flag = Field(False, description="listens for other machines without a password")
    allowed_hosts: str = Field("", description="host names that are answered without a password, beside the loopback's")
    trusted_proxies: str = Field("", description="addresses and networks whose X-Forwarded-... headers count")
    output_template: str = Field("%(title)s.%(ext)s", description="names of files")
    output_template_chapter: str = Field(
        "%(title)s - %(section_number)s %(section_title)s.%(ext)s", description="names of files of chapters"
    )
    default_preset: str = Field("default", description="preset of what names none")
    default_pagination: int = Field(50, ge=1, le=1000, description="items of a page of the history")
    queue_display_limit: int = Field(0, ge=0, description="items of the queue in `history/live`; 0: all")
    history_all_limit: int = Field(1000, ge=1, description="how much of the history `type=all` answers")
    max_workers: int = Field(20, ge=1, description="downloads at once")
    max_workers_per_extractor: int = Field(2, ge=1, description="downloads at once of one extractor")
    max_workers_per_user: int = Field(0, ge=0, description="downloads at once of one user; 0: as many as of all")
    daily_gb: float = Field(0, ge=0, description="gigabytes that downloads bring in a day, all together; 0: no limit")
    daily_gb_per_user: float = Field(0, ge=0, description="the same of each user")
    extractor_limits: Mapping[str, int] = Field(default_factory=dict, description="YTP_MAX_WORKERS_FOR_<EXTRACTOR>")
    extract_info_timeout: float = Field(70, gt=0, description="seconds that an extraction may take")
    extract_info_concurrency: int = Field(4, ge=1, description="extractions at once")
    worker_quiet_timeout: float = Field(1800, gt=0, description="seconds without a sign that end a download's worker")
    worker_busy_timeout: float = Field(300, gt=0, description="the same while it computes all the time")
    live_patience: float = Field(60, gt=0, description="seconds without a live stream after which it counts as ended")
    max_playlist_entries: int = Field(10_000, ge=1, description="of a playlist or feed that is taken at all")
    temp_keep: Flag = Field(False, description="keeps what a download leaves in the scratch folder")
    thumb_generate: Flag = Field(True, description="frames of films that have no picture beside them")
    thumb_sidecar: Flag = Field(False, description="such a frame becomes a picture beside the film")
    thumb_concurrency: int = Field(2, ge=1, description="frames that one process makes at once")
    remove_files: Flag = Field(False, description="files go with their items")
    keep_archive: Flag = Field(True, description="told to clients, without another effect")
    archive_file: str = Field("{config_path}/archive.log", description="what %(archive_file)s in options means")
    ignore_archived_items: Flag = Field(False, description="does not record what the archive holds already")
    auto_clear_history_days: int = Field(0, ge=0, description="after which finished items leave the history; 0: never")
    disk_reserve_mb: int = Field(200, ge=0, description="kept free where downloads are written; 0: nothing")
    retries: int = Field(3, ge=0, le=20, description="of downloads that failed for what passes by itself")
    remedies: str = Field("all", description="what failed downloads try: all, none, or names of remedies")
    site_remedies: str = Field("", description="the same for sites, as `example.com: retry cookies; x.org: none`")
    proxies: str = Field("", description="a pool of proxies for downloads; may lie in the own network")
    proxy_use: Literal["needed", "always"] = Field("needed", description="whether all downloads go through the pool")
    pot_provider_url: str = Field("", description="server that makes proofs of origin for YouTube; own network or not")
    prevent_live_premiere: Flag = Field(True, description="waits for premieres to end")
    live_premiere_buffer: int = Field(5, ge=0, description="minutes added to the time of a premiere")
    allow_internal_urls: Flag = Field(False, description="lets downloads reach private networks")
    sandbox: Literal["auto", "required", "off"] = Field("auto", description="around every process that handles media")
    worker_memory_mb: int = Field(3072, ge=512, description="most memory of one process that handles media")
    browser_enabled: Flag = Field(True, description="lists files")
    browser_control_enabled: Flag = Field(False, description="renames, moves and removes files")
    console_enabled: Flag = Field(False, description="runs yt-dlp's command line for admins")
    file_logging: Flag = Field(True, description="keeps the log where it can be read")
    log_level: LogLevel = Field("info", description="from which the service logs")
    log_level_file: LogLevel | None = Field(None, description="of the file of one machine; else log_level")
    http_workers: int = Field(1, ge=1, le=32, description="processes that answer HTTP on one machine")
    access_log: Flag = Field(True, description="a line of the log for each request")
    ytdlp_debug: Flag = Field(False, description="yt-dlp's own lines of debugging")
    monitor_enabled: Flag = Field(False, description="whether one machine takes samples of what the service uses")
    monitor_interval: float = Field(30, ge=1, le=3600, description="seconds between two samples")
    tasks_handler_timer: str = Field("15 */1 * * *", description="when handlers look at the sources of tasks")
    task_handler_random_delay: float = Field(60.0, ge=1, description="most seconds between two sources of handlers")
    pip_packages: str = Field("", description="packages whose versions /api/dev/pip tells")
    streamer_vcodec: VideoCodec = Field("auto", description="video codec of the player")
    vaapi_device: str = Field("/dev/dri/renderD128", description="device of VA-API")
    pictures_backends: str = Field(
        "https://unsplash.it/1920/1080?random,https://picsum.photos/1920/1080,"
        "https://www.bing.com/HPImageArchive.aspx?format=js&idx=0&n=1&mkt=en-US",
        description="where random pictures come from",
    )
    apprise_config: str = Field("{config_path}/apprise.yml", description="file of notification targets")
    instance_title: str = Field("", description="title of web pages")
    simple_mode: Flag = Field(False, description="told to clients: a web page with less")
    ui_update_title: Flag = Field(True, description="told to clients: the title counts downloads")
    check_for_updates: Flag = Field(True, description="looks for newer releases")
    ytdlp_auto_update: Flag = Field(True, description="tries newer releases of yt-dlp each day, on one machine")
    ytdlp_version: str = Field(
        "stable",
        pattern=r"(?:stable|nightly|\d{4}\.\d{1,2}\.\d{1,2}(?:\.\w+)*)?",
        description="stable, nightly, or the version of yt-dlp that is to serve",
    )
    cors_origins: str = Field("", description="origins whose pages may ask and read everything")
    admin_key: str = Field("", description="first key of the key API")
    task_cleanup_time: float = Field(10, gt=0, description="minutes; of the key API, as are the next five")
    request_limit: int = Field(20, ge=1, description="tasks that a key may create in task_cleanup_time")
    task_max_workers: int = Field(4, ge=1, description="tasks of the key API at once; unprefixed it is MAX_WORKERS")
    default_quota_gb: float = Field(5, gt=0, description="of a new key, over quota_rate_minutes")
    quota_rate_minutes: float = Field(10, gt=0, description="how long the bytes of a task count")
    available_gb: float = Field(20, gt=0, description="of all keys together, over quota_rate_minutes")
    keys_per_key: int = Field(20, ge=1, description="keys of the key API that exist by one key, but the operator's own")
    tz: str = Field("UTC", description="zone in which timers are read; without YTP_TZ, that of the variable TZ")

    @field_validator("cors_origins")
    @classmethod
    def _cors_origins_are_origins(cls, value: str) -> str:
        for word in list_words(value):
            if not _ORIGIN.fullmatch(word):
                raise ValueError(f"{word!r} is no origin, such as https://page.example or http://127.0.0.1:3000")
        return value

    @field_validator("allowed_hosts")
    @classmethod
    def _allowed_hosts_are_hosts(cls, value: str) -> str:
        for word in list_words(value):
            if not _HOST.fullmatch(word):
                raise ValueError(f"{word!r} is no host name, such as media.example (without scheme and port)")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _trusted_proxies_are_networks(cls, value: str) -> str:
        for word in list_words(value):
            try:
                ip_network(word, strict=False)
            except ValueError:
                raise ValueError(f"{word!r} is no address or network, such as 10.0.0.1 or 10.0.0.0/8") from None
        return value


class Settings(UserSettings):
    """All settings: those of users, and what a deployment sets as DLAMBDA_<NAME>."""

    table_prefix: str = "dlambda-"
    bucket: str = "dlambda"
    library_dir: str = Field("", description="the bucket as a folder, on one machine; empty: it is elsewhere")
    library_files: Flag = Field(False, description="whether functions read and write that folder themselves")
    queue_prefix: str = Field("dlambda-", description="queue name -> URL is asked by this prefix + name")
    index_spread: int = Field(
        3, ge=1, le=64, description="partitions that the entries of an index's key are spread over; never to be lowered"
    )
    tables_socket: str = Field("", description="Unix socket of the table engine; empty: the endpoint's address")
    queues_socket: str = Field("", description="Unix socket of the queue engine; empty: the endpoint's address")
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


def is_extractor_limit(text: str) -> bool:
    """True if `text` is a number of downloads: a whole one above 0."""
    return text.strip().isdecimal() and int(text) > 0


def _values(environ: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The settings that `environ` names, unread (text), and the variable that each came from."""
    variables = {field: name for name, field in PLAIN_NAMES.items() if environ.get(name, "").strip()}
    limits: dict[str, int] = {}
    for name, text in environ.items():
        for prefix in (USER_PREFIX, DEPLOYMENT_PREFIX):
            if name.startswith(prefix):
                key = name.removeprefix(prefix).lower()
                if key.startswith(EXTRACTOR_LIMIT):
                    # An unusable override is ignored, as documented: it must not stop the start.
                    if is_extractor_limit(text):
                        limits[key.removeprefix(EXTRACTOR_LIMIT).upper()] = int(text)
                elif key in Settings.model_fields and (text if key in _VERBATIM else text.strip()):
                    shorthand = _SHORTHANDS.get(name, name)
                    variables[key] = shorthand if environ.get(shorthand) == text else name
    if environ.get("TZ", "").strip():
        variables.setdefault("tz", "TZ")  # a cloud sets TZ itself, and YTP_TZ then wins
    values: dict[str, Any] = {
        field: environ[name] if field in _VERBATIM else environ[name].strip() for field, name in variables.items()
    }
    return values | {"extractor_limits": limits}, variables


def variables_of(environ: Mapping[str, str]) -> dict[str, str]:
    """Setting -> the variable of `environ` that it is read from; those that nobody set are missing."""
    return _values(environ)[1]


def _placeholders_of(name: str, value: Any) -> set[str]:
    """The names in braces that a value refers to; none in a user name, a password or a key."""
    return set(_PLACEHOLDER.findall(value)) if isinstance(value, str) and name not in _VERBATIM else set()


def _fill_in(values: dict[str, Any], variables: Mapping[str, str]) -> None:
    """Replaces `{name}` inside texts by that setting, in place."""
    defaults = {name: field.default for name, field in Settings.model_fields.items()}

    for name, value in (defaults | values).items():
        placeholders = _placeholders_of(name, value)
        for unknown in placeholders - defaults.keys():
            raise SettingsError(f"{variables[name]}: there is no setting {{{unknown}}}")
        if placeholders:
            values[name] = _PLACEHOLDER.sub(lambda match: str(values.get(match[1], defaults[match[1]])), value)
    if "base_path" in values:
        values["base_path"] = values["base_path"].rstrip("/") + "/"


def _no_secrets(_name: str) -> str:
    raise LookupError("no secrets are stored here")


def _with_secrets(environ: Mapping[str, str], fetch: Callable[[str], str]) -> Mapping[str, str]:
    """`environ` with the texts of the secrets that its variables name. Only what a function needs is named there."""

    def text_of(variable: str) -> str:
        try:
            return fetch(environ[variable])
        except LookupError as error:
            raise SettingsError(f"{variable}: the secret '{environ[variable]}' cannot be read: {error}") from None

    texts: dict[str, str] = {}
    if environ.get(_KEY_FROM):
        key = text_of(_KEY_FROM)
        texts["DLAMBDA_SECRET_KEY"] = key + "=" * (-len(key) % 4)  # 43 letters and digits are 32 bytes
    if environ.get(_LOGIN_FROM):
        texts["YTP_AUTH_USERNAME"], _, texts["YTP_AUTH_PASSWORD"] = text_of(_LOGIN_FROM).partition(":")
    if environ.get(_ADMIN_KEY_FROM):
        texts["YTP_ADMIN_KEY"] = text_of(_ADMIN_KEY_FROM)
    if environ.get(_OIDC_SECRET_FROM):
        texts["YTP_OIDC_CLIENT_SECRET"] = text_of(_OIDC_SECRET_FROM).removesuffix(" ")  # empty secrets are refused
    return {**environ, **texts}


def read_settings(environ: Mapping[str, str], fetch: Callable[[str], str] = _no_secrets) -> Settings:
    """The settings that `environ` describes; `fetch` reads a secret by its name.

    Raises `SettingsError` with a text for the operator.
    """
    values, variables = _values(_with_secrets(environ, fetch))
    _fill_in(values, variables)
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        problems = [
            (str(problem["loc"][0]), problem["msg"].removeprefix("Value error, ")) for problem in error.errors()
        ]
        raise SettingsError("; ".join(f"{variables.get(name, name)}: {text}" for name, text in problems)) from None


def read_list(text: str) -> dict[str, str]:
    """Variables of users in one text, as a deployment lists them: `YTP_REMOVE_FILES=true; YTP_TZ=Europe/Berlin`.

    Lines may stand in place of semicolons. Raises `SettingsError` for what is none, and for secrets, which have
    parameters of their own.
    """
    variables: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in re.split(r"[;\n]", text))):
        name, equals, value = part.partition("=")
        name = name.strip()
        if not equals or not name.startswith(USER_PREFIX):
            raise SettingsError(f"{_MORE}: {part!r} is no setting, such as YTP_REMOVE_FILES=true")
        if name.removeprefix(USER_PREFIX).lower() in SECRET_SETTINGS:
            raise SettingsError(f"{_MORE}: {name} is a secret, and has a parameter of its own")
        variables[name] = value.strip()
    return variables


def read_environment(fetch: Callable[[str], str]) -> Settings:
    """The settings of this process; `DLAMBDA_SETTINGS` lists some of its variables. Raises as `read_settings`."""
    os.environ.update(read_list(os.environ.get(_MORE, "")))
    return read_settings(os.environ, fetch)


def read_service_access() -> Mapping[str, ServiceAccess]:
    """The access to single services that this process was given. Raises `SettingsError`."""
    try:
        return read_access(os.environ)
    except ValueError as error:
        raise SettingsError(str(error)) from None
