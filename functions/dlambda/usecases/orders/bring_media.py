"""Brings what an order asks for to the bucket: a worker process fetches it, ffmpeg converts it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from dlambda.aws import bucket
from dlambda.deployment import current
from dlambda.domain.files.content_type import content_type
from dlambda.domain.items.metadata import telling
from dlambda.domain.messages.queue_messages import FulfilOrder
from dlambda.domain.orders.order import INFO_FILE, Kind, Order, OrderFailed
from dlambda.domain.orders.output import AUDIO, VIDEO, Output
from dlambda.media.av import convert
from dlambda.media.workers import download, record
from dlambda.media.workers.extract import extract
from dlambda.media.ytdlp.work_layout import HOME
from dlambda.store.items import leases
from dlambda.usecases.orders.carry_segments import Carrier
from dlambda.usecases.orders.find_order import object_of
from dlambda.usecases.orders.order_folder import workdir_of
from dlambda.usecases.orders.order_specs import download_spec, record_spec
from dlambda.usecases.orders.order_worker import OrderWorker
from dlambda.usecases.workers.early_start import EarlyStart
from dlambda.usecases.workers.saved_state import saved_state
from dlambda.usecases.workers.state_saver import StateSaver


def bring_media(order: Order, lease: leases.Lease, seconds_left: Callable[[], float]) -> Order:
    """Does the work; the order as completed, its file in the bucket.

    Raises `OrderFailed` for what ends it, `HandOver` when the invocation's time is up, `Lost`, and other
    errors that may pass.
    """
    worker = OrderWorker(order, lease, seconds_left)
    if order.kind is Kind.GET_INFO:
        return _bring_info(order, worker)
    path, warnings = _record(order, worker) if order.kind.is_live else (_download(order, worker), ())
    name = order.kind.stem + path.suffix
    worker.byte_count.raise_to(path.stat().st_size)
    with worker.run.renewing():
        bucket.place_file(path, object_of(order.id, name), content_type(name))
    return order.completed(name, current().clock.time(), warnings)


def _bring_info(order: Order, worker: OrderWorker) -> Order:
    settings = current().settings
    with worker.run.renewing():
        extraction = extract(
            order.url,
            {"noplaylist": True},
            timeout_seconds=settings.extract_info_timeout,
            allow_internal=settings.allow_internal_urls,
        )
    if extraction.info is None:
        raise OrderFailed(" ".join([extraction.error or "Unable to extract info.", *telling(extraction.warnings)]))
    body = json.dumps(extraction.info).encode()
    worker.byte_count.raise_to(len(body))
    bucket.put_bytes(object_of(order.id, INFO_FILE), body, "application/json")
    return order.completed(INFO_FILE, current().clock.time())


def _download(order: Order, worker: OrderWorker) -> Path:
    spec = download_spec(order)
    state = saved_state().of(order.id, spec.workdir)
    state.load()

    def save() -> bool:
        state.save(worker.run.renew_if_due)
        state.leave()
        return state.has_advanced

    whole = replace(spec, fill=lambda name: state.fill(name, worker.run.check_time))
    with StateSaver(state):
        result = worker.follow(lambda: download.start_download(whole), save)
    if not result.filepath:
        raise OrderFailed(result.error or result.skipped_reason or "The download gave no file.")
    path = spec.workdir / HOME / result.filepath
    output = _output_of(order)
    if output and output.has_video and path.suffix == f".{output.ext}":
        return path
    return _convert(order, worker, [path])


def _record(order: Order, worker: OrderWorker) -> tuple[Path, Sequence[str]]:
    """The file, and warnings that say what it lacks."""
    spec = record_spec(order)
    carrier = Carrier(order.id, spec.workdir)
    carrier.load()
    early_start = EarlyStart(FulfilOrder(order.id, awaits_release=True)) if carrier.is_needed else None

    def hand_over() -> bool:
        carrier.save()
        carrier.leave()
        return True

    result = worker.follow(lambda: record.start_recording(spec), hand_over, carrier.save, early_start)
    if not result.ok:
        raise OrderFailed(result.error or "The live stream gave no data.")
    carrier.fill(worker.run.check_time)
    path = _convert(order, worker, record.join_tracks(spec.workdir), spec.duration)
    return path, [warning.text for warning in result.warnings]


def _convert(order: Order, worker: OrderWorker, paths: Sequence[Path], seconds: float | None = None) -> Path:
    with worker.run.renewing():
        sources = [convert.Source.read(path) for path in paths]
        target = workdir_of(order.id) / order.kind.value
        return convert.convert(sources, _output_of(order), target, seconds=seconds, tick=worker.run.check)


def _output_of(order: Order) -> Output | None:
    """The format that is asked for; None: sound, as the source has it."""
    name = order.options.get("output_format")
    outputs = VIDEO if order.kind.has_video else AUDIO
    return outputs[name] if name else None
