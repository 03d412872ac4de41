"""Copies a media file into one with a length, an index and time stamps that ascend."""

import subprocess
from pathlib import Path

from dlambda.errors import OperationFailed, Unavailable
from dlambda.media.av.last_words import last_words
from dlambda.media.av.pieces.locations import input_name, input_options
from dlambda.media.machine.tools import find_tool
from dlambda.media.sandbox import programs
from dlambda.media.sandbox.rights import make_policy, rights_to_read

_LONGEST_SECONDS = 120.0


def copy_with_index(location: str, target: Path) -> None:
    """Writes the first video and the first sound of the file at `location` (a path or a URL) as they are to `target`, a
    Matroska file. ffmpeg joins what begins anew in a transport stream.

    Raises `OperationFailed`, whose note holds ffmpeg's last words, and `Unavailable`.
    """
    ffmpeg = find_tool("ffmpeg")
    if ffmpeg is None:
        raise Unavailable("ffmpeg is not available on this system.")
    policy = make_policy(tools=(ffmpeg,), writes=(str(target.parent),), **rights_to_read(location))
    try:
        process = programs.run(
            [ffmpeg, *_arguments(location, target)], policy, seconds=_LONGEST_SECONDS,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Unavailable("The media file could not be copied in time.") from None
    if process.returncode:
        failure = OperationFailed("The media file could not be copied.")
        failure.add_note(last_words(process.stderr, location))
        raise failure


def _arguments(location: str, target: Path) -> list[str]:
    allowed = [text for name, value in input_options(location).items() for text in (f"-{name}", value)]
    return [
        *("-hide_banner", "-nostdin", "-loglevel", "error", "-y", "-fflags", "+genpts"),
        *(*allowed, "-i", input_name(location)),
        *("-map", "0:V:0?", "-map", "0:a:0?", "-map_metadata", "-1", "-c", "copy", "-f", "matroska", str(target)),
    ]
