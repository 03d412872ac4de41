"""Jobs of worker processes. Plain values: they travel pickled into the child, never out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dlambda.domain.items.entry_ref import EntryRef


@dataclass(frozen=True)
class Places:
    """The settings that option texts refer to; the others, secrets among them, are no business of a worker."""

    download_path: str
    temp_path: str
    config_path: str
    archive_file: str
    output_template: str
    output_template_chapter: str
    allow_internal_urls: bool = False


@dataclass(frozen=True)
class OptionTexts:
    """Options as texts, which a process without yt-dlp hands on; see `media.ytdlp.effective.effective_params`.

    `folder` and `template` are those that count already (item, else preset); empty ones mean the defaults.
    """

    places: Places
    preset_cli: str = ""
    preset_name: str = ""
    item_cli: str = ""
    folder: str = ""
    template: str = ""
    template_chapter: str = ""


@dataclass(frozen=True)
class ParseJob:
    """Say what option texts mean; see `dlambda.media.workers.ytdlp_queries`. `texts` as one, or those of an item.

    `allow_internal` is for the first: those of an item bring it.
    """

    texts: str | OptionTexts
    allow_internal: bool = False


@dataclass(frozen=True)
class ParamsJob:
    """Say which parameters an item's option texts make, as `portable_params`; null where these cannot say it."""

    texts: OptionTexts


@dataclass(frozen=True)
class UrlIdsJob:
    """Say which ids URLs tell by themselves."""

    urls: tuple[str, ...]


@dataclass(frozen=True)
class FolderJob:
    """Say which folder an output template yields for a channel's metadata."""

    template: str
    info: Mapping[str, Any]


@dataclass(frozen=True)
class OptionsJob:
    """List the options of yt-dlp."""


@dataclass(frozen=True)
class BrowsersJob:
    """List the browsers that can be imitated."""


@dataclass(frozen=True)
class FetchJob:
    """Ask a site as a browser does; see `dlambda.media.workers.browser_fetch`.

    `browser`: one of its names. `sends_own_headers`: the browser's own headers go along, below `headers`.
    """

    url: str
    browser: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    timeout_seconds: float = 120.0
    limit_bytes: int = 16 * 1024 * 1024
    proxy: str | None = None
    sends_own_headers: bool = True
    allow_internal: bool = False


@dataclass(frozen=True)
class ExtractJob:
    """Read a page's metadata; see `dlambda.media.workers.extract.extract`.

    Of a playlist one entry more than `most_entries`. `is_one_of_many`: others come first where processors are scarce.
    """

    url: str
    params: Mapping[str, Any] | OptionTexts
    workdir: Path
    cookies: str | None = None
    allow_internal: bool = False
    entry: EntryRef = field(default_factory=EntryRef)
    follow: bool = True
    plugins: tuple[str, ...] = ()
    cache: str | None = None
    deno: str | None = None
    debug: bool = False
    most_entries: int | None = None
    is_one_of_many: bool = False


@dataclass(frozen=True)
class DownloadRequest:
    """A download: its source, its options and its folder.

    `params` from `media.ytdlp.effective.effective_params`; their `paths` play no part: the result lies in
    `workdir/home`, named by their `outtmpl`. `workdir` belongs to this item alone; kept, it lets the download continue.
    `entry` says what of the URL is meant. `info` is an extraction's `info`, used in place of the page. `cookies` is the
    text of a Netscape cookie file. `extras` fill metadata that is missing (playlist fields in templates).
    `frees_space`: the parent takes files that are final away as they come. `is_one_of_many`: others come first where
    processors are scarce.
    """

    item_id: str
    url: str
    params: Mapping[str, Any]
    workdir: Path
    entry: EntryRef = field(default_factory=EntryRef)
    info: Mapping[str, Any] | None = None
    cookies: str | None = None
    extras: Mapping[str, Any] = field(default_factory=dict)
    is_live: bool = False
    allow_internal: bool = False
    frees_space: bool = False
    is_one_of_many: bool = False


@dataclass(frozen=True)
class DownloadJob(DownloadRequest):
    """Download one item, with these tools and limits; the workdir exists.

    `is_handed_over`: the invocation may end before the work does.
    `has_archive`, `keeps_files`, `can_merge`: the parent answers questions about the archive, about files that are
    there, and may put formats together.
    """

    has_archive: bool = False
    keeps_files: bool = False
    can_merge: bool = False
    is_handed_over: bool = False
    plugins: tuple[str, ...] = ()
    ffmpeg: str | None = None
    cache: str | None = None
    deno: str | None = None
    debug: bool = False
    disk_reserve_bytes: int = 0
    live_patience_seconds: float = 60.0


@dataclass(frozen=True)
class RecordSpec:
    """A part of a live stream: `start` seconds back from now, `duration` seconds long.

    `params`: yt-dlp's, of which `format` matters here.
    """

    order_id: str
    url: str
    params: Mapping[str, Any]
    workdir: Path
    start: float
    duration: float
    allow_internal: bool = False


@dataclass(frozen=True)
class RecordJob(RecordSpec):
    """Record it with these tools; see `dlambda.media.workers.record`. The workdir exists."""

    cache: str | None = None
    deno: str | None = None
    debug: bool = False


@dataclass(frozen=True)
class TerminalJob:
    """Run yt-dlp's command line on a pseudo-terminal; `words` have been checked, the workdir exists."""

    words: tuple[str, ...]
    workdir: Path
    allow_internal: bool = False
    ffmpeg: str | None = None
    cache: str | None = None
    deno: str | None = None
    columns: int = 120


@dataclass(frozen=True)
class QuestionsJob:
    """Answer questions one after another; end when none has come for so long."""

    idle_seconds: float


Question = ParseJob | ParamsJob | UrlIdsJob | FolderJob | OptionsJob | BrowsersJob
Job = ExtractJob | DownloadJob | RecordJob | TerminalJob | FetchJob | QuestionsJob | Question
