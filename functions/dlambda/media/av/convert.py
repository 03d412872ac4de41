"""Brings media into an output format: streams that fit are copied, the others converted, in a process of its own.

ffmpeg reads what strangers sent: it opens local files alone, and only as plain containers, since a playlist could name
any file of this machine.
"""

import logging
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlambda.domain.orders.output import GIF, Output, audio_as_source
from dlambda.errors import OperationFailed, Unavailable
from dlambda.media.av.ffmpeg import probe
from dlambda.media.av.formats import PROBED
from dlambda.media.av.last_words import last_words
from dlambda.media.machine.tools import find_tool
from dlambda.media.sandbox import programs
from dlambda.media.sandbox.rights import make_policy

log = logging.getLogger(__name__)

_TICK_SECONDS = 0.1
_STILL = frozenset({"png", "bmp", "webp", "gif"})
_GIF_FILTER = "fps=12,scale='min(480,iw)':-2:flags=lanczos"
Tick = Callable[[], None]


@dataclass(frozen=True)
class Source:
    """A file and what is in it; codecs by ffmpeg's names, None for what is not there."""

    path: Path
    video: str | None
    audio: str | None
    begin_seconds: float

    @classmethod
    def read(cls, path: Path) -> "Source":
        """Raises `OperationFailed` when it holds no media."""
        probed = probe(str(path))
        return cls(
            path, _codec(probed, "video"), _codec(probed, "audio"), float(probed["format"].get("start_time") or 0)
        )


def _codec(probed: dict[str, Any], kind: str) -> str | None:
    for stream in probed["streams"]:
        picture = (stream.get("disposition") or {}).get("attached_pic") == 1 or stream.get("codec_name") in _STILL
        if stream.get("codec_type") == kind and not (kind == "video" and picture):
            return str(stream.get("codec_name"))
    return None


def convert(
    sources: Sequence[Source], output: Output | None, place: Path, *, seconds: float | None = None, tick: Tick
) -> Path:
    """Writes `place` with the extension of `output` (None: sound, as the source has it); answers the path.

    Takes video from the first source that has it, sound from the last. `seconds` cuts the end. `tick` is called about
    ten times a second, and ends ffmpeg by raising. Raises `OperationFailed`.
    """
    video = next((number for number, source in enumerate(sources) if source.video), None)
    audio = next((number for number, source in reversed(list(enumerate(sources))) if source.audio), None)
    if output is None:
        if audio is None:
            raise OperationFailed("The source has no sound.")
        output = audio_as_source(str(sources[audio].audio))
    if output.has_video and video is None:
        raise OperationFailed("The source has no video.")
    if not output.has_video and audio is None:
        raise OperationFailed("The source has no sound.")
    target = place.with_name(f"{place.name}.{output.ext}")
    if output is GIF:
        _write_gif(sources[video or 0], target, seconds, tick)
    else:
        _write(sources, video if output.has_video else None, audio, output, target, seconds, tick)
    return target


def _write(
    sources: Sequence[Source], video: int | None, audio: int | None, output: Output, target: Path,
    seconds: float | None, tick: Tick,
) -> None:  # fmt: skip
    begin = min(sources[number].begin_seconds for number in (video, audio) if number is not None)
    arguments: list[str] = []
    for source in sources:
        # Each input begins at zero of its own: what began later is moved back to where it was.
        late = source.begin_seconds - begin
        arguments += [*(("-itsoffset", f"{late:.6f}") if 0.001 < late < 30 else ()), *_input(source)]
    for letter, number in (("V", video), ("a", audio)):  # V: no cover
        if number is not None:
            arguments += ("-map", f"{number}:{letter}:0")
    codecs = output.codecs(
        sources[video].video if video is not None else None, sources[audio].audio if audio is not None else None
    )
    arguments += [*_length(seconds), "-map_metadata", "-1", *codecs, str(target)]
    _run(arguments, sources, target.parent, tick)


def _write_gif(source: Source, target: Path, seconds: float | None, tick: Tick) -> None:
    """In two passes: one would keep every picture in memory until the palette is known."""
    palette = target.with_suffix(".png")
    find_palette = ["-vf", f"{_GIF_FILTER},palettegen=stats_mode=diff", str(palette)]
    _run([*_input(source), *_length(seconds), *find_palette], [source], target.parent, tick)
    join = f"[0:V:0]{_GIF_FILTER}[x];[x][1:v]paletteuse=dither=bayer:bayer_scale=4"
    pictures = [*_limits(), "-i", f"file:{palette}"]
    use_palette = ["-lavfi", join, "-loop", "0", str(target)]
    _run([*_input(source), *pictures, *_length(seconds), *use_palette], [source], target.parent, tick)
    palette.unlink()


def _input(source: Source) -> list[str]:
    return [*_limits(), "-fflags", "+genpts", "-i", f"file:{source.path}"]


def _limits() -> list[str]:
    return ["-protocol_whitelist", "file", "-format_whitelist", ",".join(PROBED)]


def _length(seconds: float | None) -> list[str]:
    return [] if seconds is None else ["-t", f"{seconds:.3f}"]


def _run(arguments: Sequence[str], sources: Sequence[Source], folder: Path, tick: Tick) -> None:
    """Lets ffmpeg read `sources` and write into `folder`."""
    ffmpeg = find_tool("ffmpeg")
    if ffmpeg is None:
        raise Unavailable("ffmpeg is not available on this system.")
    command = [ffmpeg, "-hide_banner", "-loglevel", "error", "-nostdin", "-y", *arguments]
    readable = tuple(str(source.path) for source in sources)
    policy = make_policy(tools=(ffmpeg,), reads=readable, writes=(str(folder),))
    with programs.start(command, policy, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            complaint = _wait(process, tick)
        except BaseException:
            programs.kill(process)
            raise
    if process.returncode:
        log.warning("A file could not be converted: %s", last_words(complaint, str(folder)))
        raise OperationFailed(f"The file could not be converted: {_last_line(complaint)}")


def _wait(process: subprocess.Popen[bytes], tick: Tick) -> bytes:
    while True:
        try:
            _, complaint = process.communicate(timeout=_TICK_SECONDS)
        except subprocess.TimeoutExpired:
            tick()
        else:
            return complaint


def _last_line(complaint: bytes) -> str:
    """The last line of ffmpeg's output, without the paths of this server."""
    lines = [line.strip() for line in complaint.decode("utf-8", "replace").splitlines() if line.strip()]
    plain_lines = [line for line in lines if "file:" not in line and "/" not in line]
    return (plain_lines or ["no reason was given"])[-1][:300]
