"""Downloading one item in a worker process: started, listened to, stopped (docs/contract/downloads.md 5.8)."""

import logging
import os
import time
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from dlambda.deployment import current
from dlambda.domain.messages.codec import to_fields
from dlambda.errors import Invalid
from dlambda.media.machine.tools import find_tool
from dlambda.media.workers.quiet import QuietLimit, longest_sleep
from dlambda.media.workers.redaction import Redaction
from dlambda.media.workers.worker import Worker, start_worker
from dlambda.media.ytdlp import worker_messages
from dlambda.media.ytdlp.output import is_own
from dlambda.media.ytdlp.work_layout import HOME, TEMP
from dlambda.media.ytdlp.worker_jobs import DownloadJob, DownloadRequest
from dlambda.media.ytdlp.worker_messages import (
    DownloadAnswer,
    DownloadQuestion,
    Log,
    Postprocessing,
    Progress,
    Result,
)

__all__ = [
    "ENDED_TEXT",
    "DownloadSpec",
    "Log",
    "Message",
    "Postprocessing",
    "Progress",
    "Result",
    "Running",
    "start_download",
]

log = logging.getLogger(__name__)

ENDED_TEXT = "Download process ended unexpectedly."
_MAX_SUFFIX = 10_000


@dataclass(frozen=True)
class DownloadSpec(DownloadRequest):
    """A download, and what its worker has to ask for.

    `archive`: `in` is asked with ids such as `youtube dQw4w9WgXcQ` (None: no archive). `claim_name` is called with
    names relative to the final folder, without extension, and answers whether the download has the name from now on;
    one in use gets ` (2)`. `existing` tells the media file that has such a name already (`--no-overwrites`; None: files
    are replaced). `fill` brings what a file of the work folder lacks, once that is needed. `merge` puts two finished
    files together at a path, or answers that it did not. All are asked in the caller's thread, inside
    `Running.messages`. `release`: yt-dlp's; None: the one that serves.
    """

    archive: Container[str] | None = None
    claim_name: Callable[[str], bool] = lambda _: True
    existing: Callable[[str], str | None] | None = None
    fill: Callable[[str], None] = lambda _: None
    merge: Callable[[str, Sequence[str]], bool] | None = None
    release: str | None = None


Message = Progress | Postprocessing | Log | Result


class Running:
    """A download under way. Not for several threads at once."""

    def __init__(self, spec: DownloadSpec, worker: Worker) -> None:
        self._spec = spec
        self._worker = worker
        self._redaction = Redaction.of(spec.params, spec.cookies)
        self._result: Result | None = None
        self._stopping = False
        self._existing: str | None = None  # the file that is there, as the parent found it
        settings = current().settings
        self._quiet = QuietLimit(
            worker.pid,
            spec.workdir,
            busy_seconds=settings.worker_busy_timeout,
            idle_seconds=settings.worker_quiet_timeout + longest_sleep(spec.params),
        )

    @property
    def alive(self) -> bool:
        """True if the result is still to come."""
        return self._result is None

    @property
    def result(self) -> Result | None:
        """The result, once `messages` has brought it."""
        return self._result

    @property
    def pid(self) -> int:
        """The leader of its process group."""
        return self._worker.pid

    def messages(self, timeout_seconds: float) -> list[Message]:
        """The messages since the last call; waits up to the timeout for the first one.

        Call it at least every few seconds: the worker waits for its questions to be answered. The last message is the
        `Result`, whatever happens: a worker that gives no sign for long is ended (settings `worker_busy_timeout`,
        `worker_quiet_timeout`). Raises what answering a question raises; the download is to be stopped then.
        """
        if self._result is not None:
            return []
        messages: list[Message] = []
        end = time.monotonic() + timeout_seconds
        while self._result is None:
            wait = 0.0 if messages else end - time.monotonic()
            raw = self._worker.receive(wait)
            if raw is not None:
                self._quiet.note_sign()
            if raw is None:
                if self._worker.ended:
                    self._finish(Result(ok=False, error=ENDED_TEXT), messages)
                elif problem := self._quiet.find_problem():
                    self._finish(Result(ok=False, error=problem), messages)
                elif messages or time.monotonic() >= end:
                    break
            else:
                self._take(raw, messages)
        return messages

    def _take(self, raw: Mapping[str, Any], messages: list[Message]) -> None:
        """Answers a question; adds any other message to `messages`. A worker that says something else is ended."""
        try:
            message = worker_messages.decode(raw)
        except Invalid:
            log.exception("A worker sent what is no message", extra={"item_id": self._spec.item_id})
            message = Result(ok=False, error=ENDED_TEXT)
        if isinstance(message, DownloadQuestion):
            self._worker.send(to_fields(DownloadAnswer(self._answer(message))))
            self._quiet.note_sign()  # it was the worker who waited
        elif isinstance(message, Result):
            result = _check_result(message, self._spec.workdir / HOME, self._redaction)
            self._finish(replace(result, existing=self._existing if message.existing else None), messages)
        else:
            messages.append(_check(message, self._spec.workdir, self._redaction))

    def stop(self, grace_seconds: float = 2.0) -> Result:
        """Ends the download and its whole process group; nothing of it is left running.

        What was downloaded stays in the workdir. A live recording is finished in order within the grace, and its result
        then is `ok`; with a grace of 0 it is left as it is, like `suspend`.
        """
        self._stopping = True
        if self._result is None and grace_seconds > 0:
            self._worker.interrupt()
            end = time.monotonic() + grace_seconds
            while self.alive and time.monotonic() < end:
                self.messages(end - time.monotonic())
        self._worker.kill()
        self._worker.wait_gone()
        if self._result is None:
            self._finish(Result(ok=False, error=ENDED_TEXT), [])
        assert self._result is not None
        return self._result

    def ask_to_finish(self) -> None:
        """Lets a live recording finish its file, which takes as long as it takes; `messages` brings the result."""
        self._stopping = True
        if self._result is None:
            self._worker.interrupt()

    def suspend(self) -> Result:
        """Ends it at once, to go on from the workdir (or its `snapshot`), here or elsewhere; live recordings too."""
        return self.stop(0)

    def _finish(self, result: Result, messages: list[Message]) -> None:
        if self._stopping and not result.ok:
            result = Result(ok=False, stopped=True, filepath=result.filepath, extra_files=result.extra_files,
                            archive_ids=result.archive_ids, warnings=result.warnings)  # fmt: skip
        self._result = result
        messages.append(result)
        self._worker.kill()

    def _answer(self, question: DownloadQuestion) -> bool | str:
        """Raises `Invalid` for a name that cannot be given, and what `archive` and `claim_name` raise."""
        value = question.value
        if question.about == "archive":
            return self._spec.archive is not None and value in self._spec.archive
        if question.about == "bytes":
            self._spec.fill(value)
            return True
        if question.about == "merge":
            return self._merge(question)
        if question.about == "file":
            self._existing = (self._spec.existing and self._spec.existing(value)) or None
            return self._existing or ""
        for number in range(1, _MAX_SUFFIX):
            suffix = f" ({number})" if number > 1 else ""
            if self._spec.claim_name(value + suffix):
                return suffix
        raise Invalid(f"The name '{value}' is taken {_MAX_SUFFIX} times.")

    def _merge(self, question: DownloadQuestion) -> bool:
        """Raises `Invalid` for a file elsewhere."""
        if not is_own(self._spec.workdir / TEMP, os.path.relpath(question.value, TEMP)):
            raise Invalid("A worker asks for a file elsewhere.")
        return self._spec.merge is not None and self._spec.merge(question.value, question.files)


def _check_result(result: Result, home: Path, redaction: Redaction) -> Result:
    """The result without names outside of `home` and without secrets."""
    if result.filepath is not None and not is_own(home, result.filepath):
        return Result(ok=False, error=ENDED_TEXT)
    return replace(
        result,
        error=redaction.optional(result.error),
        extra_files=tuple(name for name in result.extra_files if is_own(home, name)),
        skipped_reason=redaction.optional(result.skipped_reason),
        warnings=tuple(replace(warning, text=redaction.text(warning.text)) for warning in result.warnings),
    )


def _check(
    message: Progress | Postprocessing | Log, workdir: Path, redaction: Redaction
) -> Progress | Postprocessing | Log:
    """The message without names outside of `workdir` and without secrets."""
    if isinstance(message, Log):
        return replace(message, text=redaction.text(message.text))
    if isinstance(message, Progress):
        return replace(
            message,
            filename=_own(message.filename, workdir),
            tmpfilename=_own(message.tmpfilename, workdir),
        )
    return message


def _own(path: str | None, workdir: Path) -> str | None:
    return path if path and is_own(workdir, path) else None


def start_download(spec: DownloadSpec) -> Running:
    """Starts the download. Raises `Unavailable` when no worker can be started."""
    spec.workdir.mkdir(parents=True, exist_ok=True)
    request = {shared.name: getattr(spec, shared.name) for shared in fields(DownloadRequest)}
    job = DownloadJob(
        **request,
        has_archive=spec.archive is not None,
        keeps_files=spec.existing is not None,
        can_merge=spec.merge is not None,
        is_handed_over=not current().hosting.keeps_scratch,
        ffmpeg=find_tool("ffmpeg"),
        cache=str(current().settings.scratch / "cache"),
        deno=find_tool("deno"),
        debug=current().settings.ytdlp_debug,
        disk_reserve_bytes=current().settings.disk_reserve_bytes,
        live_patience_seconds=current().settings.live_patience,
    )
    return Running(spec, start_worker(job, spec.release))
