"""Describes an order to a worker process: the options of yt-dlp that its fields stand for."""

from typing import Any

from dlambda.deployment import current
from dlambda.domain.orders.order import Order
from dlambda.domain.orders.order_request import clip_of, format_of
from dlambda.media.workers.download import DownloadSpec
from dlambda.media.workers.record import RecordSpec
from dlambda.media.ytdlp.order_params import NotLive, Part
from dlambda.usecases.orders.order_folder import workdir_of


def download_spec(order: Order) -> DownloadSpec:
    """Builds the description of a video or sound."""
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
    return DownloadSpec(
        item_id=order.id,
        url=order.url,
        params=params,
        workdir=workdir_of(order.id),
        allow_internal=current().settings.allow_internal_urls,
    )


def record_spec(order: Order) -> RecordSpec:
    """Builds the description of a part of a live stream."""
    return RecordSpec(
        order_id=order.id,
        url=order.url,
        params={"format": format_of(order.kind, order.options), "noplaylist": True, "playlist_items": "1"},
        workdir=workdir_of(order.id),
        start=float(order.options["start"]),
        duration=float(order.options["duration"]),
        allow_internal=current().settings.allow_internal_urls,
    )
