"""Inside a worker process: downloading one item (docs/contract/downloads.md 5.8)."""

import contextlib
import json
import os
import re
import signal
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from yt_dlp.utils import DownloadCancelled, DownloadError, ExistingVideoReached, YoutubeDLError
from yt_dlp.YoutubeDL import YoutubeDL

from dlambda.domain.items.metadata import autonumber_of, telling
from dlambda.domain.items.step_warning import StepWarning
from dlambda.domain.messages.codec import from_fields
from dlambda.media.live import live
from dlambda.media.workers.child import fragments, postprocessing, programs, recording, resume_patches
from dlambda.media.workers.child.asking import ask
from dlambda.media.workers.child.disk_watch import DiskFull, DiskWatch, is_final
from dlambda.media.workers.child.downloader import Journal, build_params, tools_params
from dlambda.media.workers.child.keeping import Keeping, NotMedia, check_media
from dlambda.media.workers.child.naming import Named
from dlambda.media.ytdlp import plugins, resume
from dlambda.media.ytdlp.wording import plain
from dlambda.media.ytdlp.work_layout import COOKIES, HOME, TEMP
from dlambda.media.ytdlp.worker_jobs import DownloadJob
from dlambda.media.ytdlp.worker_messages import (
    DownloadAnswer,
    DownloadQuestion,
    FileReady,
    Log,
    Postprocessing,
    Progress,
    Result,
    WorkerMessage,
    encode,
)

_PROGRESS_SECONDS = 0.2
_PROGRESS_FIELDS = ("downloaded_bytes", "total_bytes", "total_bytes_estimate", "speed", "eta")
# What an expired or bound link answers: the page is read once more before the download counts as failed.
_STALE_LINK = re.compile(r"HTTP Error (401|403|404|410)")
_SEVERAL_MAPS = "Initialization fragment found after media fragments"
_NO_FORMATS = "No video formats found"
EXISTING_TEXT = "Item has already been downloaded."
_KEPT_TEXT = "The file '{}' is there already and is kept (--no-overwrites)."


resume_patches.install()
fragments.install()
live.install()
programs.remove_others()


class _Talk:
    """The connection to the parent: messages go out from any thread; a question waits for its answer."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._asking = threading.Lock()

    def say(self, message: WorkerMessage) -> None:
        with self._lock:
            self._connection.send_bytes(json.dumps(encode(message)).encode())

    def ask(self, question: DownloadQuestion) -> bool | str:
        with self._asking:
            self.say(question)
            return from_fields(DownloadAnswer, json.loads(self._connection.recv_bytes())).value


class _Archive:
    """Looks like the set that `YoutubeDL` keeps its archive in; membership is asked for, additions are reported."""

    def __init__(self, talk: _Talk) -> None:
        self._talk = talk
        self._known: dict[str, bool] = {}
        self.added: list[str] = []

    def __contains__(self, archive_id: object) -> bool:
        if not isinstance(archive_id, str):
            return False
        if archive_id not in self._known:
            self._known[archive_id] = bool(self._talk.ask(DownloadQuestion("archive", archive_id)))
        return self._known[archive_id]

    def __bool__(self) -> bool:
        return True

    def add(self, archive_id: str) -> None:
        self.added.append(archive_id)


class _Session(fragments.Losses, Named, Keeping, resume_patches.Watched):
    """An item's download: names that are not taken, an archive elsewhere, progress to the parent."""

    def __init__(self, params: dict[str, Any], job: DownloadJob, talk: _Talk, state: resume.State) -> None:
        self._job = job
        self._talk = talk
        self._state = state
        self.rejected: str | None = None
        self.kept: str | None = None  # the file that is there in place of one that would have been downloaded
        folders = (job.workdir / HOME, job.workdir / TEMP)
        super().__init__(params, ask=lambda stem: str(talk.ask(DownloadQuestion("name", stem))), folders=folders)
        # Entries of a list are downloaded each by its own worker; `%(autonumber)s` counts on over all of them.
        self._num_downloads = autonumber_of(job.extras) - 1
        self.random_seed = job.item_id

    def _match_entry(self, info_dict: dict[str, Any], incomplete: bool = False, silent: bool = False) -> str | None:
        reason = super()._match_entry(info_dict, incomplete=incomplete, silent=silent)
        if reason is not None:
            self.rejected = EXISTING_TEXT if self.in_download_archive(info_dict) else plain(reason)
        return reason

    def note_step(self, step: str, text: str) -> None:
        """Notes it for the item's warnings as well."""
        super().note_step(step, text)
        self._note(step, text)

    def begin_file(self, name: str) -> None:
        if self._job.keeps_files and (existing := self._talk.ask(DownloadQuestion("file", name))):
            self.kept = str(existing)
            raise _Kept(existing)

    def make_whole(self, part: Path) -> None:
        self._talk.ask(DownloadQuestion("bytes", os.path.relpath(part, self._job.workdir)))

    def urlopen(self, req: Any) -> Any:
        if self.watch is not None and self.watch.concerns(req):
            return self.watch.open(super().urlopen, req)
        return super().urlopen(req)

    def dl(self, name: str, info: dict[str, Any], subtitle: bool = False, test: bool = False) -> Any:
        """Downloads a file of a format. An existing file counts only when it is finished and of that format."""
        path = Path(name)
        self.format_id = info.get("format_id")
        if path.is_file() and not subtitle and not test and not self._state.is_finished(path, self.format_id):
            path.unlink()
        success, real = super().dl(name, info, subtitle, test)
        if success and not subtitle and not test:
            if path.is_file():
                check_media(path, str(info.get("ext")))
            self._state.note_finished(path, self.format_id)
        return success, real

    def process_info(self, info_dict: dict[str, Any]) -> None:
        for key, value in self._job.extras.items():
            if key != "is_live" and info_dict.get(key) is None:
                info_dict[key] = value
        if info_dict.get("is_live"):
            self._keep_title(info_dict)
        DiskWatch(self._job).check_formats(info_dict)
        with contextlib.suppress(_Kept):
            super().process_info(info_dict)

    def _keep_title(self, info: dict[str, Any]) -> None:
        if self._state.live_title is None:
            self._state.live_title = str(info.get("title"))
            self._state.save()
        info["title"] = info["fulltitle"] = self._state.live_title


class _Kept(DownloadCancelled):  # type: ignore[misc]
    """A file that is not to be replaced has the name: the next one of several may still come."""


class _Reports:
    """yt-dlp's hooks, as messages."""

    def __init__(self, talk: _Talk, workdir: Path) -> None:
        self._talk = talk
        self._workdir = workdir
        self._last: tuple[float, str] = (0.0, "")
        self.filepath: str | None = None

    def _relative(self, path: object) -> str | None:
        return os.path.relpath(str(path), self._workdir) if path else None

    def progress(self, status: Mapping[str, Any]) -> None:
        now = time.monotonic()
        state = str(status.get("status"))
        if state == self._last[1] == "downloading" and now - self._last[0] < _PROGRESS_SECONDS:
            return
        self._last = (now, state)
        report = Progress(
            state,
            **{name: status.get(name) for name in _PROGRESS_FIELDS},
            filename=self._relative(status.get("filename")),
            tmpfilename=self._relative(status.get("tmpfilename")),
            is_final=is_final(status.get("info_dict") or {}),
        )
        self._talk.say(report)

    def quiet_seconds(self) -> float:
        """How long ago the last word was."""
        return time.monotonic() - self._last[0]

    def growth(self, size: int, speed: float) -> None:
        """The bytes that ffmpeg has written, which calls no hooks."""
        self._talk.say(Progress("downloading", downloaded_bytes=size, speed=speed))

    def postprocessor(self, status: Mapping[str, Any]) -> None:
        if status.get("status") in ("started", "finished"):
            self._talk.say(Postprocessing(status["status"], str(status.get("postprocessor"))))

    def moved(self, filepath: str) -> None:
        self.filepath = self.filepath or filepath
        self._talk.say(FileReady(os.path.relpath(filepath, self._workdir / HOME)))


def _force(job: DownloadJob, journal: Journal, archive: _Archive | None, reports: _Reports) -> dict[str, Any]:
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


def _fetch(ydl: _Session, job: DownloadJob) -> None:
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


def _choose_second_way(ydl: _Session, job: DownloadJob, error: DownloadError) -> bool:
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


def _attempt(ydl: _Session, job: DownloadJob, reports: _Reports, journal: Journal) -> _End:
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


def _end_without_file(end: _End, ydl: _Session, journal: Journal) -> _End:
    """The reason why there is no file; an error when nothing gives one."""
    if end.error or end.skipped:
        return end
    skipped = (_KEPT_TEXT.format(ydl.kept) if ydl.kept else ydl.rejected) or journal.left_out
    return _End(skipped=skipped) if skipped else _End(error=(journal.errors or ["The download gave no file."])[0])


def download(job: DownloadJob, talk: _Talk, *, rehearsing: bool = False) -> Result:
    """Does the job. A rehearsal changes nothing."""
    workdir = job.workdir
    home = workdir / HOME
    state = resume.prepare(workdir, job.item_id, keep=job.params.get("continuedl", True) is not False)
    if state.result is not None:
        return state.result  # done before, and the parent died before it took the files over
    journal = Journal(lambda level, text: talk.say(Log(level, text)), debug=job.debug)
    archive = _Archive(talk) if job.has_archive else None
    reports = _Reports(talk, workdir)
    params = build_params(job.params, _force(job, journal, archive, reports))
    recording.use_tool(job.ffmpeg)
    postprocessing.install()
    if not rehearsing:
        recording.guard_ffmpeg(params)
    growth = recording.Growth(workdir / TEMP, reports.growth, reports.quiet_seconds)
    with _Session(params, job, talk, state) as ydl, growth:
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


def _result_of(end: _End, main: str | None, home: Path, ydl: _Session, archive: _Archive | None) -> Result:
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
    talk = _Talk(connection)

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


class _Silence(_Talk):
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
