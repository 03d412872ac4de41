"""Inside a worker process: reading a page's metadata (docs/contract/ytdlp.md 10)."""

import json
import re
from collections.abc import Mapping
from multiprocessing.connection import Connection
from typing import Any

from yt_dlp.utils import YoutubeDLError, strftime_or_none

from dlambda.domain.items.entry_ref import EntryRef
from dlambda.errors import Invalid
from dlambda.media.workers.child import all_sites, feeds, programs
from dlambda.media.workers.child.asking import ask
from dlambda.media.workers.child.downloader import Downloader, Journal, build_params, tools_params
from dlambda.media.ytdlp import plugins
from dlambda.media.ytdlp.effective import effective_params
from dlambda.media.ytdlp.wording import plain
from dlambda.media.ytdlp.work_layout import COOKIES
from dlambda.media.ytdlp.worker_jobs import ExtractJob, OptionTexts

_MINUTE = re.compile(r" \d{4}-\d\d-\d\d \d\d:\d\d$")
_MAX_REDIRECTS = 5
# Nothing of these may act while only metadata is read.
_LEFT_OUT = ("download_archive", "postprocessors", "paths", "cookiefile", "break_on_existing", "wait_for_video")
_NUMBERS = ("playlist_index", "playlist_autonumber", "n_entries")
_MOST_REASONS = 20

feeds.install()


class _Reader(Downloader):
    """Reads metadata: notes which number an entry has in its list, and why options leave others out."""

    def __init__(self, params: dict[str, Any]) -> None:
        self.rejected: list[str] = []
        super().__init__(params)

    def process_ie_result(self, ie_result: Any, download: bool = True, extra_info: Any = None) -> Any:
        for key in _NUMBERS:
            if extra_info and key in extra_info:
                ie_result.setdefault(key, extra_info[key])
        return super().process_ie_result(ie_result, download, extra_info)

    def _match_entry(self, info_dict: dict[str, Any], incomplete: bool = False, silent: bool = False) -> str | None:
        reason = super()._match_entry(_add_date(info_dict), incomplete=incomplete, silent=silent)
        if reason is not None and len(self.rejected) < _MOST_REASONS:
            self.rejected.append(plain(reason))
        return reason


def _add_date(info: dict[str, Any]) -> dict[str, Any]:
    """With the date that an entry's own time says: it wins over what the file says, so it can be asked of already."""
    seconds = info.get("timestamp")
    if info.get("_type") != "url_transparent" or info.get("upload_date") or seconds is None:
        return info
    return {**info, "upload_date": strftime_or_none(seconds)}


def _force(job: ExtractJob, journal: Journal) -> dict[str, Any]:
    return {
        "color": {"stdout": "never", "stderr": "never"},
        "extract_flat": "in_playlist" if job.follow else True,
        "simulate": True,
        "skip_download": True,
        "ignoreerrors": True,
        "ignore_no_formats_error": True,
        "quiet": True,
        "no_warnings": False,
        "noprogress": True,
        "verbose": False,
        **tools_params(job.cache, job.deno),
        "postprocessors": [],
        "logger": journal,
        "cookiefile": _cookie_file(job),
    }


def _bound(params: Mapping[str, Any], limit: int | None) -> dict[str, Any]:
    """Makes yt-dlp read one entry more than is allowed, which tells that there are more; fewer where a user says so."""
    if limit is None or params.get("playlist_items"):
        return {}
    end = params.get("playlistend")
    last = int(params.get("playliststart") or 1) + limit
    return {"playlistend": min(end, last) if isinstance(end, int) and end > 0 else last}


def _cut(info: dict[str, Any], limit: int | None) -> dict[str, Any]:
    """The same for a choice of entries, which yt-dlp has read by now."""
    entries = info.get("entries")
    if limit is None or not isinstance(entries, list) or len(entries) <= limit:
        return info
    return {**info, "entries": entries[: limit + 1]}


def _cookie_file(job: ExtractJob) -> str | None:
    if not job.cookies:
        return None
    path = job.workdir / COOKIES
    path.write_text(job.cookies, encoding="utf-8")
    return str(path)


def without_private(value: Any) -> Any:
    """`value` without keys that begin with two underscores: they hold objects of the running process."""
    if isinstance(value, dict):
        return {key: without_private(inner) for key, inner in value.items() if not str(key).startswith("__")}
    if isinstance(value, list):
        return [without_private(inner) for inner in value]
    return value


def _plain_title(info: dict[str, Any]) -> dict[str, Any]:
    """`info` with a live title without the minute that yt-dlp adds: the download adds its own."""
    if info.get("is_live"):
        for key in ("title", "fulltitle"):
            info[key] = _MINUTE.sub("", str(info.get(key) or ""))
    return info


def read_page(job: ExtractJob) -> dict[str, Any]:
    """`{"info", "warnings", "error"}`; `info` is None when nothing could be read, and then `error` says why."""
    journal = Journal(debug=job.debug)
    requested = effective_params(job.params) if isinstance(job.params, OptionTexts) else job.params
    params = {key: value for key, value in requested.items() if key not in _LEFT_OUT}
    info, error = None, None
    ydl = None
    try:
        forced = _force(job, journal) | _bound(params, job.most_entries)
        with _Reader(build_params(params, forced)) as ydl:
            info = _follow(ydl, job)
            info = _plain_title(without_private(ydl.sanitize_info(_cut(info, job.most_entries)))) if info else None
    except YoutubeDLError as failure:
        error = plain(failure)
    if info is None and error is None:
        error = journal.errors[0] if journal.errors else None
    return {
        "info": info,
        "warnings": [*journal.warnings, *(journal.errors[1:] if info is None else journal.errors)],
        "error": error,
        "rejected": ydl.rejected if ydl else [],
        "retry_after_seconds": ydl.retry_after_seconds if ydl else None,
    }


def _follow(ydl: _Reader, job: ExtractJob) -> dict[str, Any] | None:
    """The information of the address, behind redirects of type `url` where they are to be followed."""
    info = ask(ydl, job.url, job.entry, download=False)
    for _ in range(_MAX_REDIRECTS - 1):
        if not (job.follow and info and info.get("_type") == "url" and info.get("url")):
            break
        info = ask(ydl, info["url"], EntryRef(), download=False)
    return info


def run(job: ExtractJob, connection: Connection) -> None:
    """Reads the page and sends the one answer."""
    programs.allow_only([job.deno] if job.deno else [])
    plugins.load(job.plugins)
    try:
        answer = read_page(job)
    except Invalid as error:
        answer = {"invalid": error.message}
    except Exception as error:  # noqa: BLE001 last resort of this process: an extractor's bug is an answer too
        answer = {"info": None, "warnings": [], "error": plain(error) or type(error).__name__}
    all_sites.note()  # before whoever has the answer ends this process
    connection.send_bytes(json.dumps({"type": "extracted", **answer}).encode())
