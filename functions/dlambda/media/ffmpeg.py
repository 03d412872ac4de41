"""ffmpeg and ffprobe: where they are, and what a file holds."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from dlambda.errors import OperationFailed, Unavailable
from dlambda.media.pieces.formats import PROBED
from dlambda.media.sandbox import programs
from dlambda.media.sandbox.rights import make_policy, rights_to_read
from dlambda.settings import get_settings

_LAYER_DIR = Path("/opt/bin")
_PROBE_SECONDS = 30
# Pictures inside an audio file (covers) are video streams to ffprobe, and no video.
_STILL_CODECS = frozenset({"png", "bmp", "webp"})
_DIMENSIONS = frozenset({"width", "height", "coded_width", "coded_height"})


def find_tool(name: str) -> str | None:
    """The path of `ffmpeg`, `ffprobe` or `deno`: in the tools folder, on PATH, in the layer ...; None without one."""
    return _find(name, get_settings().tools_dir, os.environ.get("PATH", ""))


@lru_cache(maxsize=16)
def _find(name: str, tools_dir: str, path: str) -> str | None:
    # Wheels that carry a binary put it beside Python, which is on PATH only in an activated environment.
    folders = [tools_dir, path, str(_LAYER_DIR), str(Path(sys.executable).parent)]
    return shutil.which(name, path=os.pathsep.join(folder for folder in folders if folder))


def probe(location: str) -> dict[str, Any]:
    """What ffprobe says of a path or URL: `{"format": {...}, "streams": [...]}`; by PyAV where there is no ffprobe.

    A location of the network must come from us (a presigned URL): nothing is checked here. Raises `OperationFailed`
    when it holds no media, `Unavailable` without a tool.
    """
    tool = find_tool("ffprobe")
    return _ffprobe(tool, location) if tool else _pyav(location)


def _ffprobe(tool: str, location: str) -> dict[str, Any]:
    protocols = "https,http,tcp,tls,httpproxy" if location.startswith(("http://", "https://")) else "file"
    shown = location if protocols != "file" else f"file:{Path(location).absolute()}"
    command = [tool, "-v", "error", "-protocol_whitelist", protocols, "-format_whitelist", ",".join(PROBED),
               "-print_format", "json", "-show_format", "-show_streams", "-i", shown]  # fmt: skip
    policy = make_policy(tools=(tool,), **rights_to_read(location))
    try:
        done = programs.run(command, policy, seconds=_PROBE_SECONDS, stdout=subprocess.PIPE)
    except subprocess.TimeoutExpired:
        raise OperationFailed("Probing the file took too long.") from None
    found: dict[str, Any] = json.loads(done.stdout or b"{}")
    if done.returncode or not found.get("streams"):
        raise OperationFailed("The file holds no media that can be read.")
    if protocols == "file":
        found.get("format", {})["filename"] = Path(location).name  # no server path in an answer
    return found | {"streams": [_without_unknown_size(stream) for stream in found["streams"]]}


def _without_unknown_size(stream: Mapping[str, Any]) -> dict[str, Any]:
    """Leaves out dimensions of 0: those of a PNG are unknown to a build without zlib."""
    return {key: value for key, value in stream.items() if value != 0 or key not in _DIMENSIONS}


def _pyav(location: str) -> dict[str, Any]:
    try:
        import av  # 40 MB, and only where ffprobe is missing
    except ImportError:
        raise Unavailable("Neither ffprobe nor PyAV is installed.") from None
    try:
        with av.open(location, options={"format_whitelist": ",".join(PROBED)}) as container:
            streams = [_stream(stream) for stream in container.streams]
            seconds = None if container.duration is None else container.duration / av.time_base
            shape = {
                "filename": Path(location).name,
                "nb_streams": len(streams),
                "format_name": container.format.name,
                "format_long_name": container.format.long_name,
                "duration": None if seconds is None else f"{seconds:.6f}",
                "size": str(container.size),
                "bit_rate": str(container.bit_rate),
                "tags": dict(container.metadata),
            }
    except (av.FFmpegError, OSError):
        raise OperationFailed("The file holds no media that can be read.") from None
    return {"streams": streams, "format": {key: value for key, value in shape.items() if value is not None}}


def _stream(stream: Any) -> dict[str, Any]:
    codec = stream.codec_context
    found: dict[str, Any] = {
        "index": stream.index,
        "codec_type": stream.type,
        "codec_name": codec.name if codec else None,
        "profile": stream.profile,
        "time_base": str(stream.time_base) if stream.time_base else None,
        "disposition": {"attached_pic": int("attached_pic" in str(stream.disposition))},
        "tags": dict(stream.metadata),
    }
    if stream.type == "video":
        found |= {"width": codec.width, "height": codec.height, "pix_fmt": codec.pix_fmt,
                  "avg_frame_rate": str(stream.average_rate or "0/0")}  # fmt: skip
    elif stream.type == "audio":
        found |= {"sample_rate": str(codec.sample_rate), "channels": codec.channels}
    if stream.duration is not None and stream.time_base:
        found["duration"] = f"{float(stream.duration * stream.time_base):.6f}"
    return {key: value for key, value in found.items() if value is not None}


def describe(location: str) -> dict[str, Any]:
    """`summary` of a file; when it cannot be probed, both kinds are taken for true (downloads.md 2.3)."""
    try:
        return summary(probe(location))
    except (OperationFailed, Unavailable):
        return {"is_video": True, "is_audio": True}


def summary(probed: Mapping[str, Any]) -> dict[str, Any]:
    """`is_video`, `is_audio` and `duration` (whole seconds, null when unknown), as items carry them in `extras`."""
    streams = probed.get("streams") or []
    video = any(one.get("codec_type") == "video" and not _is_picture(one) for one in streams)
    audio = any(one.get("codec_type") == "audio" for one in streams)
    lengths = [probed.get("format", {}).get("duration"), *(one.get("duration") for one in streams)]
    seconds = next((float(length) for length in lengths if length not in (None, "N/A")), None)
    return {"is_video": video, "is_audio": audio, "duration": None if seconds is None else int(seconds)}


def _is_picture(stream: Mapping[str, Any]) -> bool:
    attached = (stream.get("disposition") or {}).get("attached_pic") == 1
    return attached or stream.get("codec_name") in _STILL_CODECS
