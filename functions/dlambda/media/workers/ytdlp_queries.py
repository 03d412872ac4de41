"""Questions that yt-dlp answers without fetching, asked of a worker: the process that serves HTTP never loads it."""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from dlambda.deployment import current, per_deployment
from dlambda.errors import Invalid, Unavailable
from dlambda.media.workers.worker import Worker, start_worker
from dlambda.media.ytdlp.portable_params import unpack
from dlambda.media.ytdlp.release_folder import path_of_release
from dlambda.media.ytdlp.worker_jobs import (
    BrowsersJob,
    FolderJob,
    OptionsJob,
    OptionTexts,
    ParamsJob,
    ParseJob,
    Places,
    Question,
    QuestionsJob,
    UrlIdsJob,
)
from dlambda.settings import Settings

_PATIENCE_SECONDS: Final = 20.0
_IDLE_SECONDS: Final = 15.0
_NO_ANSWER: Final = "The worker for yt-dlp's options did not answer."
_IDS_KEPT_SECONDS: Final = 300.0
_MOST_IDS: Final = 5000
_IDS_AT_ONCE: Final = 500  # some three milliseconds each, far within the patience
_MOST_TEXTS: Final = 64
_SHORT_SECONDS: Final = 0.1  # of waiting for the resident: several forks at once take longer


@dataclass(frozen=True, slots=True)
class Parsed:
    """An option text as JSON values; see `dlambda.media.ytdlp.options.ParsedOptions`."""

    params: dict[str, Any]
    removed: list[str]
    output_template: str | None
    download_path: str | None
    format: str | None


def places_of(settings: Settings) -> Places:
    return Places(
        download_path=settings.download_path,
        temp_path=settings.temp_path,
        config_path=settings.config_path,
        archive_file=settings.archive_file,
        output_template=settings.output_template,
        output_template_chapter=settings.output_template_chapter,
        allow_internal_urls=settings.allow_internal_urls,
    )


def parse(text: str) -> Parsed:
    """Parses an option text, without what users may not set. Raises `Invalid` with the parser's reason."""
    answer = _ask_at_once(ParseJob(text, current().settings.allow_internal_urls))
    return Parsed(**{name: answer[name] for name in Parsed.__slots__})


def effective(texts: OptionTexts) -> dict[str, Any]:
    """The parameters of an item as JSON values (ytdlp.md 8). Raises `Invalid`."""
    params: dict[str, Any] = _ask_at_once(ParseJob(texts))["params"]
    return params


def params_of(texts: OptionTexts) -> dict[str, Any]:
    """The parameters of an item as yt-dlp has them (ytdlp.md 8). Raises `Invalid`.

    Values that only yt-dlp can make (`--date`, `--impersonate`, `--download-sections`) load it into this process.
    """
    packed = _packed_params().get(texts)
    if packed is not None:
        params: dict[str, Any] = unpack(packed)
        return params
    from dlambda.media.ytdlp.effective import effective_params

    return effective_params(texts)


class _PackedParams:
    """Parsed option texts, as a worker answered them: most items have the texts of the one before.

    For a day and a release of yt-dlp, as dates such as `now-1week` are reckoned by then.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()  # who waits has mostly the same texts
        self._answers: dict[tuple[OptionTexts, str, date], Any] = {}

    def get(self, texts: OptionTexts) -> Any:
        """None where a worker cannot say it, or cannot be had. Raises `Invalid`."""
        key = (texts, path_of_release(), datetime.now(UTC).date())
        with self._lock:
            if key not in self._answers:
                try:
                    packed = _ask_at_once(ParamsJob(texts))["params"]
                except Unavailable:
                    return None
                if len(self._answers) >= _MOST_TEXTS:
                    self._answers.clear()
                self._answers[key] = packed
            return self._answers[key]


@per_deployment
def _packed_params() -> _PackedParams:
    return _PackedParams()


def folder_of_template(template: str, info: Mapping[str, Any]) -> str:
    """The directory that an output template yields for a channel's metadata, relative to the root; `""` for none."""
    folder: str = _ask(FolderJob(template, info))["folder"]
    return folder


def list_options(release: str | None = None) -> dict[str, Any]:
    """The options of a release of yt-dlp; None: of the one that serves."""
    answer = _ask(OptionsJob(), release)
    return {name: answer[name] for name in ("version", "count", "options")}


@per_deployment
def list_browsers() -> list[str]:
    """The browsers that a request can be made to look like, the usual ones first; empty without the library for it."""
    browsers: list[str] = _ask(BrowsersJob())["browsers"]
    return browsers


_ids_lock = threading.Lock()


@per_deployment
def _ids_by_url() -> dict[str, tuple[float, dict[str, str] | None]]:
    """The ids of URLs, and until when (monotonic seconds) they are remembered."""
    return {}


def archive_id_of(url: str) -> str:
    """The archive id that a URL tells by itself; `""` when it tells none."""
    question = UrlIdsJob((url,))
    answer = _resident().ask(question, _SHORT_SECONDS)
    (url_id,) = (_check(answer) if answer else _ask(question))["ids"]
    return url_id["archive_id"] if url_id else ""


def ids_of_urls(urls: Sequence[str]) -> list[dict[str, str] | None]:
    """`{"id", "ie_key", "archive_id"}` of each URL that tells them by itself; remembered for five minutes."""
    now = time.monotonic()
    remembered = _ids_by_url()
    with _ids_lock:
        ids = {url: remembered[url][1] for url in urls if url in remembered and remembered[url][0] > now}
    missing = tuple(dict.fromkeys(url for url in urls if url not in ids))
    for start in range(0, len(missing), _IDS_AT_ONCE):
        batch = missing[start : start + _IDS_AT_ONCE]
        ids |= dict(zip(batch, _ask(UrlIdsJob(batch))["ids"], strict=True))
    if missing:
        with _ids_lock:
            if len(remembered) > _MOST_IDS:
                remembered.clear()
            remembered.update({url: (now + _IDS_KEPT_SECONDS, ids[url]) for url in missing})
    return [ids[url] for url in urls]


class _Resident:
    """A worker that stays for further questions: a fork, and closing its sandbox, takes longer than most answers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._worker: Worker | None = None
        self._release = ""

    def ask(self, question: Question, patience_seconds: float = 0) -> dict[str, Any] | None:
        """The answer; None while it answers somebody else for so long. Raises `Unavailable`."""
        if not self._lock.acquire(timeout=patience_seconds):
            return None
        try:
            answer = self._worker.ask(question, _PATIENCE_SECONDS) if self._serves() and self._worker else None
            if answer is None:  # it has ended, or it hangs
                answer = self._begin().ask(question, _PATIENCE_SECONDS)
            if answer is None:
                self.close()
                raise Unavailable(_NO_ANSWER)
            return answer
        finally:
            self._lock.release()

    def _serves(self) -> bool:
        return self._release == path_of_release()

    def _begin(self) -> Worker:
        self.close()
        self._release = path_of_release()
        self._worker = start_worker(QuestionsJob(_IDLE_SECONDS))
        return self._worker

    def close(self) -> None:
        """Ends it."""
        if self._worker:
            self._worker.kill()
            self._worker = None


@per_deployment
def _resident() -> _Resident:
    return _Resident()


def _ask_at_once(question: Question) -> dict[str, Any]:
    """The answer of the resident worker, or, while that is busy, of one of its own. Raises `Invalid`, `Unavailable`."""
    answer = _resident().ask(question)
    return _check(answer) if answer else _ask(question)


def _ask(job: Question, release: str | None = None) -> dict[str, Any]:
    worker = start_worker(job, release)
    try:
        answer = worker.receive(_PATIENCE_SECONDS)
    finally:
        worker.kill()
    return _check(answer)


def _check(answer: dict[str, Any] | None) -> dict[str, Any]:
    if answer is None:
        raise Unavailable(_NO_ANSWER)
    if "invalid" in answer:
        raise Invalid(answer["invalid"])
    return answer
