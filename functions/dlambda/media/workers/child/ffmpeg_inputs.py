"""Inside a worker process: what ffmpeg and ffprobe may open when yt-dlp starts them.

ffmpeg guesses the format of a file, and some formats are lists of other files and addresses: a "video" that is a DASH
manifest would bring in any file of the machine. So before each input stand the protocols and the formats it may have.
The command lines are changed where all of them pass, at `Popen`: no post-processor can be forgotten.
"""

import re
import shlex
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import yt_dlp.downloader.external
import yt_dlp.postprocessor.ffmpeg
from yt_dlp.utils import Popen, PostProcessingError

from dlambda.media.av.formats import JOINED, POSTPROCESSED, STREAMED
from dlambda.media.workers.child.last_words import SPEAKER

_FILE = "file"
_PIPE = "pipe,fd"
# `tcp` and `tls` lie below `https`; a first address that begins with them is refused, and so are those in manifests.
_WEB = "http,https,tcp,tls,crypto,httpproxy,data"
_FAREWELL = re.compile(
    r"^Conversion failed!|^Error opening (input|output) files?|Could not write header|Nothing was written|^Exiting"
)
_TELLING = "warning"  # the level of what a program says that is listened to
_SCRIPT_HEAD = b"ffconcat version"


class InputRefused(PostProcessingError):  # type: ignore[misc]
    """ffmpeg was not started: it would have opened something that it must not."""


def guarded(command: Sequence[Any]) -> list[str]:
    """`command` with both lists before each input. Raises `InputRefused` for one that is no file and no web address.

    ffprobe, and ffmpeg asked for what a file holds, name their input last and may do so without `-i`.
    """
    words = [str(word) for word in command]
    result: list[str] = []
    begin = 0
    for position, word in enumerate(words[:-1]):
        if word == "-i":
            result += [*words[begin:position], *_limits(words[position + 1], words[begin:position]), "-i"]
            begin = position + 1
    remaining = words[begin:]
    if _is_probe(words) and "-i" not in words:
        return [*result, *remaining[:-1], *_limits(remaining[-1], remaining[:-1]), remaining[-1]]
    return result + remaining


def _is_probe(words: Sequence[str]) -> bool:
    return "probe" in Path(words[0]).name


def _limits(source: str, options: Sequence[str]) -> tuple[str, ...]:
    """The options that stand before `source`, whose other options are known."""
    if source.startswith(("http://", "https://")):
        return _whitelists(_WEB, STREAMED)
    if source == "-":
        return _whitelists(_PIPE, POSTPROCESSED)
    if not source.startswith("file:"):
        raise InputRefused("Only files and web addresses are given to ffmpeg.")
    if ("-f", "concat") in pairwise(options):
        _check_list(Path(source.removeprefix("file:")))
        return _whitelists(_FILE, JOINED)
    return _whitelists(_FILE, POSTPROCESSED)


def _whitelists(protocols: str, formats: Sequence[str]) -> tuple[str, ...]:
    return "-protocol_whitelist", protocols, "-format_whitelist", ",".join(formats)


def _check_list(path: Path) -> None:
    """A file of the list that is a list itself would be read as one: that format is allowed here."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("file "):
            name = shlex.split(line)[1].removeprefix("file:")
            with Path(name).open("rb") as file:
                if file.read(len(_SCRIPT_HEAD)) == _SCRIPT_HEAD:
                    raise InputRefused("A file that is to be joined holds no media.")


class GuardedPopen(Popen):  # type: ignore[misc]
    """ffmpeg and ffprobe with limited inputs.

    Tells a program that was ended from outside (by the kernel, for want of memory) from one that refused its input:
    yt-dlp makes an error of the last line that it wrote, which then says nothing; this one is known to pass.
    """

    words: ClassVar[BinaryIO | None] = None  # where a program writes what it says, unless its caller listens

    def __init__(self, args: Sequence[Any], *arguments: Any, **options: Any) -> None:
        if self.words is not None:
            options.setdefault("stderr", self.words)
            args = [_TELLING if word == "quiet" else word for word in args]
        super().__init__(guarded(args), *arguments, **options)

    @classmethod
    def run(cls, *arguments: Any, **options: Any) -> tuple[Any, Any, int]:
        stdout, stderr, status = super().run(*arguments, **options)
        if status < 0:
            raise PostProcessingError(f"ffmpeg ended unexpectedly (signal {-status}).")
        if status > 0 and isinstance(stderr, str):
            stderr = _without_farewell(stderr)
        return stdout, stderr, status


def _without_farewell(stderr: str) -> str:
    """Without the last lines that say nothing but that it failed: yt-dlp makes an error of the last one."""
    lines = stderr.strip().splitlines()
    while len(lines) > 1 and _FAREWELL.search(lines[-1]):
        lines.pop()
    return "".join(f"{SPEAKER.sub('', line)}\n" for line in lines)


def install() -> None:
    """Lets yt-dlp's post-processors and its ffmpeg downloader start programs through `GuardedPopen`."""
    yt_dlp.postprocessor.ffmpeg.Popen = GuardedPopen
    yt_dlp.downloader.external.Popen = GuardedPopen
