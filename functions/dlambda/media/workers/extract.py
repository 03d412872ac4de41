"""Reading a page's metadata in a worker process with a time limit (docs/contract/ytdlp.md 10)."""

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dlambda.deployment import current
from dlambda.domain.items.entry_ref import EntryRef
from dlambda.domain.items.failure import Failure, FailureKind, classify
from dlambda.errors import Invalid
from dlambda.media.machine.tools import find_tool
from dlambda.media.workers.redaction import Redaction
from dlambda.media.workers.worker import start_worker
from dlambda.media.ytdlp.worker_jobs import ExtractJob, OptionTexts

NOTHING_TEXT = "Unable to extract info."
_MOST_TRIES = 3  # of a question whose worker died


@dataclass(frozen=True)
class Extraction:
    """The result of reading a page. `info` is JSON-able, or None; then `error` is a text for the user.

    `rejected`: why the options leave entries of a playlist out, a text for each. `timed_out`: the whole time was used
    up. `retry_after_seconds`: what the site asked for when it refused.
    `at`: when it was read (unix seconds).
    `info` may be a video, a playlist (its `entries` flat) or, unless followed, a `url`. Warnings are plain strings.
    """

    info: dict[str, Any] | None
    warnings: tuple[str, ...] = ()
    error: str | None = None
    rejected: tuple[str, ...] = ()
    timed_out: bool = False
    retry_after_seconds: float | None = None
    at: float = field(default_factory=time.time, compare=False)

    @property
    def failure(self) -> Failure | None:
        """The failure that the error stands for; None when there is none."""
        if self.error is None:
            return None
        failure = classify(self.error)
        if failure.kind is FailureKind.OTHER:
            return classify("\n".join(self.warnings))
        return failure


def extract(
    url: str,
    params: Mapping[str, Any] | OptionTexts,
    *,
    entry: EntryRef | None = None,
    cookies: str | None = None,
    timeout_seconds: float = 70,
    allow_internal: bool = False,
    follow: bool = True,
    release: str | None = None,
    is_one_of_many: bool = False,
) -> Extraction:
    """The metadata of `url`; errors of sites are values here. Ends the worker's whole group at the timeout.

    `params` as from `media.ytdlp.effective.effective_params`, or the texts that it takes: then the worker parses
    them, and `Invalid` is raised when they don't parse. Their archive and post-processors play no part.
    `entry` says what of the URL is meant. `cookies` is the text of a Netscape cookie file. `follow`: redirects of type
    `url` are followed. `release`: yt-dlp's; None: the one that serves. `is_one_of_many`: others come first where
    processors are scarce.
    Raises `Unavailable` when no worker can be started.
    """
    settings = current().settings
    with tempfile.TemporaryDirectory(prefix="extract-", dir=_scratch(), ignore_cleanup_errors=True) as folder:
        job = ExtractJob(
            url=url, params=params, workdir=Path(folder), entry=entry or EntryRef(), cookies=cookies,
            allow_internal=allow_internal, follow=follow, cache=str(settings.scratch / "cache"),
            deno=find_tool("deno"), debug=settings.ytdlp_debug, most_entries=settings.max_playlist_entries,
            is_one_of_many=is_one_of_many,
        )  # fmt: skip
        return _answer(job, timeout_seconds, release)


def _scratch() -> str:
    folder = current().settings.scratch / "extract"
    folder.mkdir(parents=True, exist_ok=True)
    return str(folder)


def _answer(job: ExtractJob, timeout_seconds: float, release: str | None) -> Extraction:
    for _ in range(_MOST_TRIES):
        worker = start_worker(job, release)
        end = time.monotonic() + timeout_seconds  # a machine that starts workers slowly leaves the site its time
        answer = worker.receive(end - time.monotonic())
        has_ended = worker.ended
        worker.kill()
        if answer is not None or not has_ended:
            break
    if answer is None and has_ended:
        return Extraction(info=None, error=f"{NOTHING_TEXT} The worker ended unexpectedly.")
    if answer is None:
        text = f"TimeoutError: {timeout_seconds:g}s reached {NOTHING_TEXT}"
        return Extraction(info=None, error=text, timed_out=True)
    redaction = Redaction.of(job.params, job.cookies)
    if "invalid" in answer:
        raise Invalid(redaction.text(answer["invalid"]))
    warnings = redaction.texts(answer["warnings"])
    if answer["info"] is None:
        error = redaction.text(answer["error"] or NOTHING_TEXT)
        return Extraction(None, warnings, error, retry_after_seconds=answer.get("retry_after_seconds"))
    return Extraction(info=answer["info"], warnings=warnings, rejected=redaction.texts(answer.get("rejected", ())))
