"""Takes a picture out of a film."""

import subprocess
from pathlib import Path

from dlambda.errors import OperationFailed, Unavailable
from dlambda.media.av.last_words import last_words
from dlambda.media.av.pieces.locations import input_name, input_options
from dlambda.media.machine.tools import find_tool
from dlambda.media.sandbox import programs
from dlambda.media.sandbox.rights import make_policy, rights_to_read

_LONGEST_SECONDS = 15.0
# The most telling of some frames; they are made small first, since the filter keeps all of them.
_FILTERS = "scale=w='min(1280,iw)':h=-2,thumbnail=50"


def write_frame(location: str, at_seconds: float, target: Path) -> None:
    """Writes a frame from about `at_seconds` of the film at `location` (a path or a URL) to `target`, a JPEG file.

    At most 1280 pixels wide. Raises `OperationFailed`, whose note holds ffmpeg's last words, and `Unavailable`.
    """
    ffmpeg = find_tool("ffmpeg")
    if ffmpeg is None:
        raise Unavailable("ffmpeg is not available on this system.")
    policy = make_policy(tools=(ffmpeg,), writes=(str(target.parent),), **rights_to_read(location))
    try:
        process = programs.run(
            [ffmpeg, *_arguments(location, at_seconds, target)], policy, seconds=_LONGEST_SECONDS,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise OperationFailed("The thumbnail took too long.") from None
    if process.returncode or not target.exists() or not target.stat().st_size:
        failure = OperationFailed("No frame of the film could be read.")
        failure.add_note(last_words(process.stderr, location))
        raise failure


def _arguments(location: str, at_seconds: float, target: Path) -> list[str]:
    allowed = [text for name, value in input_options(location).items() for text in (f"-{name}", value)]
    return [
        *("-hide_banner", "-nostdin", "-loglevel", "error", "-y"),
        *(*allowed, "-ss", f"{at_seconds:.3f}", "-i", input_name(location)),
        *("-map", "0:V:0", "-vf", _FILTERS, "-frames:v", "1", "-q:v", "3", "-f", "mjpeg", str(target)),
    ]
