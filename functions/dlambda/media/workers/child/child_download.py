"""Inside a worker process: downloading one item (docs/contract/downloads.md 5.8)."""

import json
import os
import re
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from yt_dlp.utils import DownloadCancelled, DownloadError, ExistingVideoReached, YoutubeDLError
from yt_dlp.YoutubeDL import YoutubeDL

from dlambda.domain.items.metadata import telling
from dlambda.domain.items.step_warning import StepWarning
from dlambda.media.live import live
from dlambda.media.workers.child import fragments, postprocessing, programs, recording, resume_patches
from dlambda.media.workers.child.asking import ask
from dlambda.media.workers.child.disk_watch import DiskFull, DiskWatch
from dlambda.media.workers.child.download_session import EXISTING_TEXT, Archive, Reports, Session, Talk
from dlambda.media.workers.child.downloader import Journal, build_params, tools_params
from dlambda.media.workers.child.file_heads import NotMedia
from dlambda.media.ytdlp import plugins, resume
from dlambda.media.ytdlp.wording import plain
from dlambda.media.ytdlp.work_layout import COOKIES, HOME, TEMP
from dlambda.media.ytdlp.worker_jobs import DownloadJob
from dlambda.media.ytdlp.worker_messages import (
    DownloadQuestion,
    Log,
    Result,
    WorkerMessage,
)

# What an expired or bound link answers: the page is read once more before the download counts as failed.
_STALE_LINK = re.compile(r"HTTP Error (401|403|404|410)")
_SEVERAL_MAPS = "Initialization fragment found after media fragments"
_NO_FORMATS = "No video formats found"
_KEPT_TEXT = "The file '{}' is there already and is kept (--no-overwrites)."


resume_patches.install()
fragments.install()
live.install()
programs.remove_others()


def _force(job: DownloadJob, journal: Journal, archive: Archive | None, reports: Reports) -> dict[str, Any]:
    workdir = job.workdir
    forced: dict[str, Any] = {
        "color": {"stdout": "never", "stderr": "never"},
        "paths": {"home": str(workdir / HOME), "temp": str(workdir / TEMP)},
        "ignoreerrors": False,
        "quiet": True,
        "no_warnings": False,
        "noprogress": True,
        "verbose": False,
        "simulate": False,
        **tools_params(job.cache, job.deno),
        "skip_unavailable_fragments": False,  # in the first pass
        "nopart": False,
        "continuedl": True,  # the folder is this item's alone; `--no-continue` has emptied it
        "overwrites": None,
        "logger": journal,
        live.PATIENCE: job.live_patience_seconds,
        "cookiefile": _cookie_file(job),
        "download_archive": archive,
        "ffmpeg_location": job.ffmpeg,
        "progress_hooks": [DiskWatch(job).check, reports.progress],
        "postprocessor_hooks": [reports.postprocessor],
        "post_hooks": [reports.moved],
    }
    if not job.params.get("fragment_retries") and not job.is_live:
        forced["fragment_retries"] = 10
    return forced


def _cookie_file(job: DownloadJob) -> str | None:
    if not job.cookies:
        return None
    path = job.workdir / COOKIES
    path.write_text(job.cookies, encoding="utf-8")
    path.chmod(0o600)
    return str(path)


def _fetch(ydl: Session, job: DownloadJob) -> None:
    """Downloads from the metadata at hand; once more from the page, with stale links or where another way is left."""
    try:
        if job.info:
            info = YoutubeDL.sanitize_info(json.loads(json.dumps(job.info)), remove_private_keys=True)
            ydl.process_ie_result(info, download=True)
        else:
            ask(ydl, job.url, job.entry, download=True)
    except DownloadError as error:
        is_stale = bool(job.info) and (isinstance(error, NotMedia) or _STALE_LINK.search(str(error)))
        if not (_choose_second_way(ydl, job, error) or is_stale):
            raise
        ydl.name_anew()
        ask(ydl, job.url, job.entry, download=True)


def _choose_second_way(ydl: Session, job: DownloadJob, error: DownloadError) -> bool:
    """Changes the parameters for a second pass; False when there is no other way."""
    if ydl.fragments_failed:
        ydl.params["skip_unavailable_fragments"] = job.params.get("skip_unavailable_fragments", True)
        return True
    if not ydl.native_failed:
        return False
    if _SEVERAL_MAPS in str(error):
        ydl.params[live.RECORDS_ALL] = True
    else:
        ydl.params["hls_prefer_native"] = False
    return True


def _files(home: Path) -> list[str]:
    """All files of the result, relative to its folder."""
    return sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file())


def _error_text(failure: BaseException, job: DownloadJob, journal: Journal) -> str:
    text = plain(failure) or type(failure).__name__
    if _NO_FORMATS in text:
        return " ".join([f"Failed to extract any formats for '{job.url}'.", *telling(journal.warnings)])
    return text


@dataclass(frozen=True)
class _End:
    """How yt-dlp ended: with an error, with a reason why nothing was to be downloaded, or well."""

    error: str | None = None
    skipped: str | None = None
    is_disk_full: bool = False


def _attempt(ydl: Session, job: DownloadJob, reports: Reports, journal: Journal) -> _End:
    try:
        _fetch(ydl, job)
    except DiskFull as full_disk:
        return _End(error=plain(full_disk), is_disk_full=True)
    except ExistingVideoReached:
        return _End(skipped=EXISTING_TEXT)
    except DownloadCancelled as stop:
        return _End(skipped=plain(stop) if reports.filepath is None else None)
    except (YoutubeDLError, OSError) as failure:
        return _End(error=_error_text(failure, job, journal))
    return _End()


def _end_without_file(end: _End, ydl: Session, journal: Journal) -> _End:
    """The reason why there is no file; an error when nothing gives one."""
    if end.error or end.skipped:
        return end
    skipped = (_KEPT_TEXT.format(ydl.kept) if ydl.kept else ydl.rejected) or journal.left_out
    return _End(skipped=skipped) if skipped else _End(error=(journal.errors or ["The download gave no file."])[0])


def download(job: DownloadJob, talk: Talk, *, rehearsing: bool = False) -> Result:
    """Does the job. A rehearsal changes nothing."""
    workdir = job.workdir
    home = workdir / HOME
    state = resume.prepare(workdir, job.item_id, keep=job.params.get("continuedl", True) is not False)
    if state.result is not None:
        return state.result  # done before, and the parent died before it took the files over
    journal = Journal(lambda level, text: talk.say(Log(level, text)), debug=job.debug)
    archive = Archive(talk) if job.has_archive else None
    reports = Reports(talk, workdir)
    params = build_params(job.params, _force(job, journal, archive, reports))
    recording.use_tool(job.ffmpeg)
    postprocessing.install()
    if not rehearsing:
        recording.guard_ffmpeg(params)
    growth = recording.Growth(workdir / TEMP, reports.growth, reports.quiet_seconds)
    with Session(params, job, talk, state) as ydl, growth:
        end = _attempt(ydl, job, reports, journal)
    main = os.path.relpath(reports.filepath, home) if reports.filepath else None
    if main is None:
        end = _end_without_file(end, ydl, journal)
    elif end.error and not end.is_disk_full:
        # Of several sections or formats one failed: there is media, so it is no error.
        ydl.failed_steps.append(StepWarning("download", end.error))
        end = _End()
    result = _result_of(end, main, home, ydl, archive)
    if result.ok:
        state.result = result
        state.save()
    return result


def _result_of(end: _End, main: str | None, home: Path, ydl: Session, archive: Archive | None) -> Result:
    return Result(
        ok=main is not None and end.error is None,
        error=end.error,
        filepath=main,
        extra_files=tuple(name for name in _files(home) if name != main),
        archive_ids=tuple(archive.added) if archive else (),
        skipped_reason=end.skipped,
        existing=ydl.kept,
        warnings=tuple(ydl.failed_steps),
        retry_after_seconds=ydl.retry_after_seconds,
    )


def run(job: DownloadJob, connection: Connection) -> None:
    """Downloads and reports to the parent; a stop request ends a live recording in order, anything else at once."""
    talk = Talk(connection)

    def stop(*_: object) -> None:
        if job.is_live:
            raise KeyboardInterrupt
        # What lies on disk is consistent at any moment (see `resume`), so there is nothing to finish.
        os.killpg(0, signal.SIGKILL)

    signal.signal(signal.SIGTERM, stop)
    programs.allow_only(programs.tools_beside(job.ffmpeg, job.deno))
    plugins.load(job.plugins)
    try:
        result = download(job, talk)
    except KeyboardInterrupt:
        result = Result(ok=False, error="Stopped.", stopped=True)
    except Exception as error:  # noqa: BLE001 last resort of this process: a bug in an extractor is a failed download
        result = Result(ok=False, error=plain(error) or type(error).__name__)
    talk.say(result)


class _Silence(Talk):
    def __init__(self) -> None:
        """Answers for a download without a parent."""

    def say(self, message: WorkerMessage) -> None:
        """To nobody."""

    def ask(self, question: DownloadQuestion) -> bool | str:
        return "" if question.about == "name" else False


def rehearse(info: Mapping[str, Any], folder: Path) -> None:
    """A download inside the warm process, for its side effects: modules, patterns, connections' classes."""
    params = {"outtmpl": {"default": "%(title)s.%(ext)s"}}
    download(DownloadJob(item_id="warm", url="", params=params, workdir=folder, info=info,
                         allow_internal=True), _Silence(), rehearsing=True)  # fmt: skip
