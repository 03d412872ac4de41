"""Connects yt-dlp with the parent process: names and archive entries are asked for, and progress is reported."""

import contextlib
import json
import os
import threading
import time
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from yt_dlp.utils import DownloadCancelled

from dlambda.domain.items.metadata import autonumber_of
from dlambda.domain.messages.codec import from_fields
from dlambda.media.workers.child import fragments, resume_patches
from dlambda.media.workers.child.disk_watch import READ_ELSEWHERE, DiskWatch, is_final
from dlambda.media.workers.child.file_heads import check_media
from dlambda.media.workers.child.keeping import Keeping
from dlambda.media.workers.child.merging import can_merge_elsewhere
from dlambda.media.workers.child.naming import Named
from dlambda.media.ytdlp import resume
from dlambda.media.ytdlp.wording import plain
from dlambda.media.ytdlp.work_layout import HOME, TEMP
from dlambda.media.ytdlp.worker_jobs import DownloadJob
from dlambda.media.ytdlp.worker_messages import (
    DownloadAnswer,
    DownloadQuestion,
    Postprocessing,
    Progress,
    WorkerMessage,
    encode,
)

_PROGRESS_SECONDS = 0.2
_PROGRESS_FIELDS = ("downloaded_bytes", "total_bytes", "total_bytes_estimate", "speed", "eta")
EXISTING_TEXT = "Item has already been downloaded."


class Talk:
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


class Archive:
    """Looks like the set that `YoutubeDL` keeps its archive in; membership is asked for, additions are reported."""

    def __init__(self, talk: Talk) -> None:
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


class Session(fragments.Losses, Named, Keeping, resume_patches.Watched):
    """An item's download: names that are not taken, an archive elsewhere, progress to the parent."""

    def __init__(self, params: dict[str, Any], job: DownloadJob, talk: Talk, state: resume.State) -> None:
        self._job = job
        self._talk = talk
        self._state = state
        self.rejected: str | None = None
        self.kept: str | None = None  # the file that is there in place of one that would have been downloaded
        self._is_read_elsewhere = False  # the file that is being downloaded, as its formats are put together
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

    @property
    def keeps_parts(self) -> bool:
        """True if what a long conversion has done is kept, as its invocation may end before it does."""
        return self._job.is_handed_over

    def note_part(self, path: Path, kind: str) -> None:
        """Keeps a part of a conversion: the next run finds it."""
        self._state.note_finished(path, kind)

    def has_part(self, path: Path, kind: str) -> bool:
        """True if an earlier run has made it, or this one."""
        if not self._state.is_finished(path, kind):
            return False
        self._fill(path)
        return True

    def make_whole(self, part: Path) -> None:
        if not self._is_read_elsewhere:
            self._fill(part)

    def _fill(self, path: Path) -> None:
        self._talk.ask(DownloadQuestion("bytes", self._relative(path)))

    def _relative(self, path: Path) -> str:
        return os.path.relpath(path, self._job.workdir)

    def merge_elsewhere(self, target: Path, files: Sequence[str]) -> bool:
        """Lets the parent put finished files together. False: they are here now, with all their bytes, to be merged."""
        names = [self._relative(Path(file)) for file in files]
        if self._talk.ask(DownloadQuestion("merge", self._relative(target), tuple(names))):
            return True
        for file, name in zip(files, names, strict=True):
            self._fill(Path(file))
            check_media(Path(file), Path(name).suffix[1:])
        return False

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
        self._is_read_elsewhere = self.merges_elsewhere and not subtitle and not test
        info[READ_ELSEWHERE] = self._is_read_elsewhere
        success, real = super().dl(name, info, subtitle, test)
        if success and not subtitle and not test:
            self.make_whole(path)
            if path.is_file() and not self._is_read_elsewhere:
                check_media(path, str(info.get("ext")))
            self._state.note_finished(path, self.format_id)
        return success, real

    def process_info(self, info_dict: dict[str, Any]) -> None:
        for key, value in self._job.extras.items():
            if key != "is_live" and info_dict.get(key) is None:
                info_dict[key] = value
        if info_dict.get("is_live"):
            self._keep_title(info_dict)
        self.merges_elsewhere = self._job.can_merge and can_merge_elsewhere(info_dict, self)
        if not self.merges_elsewhere:
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


class Reports:
    """yt-dlp's hooks, as messages."""

    def __init__(self, talk: Talk, workdir: Path) -> None:
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
        info = status.get("info_dict") or {}
        report = Progress(
            state,
            **{name: status.get(name) for name in _PROGRESS_FIELDS},
            filename=self._relative(status.get("filename")),
            tmpfilename=self._relative(status.get("tmpfilename")),
            is_final=is_final(info),
            is_read_elsewhere=bool(info.get(READ_ELSEWHERE)),
        )
        self._talk.say(report)

    def quiet_seconds(self) -> float:
        """Seconds since the last progress report."""
        return time.monotonic() - self._last[0]

    def growth(self, size: int, speed: float) -> None:
        """The bytes that ffmpeg has written, which calls no hooks."""
        self._talk.say(Progress("downloading", downloaded_bytes=size, speed=speed))

    def postprocessor(self, status: Mapping[str, Any]) -> None:
        if status.get("status") in ("started", "finished"):
            self._talk.say(Postprocessing(status["status"], str(status.get("postprocessor"))))

    def moved(self, filepath: str) -> None:
        self.filepath = self.filepath or filepath
