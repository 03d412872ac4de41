"""A piece of a video as H.264, by the ffmpeg program: its encoders are twice as fast as those at hand in-process."""

import os
import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO

from dlambda.domain.files.segment import EVEN_SIZE, Segment
from dlambda.errors import OperationFailed, Unavailable
from dlambda.media.av.last_words import last_words
from dlambda.media.av.pieces.locations import descriptor_of, input_name, input_options
from dlambda.media.av.pieces.packets import ROUNDING

SOFTWARE = "libx264"
VAAPI = "h264_vaapi"
HARDWARE = ("h264_qsv", "h264_nvenc", "h264_amf", "h264_videotoolbox", VAAPI)
_NEXT = {"h264_qsv": VAAPI}
_LONGEST_SECONDS = 120
_DAMAGE = b"Invalid data found"  # ffmpeg's words
# What it says, and goes on as if the file had ended, when it is not told to fail on errors.
_BROKEN_OFF = re.compile(rb"Error during demuxing: (?!Invalid data found)")


class DamagedVideo(OperationFailed):
    """The video cannot be read without errors."""


@dataclass(frozen=True)
class RunUp:
    """The part read before a piece and left out, where a seek to the piece itself would lose its beginning.

    `begin` is where reading begins, in seconds from the file's beginning, which its own time stamps call `origin`.
    """

    begin: Fraction
    origin: Fraction

    def cut(self, segment: Segment) -> str:
        """The filter that leaves the piece alone."""
        start, end = (float(self.origin + Fraction(time)) for time in (segment.start, segment.end))
        return f"trim=start={start - float(ROUNDING):.6f}:end={end:.6f}"


def video_arguments(
    location: str,
    segment: Segment,
    codec: str,
    vaapi_device: str = "",
    run_up: RunUp | None = None,
    *,
    is_damaged: bool = False,
) -> list[str]:
    """ffmpeg's arguments behind its name: the piece's picture alone, as MPEG-TS on standard output.

    `-ss` and `-t` stand before the input (seek there, read no further) and time stamps are kept, so that pieces that
    were made one by one line up. Without B-frames no piece begins with a decode time before its start. It fails on
    errors, unless the file is known to be damaged.
    """
    device = ["-vaapi_device", vaapi_device] if codec == VAAPI else []
    begin = float(run_up.begin) if run_up else segment.start
    seek = [] if run_up and not begin else ["-ss", f"{begin:.6f}"]  # some formats seek to behind their beginning
    errors = ["-max_error_rate", "1"] if is_damaged else ["-xerror"]
    shape = _picture_arguments(codec, segment, run_up)
    return [
        *("-hide_banner", "-nostdin", "-loglevel", "error", *errors, *device),
        *("-copyts", *seek, "-t", f"{segment.end - begin:.6f}"),
        *_input_arguments(location),
        *("-map_metadata", "-1", "-map", "0:V:0", "-an", "-sn", "-dn"),
        *("-c:v", codec, "-g", "52", "-bf", "0", *shape, "-fps_mode", "passthrough"),
        *("-enc_time_base", "1:90000"),  # that of MPEG-TS: by default times are rounded to frames of a steady rate
        *("-muxdelay", "0", "-muxpreload", "0", "-mpegts_copyts", "1", "-avoid_negative_ts", "disabled"),
        *("-f", "mpegts", "pipe:1"),
    ]


def _input_arguments(location: str) -> list[str]:
    allowed = [text for name, value in input_options(location).items() for text in (f"-{name}", value)]
    return [*allowed, "-i", input_name(location)]


def _picture_arguments(codec: str, segment: Segment, run_up: RunUp | None) -> list[str]:
    """Arguments of the encoder for the pixel format and the filters."""
    formats: dict[str, list[str]] = {VAAPI: [], SOFTWARE: ["-preset", "veryfast", "-pix_fmt", "yuv420p"]}
    filters = [*([run_up.cut(segment)] if run_up else []), EVEN_SIZE]
    if codec == VAAPI:
        filters.append("format=nv12,hwupload")
    return [*formats.get(codec, ["-pix_fmt", "nv12"]), "-vf", ",".join(filters)]


def candidates(setting: str, available: Iterable[str]) -> list[str]:
    """The encoders to try, in order: the one that is set, or the first available, then what replaces it."""
    present = set(available)
    first = setting if setting not in ("", "auto") else next((name for name in HARDWARE if name in present), SOFTWARE)
    order = [first]
    while order[-1] != SOFTWARE:
        order.append(_NEXT.get(order[-1], SOFTWARE))
    return order


def _run(command: Sequence[str], output: IO[bytes] | int, location: str = "") -> subprocess.CompletedProcess[bytes]:
    """`location` is what the command reads."""
    descriptor = descriptor_of(location)
    if descriptor is not None:
        os.lseek(descriptor, 0, os.SEEK_SET)  # ffmpeg takes the present place for the beginning
    try:
        return subprocess.run(
            command, stdout=output, stderr=subprocess.PIPE, check=False, timeout=_LONGEST_SECONDS,
            pass_fds=() if descriptor is None else (descriptor,),
        )  # fmt: skip
    except FileNotFoundError:
        raise Unavailable("ffmpeg is not available on this system.") from None
    except subprocess.TimeoutExpired:
        raise OperationFailed("The segment could not be converted in time.") from None


def available_encoders(ffmpeg: str) -> list[str]:
    """The hardware encoders that this ffmpeg was built with; whether the hardware is there shows when it is used."""
    listed = _run([ffmpeg, "-hide_banner", "-encoders"], subprocess.PIPE).stdout.decode(errors="replace")
    return [name for name in HARDWARE if f" {name} " in listed]


class VideoEncoder:
    """Encodes pieces, and remembers which encoder worked, so that one that is missing is tried once."""

    def __init__(self, ffmpeg: str, setting: str = SOFTWARE, vaapi_device: str = "") -> None:
        self._ffmpeg = ffmpeg
        self._setting = setting
        self._device = vaapi_device
        self.order: list[str] = []

    def encode(
        self, location: str, segment: Segment, target: Path, run_up: RunUp | None = None, *, is_damaged: bool = False
    ) -> None:
        """Writes the piece's picture as MPEG-TS to `target`: nothing where the file has none.

        Raises `Unavailable` or `OperationFailed`, whose note holds ffmpeg's last words: `DamagedVideo` unless what can
        be read of such a file is enough.
        """
        if not self.order:
            available = [] if self._setting == SOFTWARE else available_encoders(self._ffmpeg)
            self.order = candidates(self._setting, available)
        error_output = b""
        for position, codec in enumerate(self.order):
            arguments = video_arguments(location, segment, codec, self._device, run_up, is_damaged=is_damaged)
            with target.open("wb") as output:
                process = _run([self._ffmpeg, *arguments], output, location)
            error_output = process.stderr
            if process.returncode == 0 and not (is_damaged and _BROKEN_OFF.search(error_output)):
                self.order = self.order[position:]
                return
        failure = (DamagedVideo if _DAMAGE in error_output and not is_damaged else OperationFailed)(
            "The segment could not be converted."
        )
        failure.add_note(last_words(error_output, location))
        raise failure
