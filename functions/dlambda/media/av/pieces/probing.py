"""Probes by PyAV in the shape of ffprobe's answer; runs in the sandboxed process of `cutting_child`."""

from fractions import Fraction
from typing import Any

import av

from dlambda.errors import OperationFailed
from dlambda.media.av.formats import NO_MEDIA, PROBED
from dlambda.media.av.pieces.opening import open_container

_COVER = av.stream.Disposition.attached_pic


def probe(location: str) -> dict[str, Any]:
    """`{"format": {...}, "streams": [...]}` of a path or URL. Raises `OperationFailed` when it holds no media."""
    try:
        with open_container(location, {"format_whitelist": ",".join(PROBED)}) as container:
            streams = [_stream(stream) for stream in container.streams]
            seconds = None if container.duration is None else container.duration / av.time_base
            shape = {
                "filename": location.rpartition("/")[2],
                "nb_streams": len(streams),
                "format_name": container.format.name,
                "format_long_name": container.format.long_name,
                "duration": None if seconds is None else f"{seconds:.6f}",
                "size": str(container.size),
                "bit_rate": str(container.bit_rate),
                "tags": dict(container.metadata),
            }
    except (av.FFmpegError, OSError):
        raise OperationFailed(NO_MEDIA) from None
    return {"streams": streams, "format": {key: value for key, value in shape.items() if value is not None}}


def _stream(stream: Any) -> dict[str, Any]:
    codec = stream.codec_context
    fields: dict[str, Any] = {
        "index": stream.index,
        "codec_type": stream.type,
        "codec_name": codec.codec.canonical_name if codec else None,
        "profile": stream.profile,
        "time_base": _ratio(stream.time_base) if stream.time_base else None,
        "disposition": {"attached_pic": int(bool(stream.disposition & _COVER))},
        "tags": dict(stream.metadata),
    }
    if stream.type == "video":
        fields |= {"width": codec.width, "height": codec.height, "pix_fmt": codec.pix_fmt,
                  "avg_frame_rate": _ratio(stream.average_rate) if stream.average_rate else "0/0"}  # fmt: skip
    elif stream.type == "audio":
        fields |= {"sample_rate": str(codec.sample_rate), "channels": codec.channels}
    if stream.duration is not None and stream.time_base:
        fields["duration"] = f"{float(stream.duration * stream.time_base):.6f}"
    return {key: value for key, value in fields.items() if value is not None}


def _ratio(number: Fraction) -> str:
    """A fraction as ffprobe writes it, `25/1`."""
    return f"{number.numerator}/{number.denominator}"
