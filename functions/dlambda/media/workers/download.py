"""Downloading one item in a worker process: started, listened to, stopped (docs/contract/downloads.md 5.8)."""

import time
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dlambda.domain.items.entry_ref import EntryRef
from dlambda.domain.items.failure import Failure, classify
from dlambda.domain.items.step_warning import StepWarning
from dlambda.errors import Invalid
from dlambda.media.machine.tools import find_tool
from dlambda.media.workers.quiet import QuietLimit, longest_sleep
from dlambda.media.workers.redaction import Redaction
from dlambda.media.workers.worker import Worker, start_worker
from dlambda.media.ytdlp.output import is_own
from dlambda.media.ytdlp.work_layout import HOME
from dlambda.media.ytdlp.worker_jobs import DownloadJob
from dlambda.settings import get_settings

ENDED_TEXT = "Download process ended unexpectedly."
_MAX_SUFFIX = 10_000


@dataclass(frozen=True)
class DownloadSpec:
    """A download: its source, its options and its folder.

    `params` from `dlambda.media.ytdlp.options.effective_params`; their `paths` play no part: the result lies in
    `workdir/home`, named by their `outtmpl`. `workdir` belongs to this item alone; kept, it lets the download continue.
    `entry` says what of the URL is meant. `info` is an extraction's `info`, used in place of the page. `cookies` is the
    text of a Netscape cookie file.
    `extras` fill metadata that is missing (playlist fields in templates). `archive`: `in` is asked with ids such as
    `youtube dQw4w9WgXcQ` (None: no archive). `taken`: `in` is asked with names relative to the final folder, without
    extension; a name in use gets ` (2)`. `existing` tells the media file that has such a name already
    (`--no-overwrites`; None: files are replaced). All are asked in the caller's thread, inside `Running.messages`.
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
    archive: Container[str] | None = None
    taken: Container[str] = frozenset()
    existing: Callable[[str], str | None] | None = None


@dataclass(frozen=True)
class Progress:
    """How far it is: bytes, bytes per second, seconds. At most five a second. Names are relative to the workdir.

    `status` is yt-dlp's: `downloading`, or `finished` for one file of possibly several.
    """

    status: str
    downloaded_bytes: float | None = None
    total_bytes: float | None = None
    total_bytes_estimate: float | None = None
    speed: float | None = None
    eta: float | None = None
    filename: str | None = None
    tmpfilename: str | None = None


@dataclass(frozen=True)
class Postprocessing:
    """A post-processor has `started` or `finished`."""

    status: str
    name: str


@dataclass(frozen=True)
class Log:
    """A line for the log; `level` is `warning` (or `debug`, when yt-dlp's debugging is on)."""

    level: str
    text: str


@dataclass(frozen=True)
class FileReady:
    """A media file that nothing will change any more; `path` is relative to `workdir/home`."""

    path: str


@dataclass(frozen=True)
class Result:
    """The last message. Exactly one of `ok`, `error` and `skipped_reason` tells what happened.

    With `error` a `filepath` may still be set: that file is complete, something after it failed. `filepath` and
    `extra_files` (subtitles, thumbnails, NFO ...) are relative to `workdir/home`. `archive_ids` are to be recorded.
    `warnings` say what failed beside the media, which is as the last step that worked left it. `existing`: the file
    that is kept in place of a download, relative to the item's folder. `retry_after_seconds`: what the site asked for
    when it refused. `stopped`: it ended because `Running.stop` asked.
    """

    ok: bool
    error: str | None = None
    filepath: str | None = None
    extra_files: tuple[str, ...] = ()
    archive_ids: tuple[str, ...] = ()
    skipped_reason: str | None = None
    existing: str | None = None
    warnings: tuple[StepWarning, ...] = ()
    stopped: bool = False
    retry_after_seconds: float | None = None

    @property
    def failure(self) -> Failure | None:
        """The failure that the error stands for; None without one."""
        return classify(self.error) if self.error else None


Message = Progress | Postprocessing | Log | FileReady | Result


class Running:
    """A download under way. Not for several threads at once."""

    def __init__(self, spec: DownloadSpec, worker: Worker) -> None:
        self._spec = spec
        self._worker = worker
        self._redaction = Redaction.of(spec.params, spec.cookies)
        self._result: Result | None = None
        self._stopping = False
        self._existing: str | None = None  # the file that is there, as the parent found it
        settings = get_settings()
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
            elif raw["type"] == "ask":
                self._worker.send({"answer": self._answer(raw)})
            elif raw["type"] == "result":
                result = _result(raw, self._spec.workdir / HOME, self._redaction)
                self._finish(replace(result, existing=self._existing if raw.get("existing") else None), messages)
            else:
                messages.append(_message(raw, self._spec.workdir, self._redaction))
        return messages

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

    def _answer(self, question: Mapping[str, Any]) -> bool | str:
        """Raises `Invalid` for a name that cannot be given, and what `archive` and `taken` raise."""
        value = str(question["value"])
        if question["about"] == "archive":
            return self._spec.archive is not None and value in self._spec.archive
        if question["about"] == "file":
            self._existing = (self._spec.existing and self._spec.existing(value)) or None
            return self._existing or ""
        for number in range(1, _MAX_SUFFIX):
            suffix = f" ({number})" if number > 1 else ""
            if value + suffix not in self._spec.taken:
                return suffix
        raise Invalid(f"The name '{value}' is taken {_MAX_SUFFIX} times.")


def _result(raw: Mapping[str, Any], home: Path, redaction: Redaction) -> Result:
    filepath = raw.get("filepath")
    if filepath is not None and not is_own(home, filepath):
        return Result(ok=False, error=ENDED_TEXT)
    return Result(
        ok=bool(raw["ok"]),
        error=redaction.optional(raw.get("error")),
        filepath=filepath,
        extra_files=tuple(name for name in raw.get("extra_files", ()) if is_own(home, name)),
        archive_ids=tuple(raw.get("archive_ids", ())),
        skipped_reason=redaction.optional(raw.get("skipped_reason")),
        warnings=tuple(
            StepWarning(warning["step"], redaction.text(warning["text"])) for warning in raw.get("warnings", ())
        ),
        stopped=bool(raw.get("stopped")),
        retry_after_seconds=raw.get("retry_after_seconds"),
    )


def _message(raw: Mapping[str, Any], workdir: Path, redaction: Redaction) -> Message:
    fields = {key: value for key, value in raw.items() if key != "type"}
    if raw["type"] == "log":
        fields["text"] = redaction.text(raw["text"])
    for key in ("filename", "tmpfilename"):
        if fields.get(key) and not is_own(workdir, fields[key]):
            fields[key] = None
    kinds: dict[str, type[Progress | Postprocessing | Log | FileReady]] = {
        "progress": Progress, "postprocessor": Postprocessing, "log": Log, "file": FileReady,
    }  # fmt: skip
    return kinds[raw["type"]](**fields)


def start_download(spec: DownloadSpec) -> Running:
    """Starts the download. Raises `Unavailable` when no worker can be started."""
    spec.workdir.mkdir(parents=True, exist_ok=True)
    job = DownloadJob(
        item_id=spec.item_id,
        url=spec.url,
        params=dict(spec.params),
        workdir=str(spec.workdir),
        entry=spec.entry,
        info=dict(spec.info) if spec.info else None,
        cookies=spec.cookies,
        extras=dict(spec.extras),
        is_live=spec.is_live,
        allow_internal=spec.allow_internal,
        has_archive=spec.archive is not None,
        keeps_files=spec.existing is not None,
        ffmpeg=find_tool("ffmpeg"),
        cache=str(get_settings().scratch / "cache"),
        deno=find_tool("deno"),
        debug=get_settings().ytdlp_debug,
        disk_reserve_bytes=get_settings().disk_reserve_bytes,
        live_patience_seconds=get_settings().live_patience,
    )
    return Running(spec, start_worker(job))
