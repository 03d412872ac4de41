"""Probes of media files."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dlambda.domain.files.sidecar import is_media
from dlambda.errors import Invalid, OperationFailed, Unavailable
from dlambda.media.av.formats import NO_MEDIA, PROBED
from dlambda.media.av.pieces.cutting import probe_by_library
from dlambda.media.machine.tools import find_tool
from dlambda.media.sandbox import programs
from dlambda.media.sandbox.rights import make_policy, rights_to_read

_PROBE_SECONDS = 30
# Pictures inside an audio file (covers) are video streams to ffprobe, and no video.
_STILL_CODECS = frozenset({"png", "bmp", "webp"})
_DIMENSIONS = frozenset({"width", "height", "coded_width", "coded_height"})


def probe(location: str) -> dict[str, Any]:
    """Probes a path or URL: `{"format": {...}, "streams": [...]}`; by PyAV where there is no ffprobe.

    A location of the network must come from us (a presigned URL): nothing is checked here. Raises `OperationFailed`
    when it holds no media.
    """
    tool = find_tool("ffprobe")
    return _ffprobe(tool, location) if tool else probe_by_library(location)


def _ffprobe(tool: str, location: str) -> dict[str, Any]:
    protocols = "https,http,tcp,tls,httpproxy" if location.startswith(("http://", "https://")) else "file"
    input_name = location if protocols != "file" else f"file:{Path(location).absolute()}"
    command = [tool, "-v", "error", "-protocol_whitelist", protocols, "-format_whitelist", ",".join(PROBED),
               "-print_format", "json", "-show_format", "-show_streams", "-show_chapters",
               "-i", input_name]  # fmt: skip
    policy = make_policy(tools=(tool,), **rights_to_read(location))
    try:
        process = programs.run(command, policy, seconds=_PROBE_SECONDS, stdout=subprocess.PIPE)
    except subprocess.TimeoutExpired:
        raise OperationFailed("Probing the file took too long.") from None
    answer: dict[str, Any] = json.loads(process.stdout or b"{}")
    if process.returncode < 0:
        raise OperationFailed("Probing the file was ended from outside.")
    if process.returncode or not answer.get("streams"):
        raise OperationFailed(NO_MEDIA)
    if protocols == "file":
        answer.get("format", {})["filename"] = Path(location).name  # no server path in an answer
    return answer | {"streams": [_without_unknown_size(stream) for stream in answer["streams"]]}


def _without_unknown_size(stream: Mapping[str, Any]) -> dict[str, Any]:
    """Leaves out dimensions of 0: those of a PNG are unknown to a build without zlib."""
    return {key: value for key, value in stream.items() if value != 0 or key not in _DIMENSIONS}


def describe(location: str, *, name: str = "") -> dict[str, Any]:
    """`summary` of a file, or of an object called `name` at a URL; when it cannot be probed, both kinds are taken for
    true (downloads.md 2.3).

    Raises `Invalid` when a file with the extension of a known container holds nothing that can be read.
    """
    try:
        return summary(probe(location))
    except (OperationFailed, Unavailable) as error:
        if error.message == NO_MEDIA and is_media(name or location):
            raise Invalid(NO_MEDIA) from None
        return {"is_video": True, "is_audio": True}


def summary(probed: Mapping[str, Any]) -> dict[str, Any]:
    """`is_video`, `is_audio` and `duration` (whole seconds, null when unknown), as items carry them in `extras`."""
    streams = probed.get("streams") or []
    video = any(stream.get("codec_type") == "video" and not _is_picture(stream) for stream in streams)
    audio = any(stream.get("codec_type") == "audio" for stream in streams)
    lengths = [probed.get("format", {}).get("duration"), *(stream.get("duration") for stream in streams)]
    seconds = next((float(length) for length in lengths if length not in (None, "N/A")), None)
    return {"is_video": video, "is_audio": audio, "duration": None if seconds is None else int(seconds)}


def _is_picture(stream: Mapping[str, Any]) -> bool:
    attached = (stream.get("disposition") or {}).get("attached_pic") == 1
    return attached or stream.get("codec_name") in _STILL_CODECS
