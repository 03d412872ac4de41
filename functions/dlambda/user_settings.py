"""The settings of users, typed: `YTP_<NAME>` of the environment (docs/contract/system.md 10)."""

import re
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

_TRUE = frozenset({"true", "on", "1"})
_FALSE = frozenset({"false", "off", "0"})
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?/?", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9._-]+|\[?[0-9a-f:.]+\]?", re.IGNORECASE)


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

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False, defer_build=True)

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
