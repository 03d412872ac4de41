"""Does what an order asks for: takes it, lets a worker process bring the media, converts, stores, ends it.

Every order ends. A worker that dies leaves the state in the workdir (one machine) or the bucket, and the next goes on;
one that dies again and again on the same order makes it an error.
"""

import json
import logging
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from dlambda.aws import bucket
from dlambda.deployment import per_deployment
from dlambda.domain.files.content_type import content_type
from dlambda.domain.items.metadata import telling
from dlambda.domain.orders.order import INFO_FILE, Kind, Order
from dlambda.domain.orders.order_request import clip_of, format_of
from dlambda.domain.orders.output import AUDIO, VIDEO, Output
from dlambda.domain.orders.units import GIGABYTE, MINUTE
from dlambda.errors import AppError, Conflict
from dlambda.media.av import convert
from dlambda.media.workers import download, record
from dlambda.media.workers.extract import extract
from dlambda.media.ytdlp.order_params import NotLive, Part
from dlambda.media.ytdlp.work_layout import HOME
from dlambda.settings import get_settings
from dlambda.store.items import leases
from dlambda.store.orders import keys, orders, quota_usage
from dlambda.usecases.orders import carry_segments
from dlambda.usecases.orders.find_order import object_of
from dlambda.usecases.runs.saved_state import HANDOVER_SECONDS, forget_state, load_state, save_state
from dlambda.usecases.transient_errors import ENGINE_ERRORS

log = logging.getLogger(__name__)

_TICK_SECONDS = 0.25
_RENEW_SECONDS = 1.0
_PATIENCE_SECONDS = 120.0
_MOST_STARTS = 6
_MOST_TRIES = 3
_LOST_TEXT = "Another worker has the order."
_LOCK = threading.Lock()


class _HandOver(Exception):
    """The invocation's time is up. What is saved is worth another begin; a conversion is done anew."""

    saved = False


class _Failed(Exception):
    """The order ends as an error; the text is for its owner."""


def _may_pass(problem: Exception) -> bool:
    return isinstance(problem, AppError) and problem.retry


def workdir_of(order_id: str) -> Path:
    return get_settings().scratch / "orders" / order_id


class Outcome(StrEnum):
    """The outcome of a message that named an order."""

    LEFT = "left"  # nothing was to be done, or not by us
    ENDED = "ended"  # its place is free
    UNFINISHED = "unfinished"  # the rest must go on in another invocation


def fulfil_order(order_id: str, *, seconds_left: Callable[[], float]) -> Outcome:
    """Works on an order if a place and its lease can be had. `seconds_left`: how long this invocation may run on."""
    orders_in_progress = _orders_in_progress()
    with _LOCK:
        if order_id in orders_in_progress:
            return Outcome.LEFT
        orders_in_progress.add(order_id)
    try:
        return _fulfil(order_id, seconds_left)
    finally:
        orders_in_progress.discard(order_id)


@per_deployment
def _orders_in_progress() -> set[str]:
    """The orders that this process works on."""
    return set()


def fail_order(order_id: str, error: str) -> None:
    """Ends an order that cannot be worked on, unless another worker has it."""
    order = orders.find(order_id)
    if order is None or order.has_ended:
        return
    lease = leases.acquire(order_id, uuid.uuid4().hex, time.time())
    if lease is None:
        raise leases.Lost(_LOST_TEXT)
    orders.end(order, order.failed(error, time.time()), lease)


def _fulfil(order_id: str, seconds_left: Callable[[], float]) -> Outcome:
    order = orders.find(order_id)
    if order is None or order.has_ended:
        return Outcome.LEFT
    lease = leases.acquire(order_id, uuid.uuid4().hex, time.time())
    if lease is None:
        return Outcome.LEFT
    try:
        running_order = orders.start(order, lease, time.time(), places=get_settings().task_max_workers)
    except Conflict:
        return Outcome.LEFT
    if running_order is None:
        leases.release(lease)  # it waits on; whoever ends next wakes it
        return Outcome.LEFT
    try:
        with leases.released_on_failure(lease):
            return _Fulfilment(running_order, lease, seconds_left).run()
    except leases.Lost:
        log.info("lease lost: another worker has the order", extra={"order_id": order_id})
        return Outcome.LEFT


@dataclass
class _Fulfilment:
    """A run of an order."""

    order: Order
    lease: leases.Lease
    seconds_left: Callable[[], float]
    percent: float | None = None
    bytes_of: dict[str | None, int] = field(default_factory=dict)
    meter: quota_usage.Meter | None = None
    quotas: dict[str, int] = field(default_factory=dict)
    renewed_at: float = field(default_factory=time.monotonic)
    answered_at: float = field(default_factory=time.monotonic)
    lost: bool = False

    @property
    def _named(self) -> dict[str, str]:
        """Fields that the lines of the log carry."""
        return {"order_id": self.order.id}

    def run(self) -> Outcome:
        try:
            if self.order.starts > _MOST_STARTS:
                raise _Failed("The worker ended unexpectedly, again and again.")
            self._end(self._bring())
        except _HandOver as stop:
            starts = 0 if stop.saved else self.order.starts
            orders.hand_over(self.order, self.order.evolve(starts=starts), self.lease, time.time())
            return Outcome.UNFINISHED
        except (_Failed, AppError) as problem:
            if isinstance(problem, leases.Lost) or (self.order.starts < _MOST_STARTS and _may_pass(problem)):
                raise
            self._end(self.order.failed(str(problem), time.time()))
        return Outcome.ENDED

    def _end(self, after: Order) -> None:
        orders.end(self.order, after, self.lease)
        shutil.rmtree(workdir_of(self.order.id), ignore_errors=True)
        forget_state(self.order.id)

    def _bring(self) -> Order:
        """The order as completed, its file in the bucket."""
        if self.order.kind is Kind.GET_INFO:
            return self._bring_info()
        path, warnings = self._record() if self.order.kind.is_live else self._download()
        name = self.order.kind.stem + path.suffix
        self._count(path.stat().st_size)
        with self._beating():
            bucket.put_file(path, object_of(self.order.id, name), content_type(name))
        return self.order.completed(name, time.time(), warnings)

    def _bring_info(self) -> Order:
        settings = get_settings()
        with self._beating():
            extraction = extract(
                self.order.url,
                {"noplaylist": True},
                timeout_seconds=settings.extract_info_timeout,
                allow_internal=settings.allow_internal_urls,
            )
        if extraction.info is None:
            raise _Failed(" ".join([extraction.error or "Unable to extract info.", *telling(extraction.warnings)]))
        body = json.dumps(extraction.info).encode()
        self._count(len(body))
        bucket.put_bytes(object_of(self.order.id, INFO_FILE), body, "application/json")
        return self.order.completed(INFO_FILE, time.time())

    # Media

    @property
    def _output(self) -> Output | None:
        """None: sound, as the source has it."""
        name = self.order.options.get("output_format")
        outputs = VIDEO if self.order.kind.has_video else AUDIO
        return outputs[name] if name else None

    def _download(self) -> tuple[Path, Sequence[str]]:
        workdir = workdir_of(self.order.id)
        load_state(self.order.id, workdir)
        spec = download.DownloadSpec(
            item_id=self.order.id,
            url=self.order.url,
            params=self._params(),
            workdir=workdir,
            allow_internal=get_settings().allow_internal_urls,
        )
        result = self._follow(lambda: download.start_download(spec), self._save_download)
        if not result.filepath:
            raise _Failed(result.error or result.skipped_reason or "The download gave no file.")
        path = workdir / HOME / result.filepath
        output = self._output
        if output and output.has_video and path.suffix == f".{output.ext}":
            return path, ()
        return self._convert([path], output, None), ()

    def _params(self) -> dict[str, Any]:
        order = self.order
        params: dict[str, Any] = {
            "format": format_of(order.kind, order.options),
            "outtmpl": {"default": "source.%(ext)s"},
            "noplaylist": True,
            "playlist_items": "1",
            "match_filter": NotLive(),
        }
        if order.kind.has_video:
            params["merge_output_format"] = f"{order.options['output_format']}/mkv"
        if clip := clip_of(order.options):
            begin, end = clip
            params["download_ranges"] = Part(begin, float("inf") if end is None else end)
            params["force_keyframes_at_cuts"] = bool(order.options.get("force_keyframes"))
        return params

    def _save_download(self) -> None:
        save_state(self.order.id, workdir_of(self.order.id))

    def _record(self) -> tuple[Path, Sequence[str]]:
        options, workdir = self.order.options, workdir_of(self.order.id)
        carrier = carry_segments.Carrier(self.order.id, workdir)
        carrier.load()
        spec = record.RecordSpec(
            order_id=self.order.id,
            url=self.order.url,
            params={"format": format_of(self.order.kind, options), "noplaylist": True, "playlist_items": "1"},
            workdir=workdir,
            start=float(options["start"]),
            duration=float(options["duration"]),
            allow_internal=get_settings().allow_internal_urls,
        )
        result = self._follow(lambda: record.start_recording(spec), carrier.save, each_second=carrier.save)
        if not result.ok:
            raise _Failed(result.error or "The live stream gave no data.")
        path = self._convert(record.join_tracks(workdir), self._output, spec.duration)
        return path, [each.text for each in result.warnings]

    def _convert(self, paths: Sequence[Path], output: Output | None, seconds: float | None) -> Path:
        with self._beating():
            sources = [convert.Source.read(path) for path in paths]
            place = workdir_of(self.order.id) / self.order.kind.value
            return convert.convert(sources, output, place, seconds=seconds, tick=self._check)

    def _follow(
        self,
        start: Callable[[], download.Running],
        save: Callable[[], None],
        each_second: Callable[[], None] | None = None,
    ) -> download.Result:
        """Listens to a worker process until it ends; one that dies is started again, since its state is kept."""
        for _ in range(_MOST_TRIES):
            running = start()
            try:
                self._listen(running, each_second)
            except _HandOver as stop:
                running.suspend()
                save()
                stop.saved = True
                raise
            finally:
                if running.alive:
                    running.stop(0)
            assert running.result is not None
            if running.result.error != download.ENDED_TEXT:
                return running.result
        raise _Failed(download.ENDED_TEXT)

    def _listen(self, running: download.Running, each_second: Callable[[], None] | None) -> None:
        while running.result is None:
            for message in running.messages(_TICK_SECONDS):
                if isinstance(message, download.Progress):
                    self._note(message)
            if time.monotonic() - self.renewed_at >= _RENEW_SECONDS:
                self._report(each_second)
            if self.seconds_left() < HANDOVER_SECONDS:
                raise _HandOver

    def _report(self, each_second: Callable[[], None] | None) -> None:
        """Tells the tables how far it is. When they are away for a moment, the media goes on coming."""
        try:
            self._renew()
            self._count(sum(self.bytes_of.values()))
            if each_second:
                each_second()
        except ENGINE_ERRORS:
            if time.monotonic() - self.answered_at > _PATIENCE_SECONDS:
                raise
            log.warning("The progress of an order could not be told", exc_info=True, extra=self._named)
        else:
            self.answered_at = time.monotonic()

    def _note(self, report: download.Progress) -> None:
        downloaded_bytes = int(report.downloaded_bytes or 0)
        self.bytes_of[report.filename] = max(downloaded_bytes, self.bytes_of.get(report.filename, 0))
        total = report.total_bytes or report.total_bytes_estimate
        if total:
            self.percent = round(min(100.0, downloaded_bytes / total * 100), 1)

    # The lease, and what is counted

    def _renew(self) -> None:
        self.renewed_at = time.monotonic()
        leases.renew(self.lease, time.time(), {"percent": self.percent})

    @contextmanager
    def _beating(self) -> Iterator[None]:
        """Keeps the lease while this thread is busy."""
        stop = threading.Event()
        thread = threading.Thread(target=self._beat, args=(stop,), name="order-lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
        self._check()

    def _beat(self, stop: threading.Event) -> None:
        while not stop.wait(_RENEW_SECONDS):
            try:
                self._renew()
            except leases.Lost:
                self.lost = True
                return
            except ENGINE_ERRORS:
                # Tried again in a second; when it stays so, the lease runs out and another worker takes over.
                log.warning("The lease of an order could not be renewed", exc_info=True, extra=self._named)

    def _check(self) -> None:
        if self.lost:
            raise leases.Lost(_LOST_TEXT)
        if self.seconds_left() < HANDOVER_SECONDS / 4:
            raise _HandOver

    def _count(self, size_bytes: int) -> None:
        """Counts what the order has brought. Raises `_Failed` when that is more than is allowed."""
        settings = get_settings()
        if self.meter is None:
            self.meter = quota_usage.Meter.of(self.order.owner, self.order.id)
            self.quotas = keys.quotas_of(self.order.owner)
        limits = quota_usage.Limits(
            key=self.quotas.get(self.order.owner) or int(settings.default_quota_gb * GIGABYTE),
            all=int(settings.available_gb * GIGABYTE),
            seconds=settings.quota_rate_minutes * MINUTE,
            makers={key_id: quota for key_id, quota in self.quotas.items() if key_id != self.order.owner},
        )
        try:
            self.meter = quota_usage.raise_to(self.meter, size_bytes, time.time(), limits)
        except quota_usage.OverQuota as over:
            limit = f"{settings.available_gb:g} GB of all keys" if over.of_all else "storage quota of the key"
            raise _Failed(f"Quota exceeded: the {limit} in {settings.quota_rate_minutes:g} min is used up.") from None
