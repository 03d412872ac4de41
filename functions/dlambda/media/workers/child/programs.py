"""Inside a worker process: which programs may be started. ffmpeg, ffprobe and deno, at their configured paths.

yt-dlp knows many more: external downloaders, rtmpdump, PhantomJS, AtomicParsley, shells. What it finds on PATH depends
on the machine, so each start is judged where Python tells of it, and the classes that start others are replaced.
"""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yt_dlp.downloader
from yt_dlp.downloader import external
from yt_dlp.downloader.external import ExternalFD, FFmpegFD
from yt_dlp.downloader.rtmp import RtmpFD
from yt_dlp.extractor import openload
from yt_dlp.utils import ExtractorError

from dlambda.media.workers.child.protocols import UnsupportedStream, scheme_of

_PROGRAM_EVENTS = frozenset({"subprocess.Popen", "os.exec", "os.posix_spawn"})
# These start a process without naming the program; a worker needs none of them.
_REFUSED_EVENTS = frozenset({"os.system", "os.fork", "os.forkpty", "os.startfile", "pty.spawn"})


class ProgramRefused(PermissionError):
    """A program was not started; an OSError, which yt-dlp takes for a program that is not installed."""

    def __init__(self, program: str) -> None:
        super().__init__(f"Starting '{Path(program).name}' is not allowed.")

    def __str__(self) -> str:
        return str(self.args[0])


def tools_beside(ffmpeg: str | None, deno: str | None) -> list[str]:
    """The paths that yt-dlp uses when it is given these two: it takes the ffprobe that lies beside ffmpeg."""
    if ffmpeg is None:
        return [deno] if deno else []
    probe = str(Path(ffmpeg).with_name(Path(ffmpeg).name.replace("ffmpeg", "ffprobe")))
    return [ffmpeg, probe, *([deno] if deno else [])]


def allow_only(paths: Iterable[str]) -> None:
    """From here on this process starts these programs alone, by their full path, for the rest of its life."""
    allowed = frozenset(map(os.path.abspath, paths))

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _REFUSED_EVENTS:
            raise ProgramRefused(event)
        if event in _PROGRAM_EVENTS:
            program = os.fsdecode(arguments[0])
            # A name without a folder would be looked for on PATH; a link is no other name of a tool.
            if os.sep not in program or os.path.abspath(program) not in allowed:  # noqa: PTH100 links stay
                raise ProgramRefused(program)

    sys.addaudithook(hook)


class _RefusedFD(ExternalFD):  # type: ignore[misc]
    """In place of the downloaders that start a program which connects by itself."""

    @classmethod
    def available(cls, *_: Any, **_options: Any) -> bool:
        return False

    @classmethod
    def can_download(cls, *_: Any, **_options: Any) -> bool:
        return False

    def real_download(self, *arguments: Any) -> bool:
        info: dict[str, Any] = arguments[1]
        raise UnsupportedStream(scheme_of(info.get("url")) or "Such")


class _RefusedBrowser:
    """In place of the wrapper of PhantomJS, which is told a page's scripts and loads what they name."""

    def __init__(self, *_: Any, **_options: Any) -> None:
        self._TMP_FILES: dict[str, Any] = {}  # its `__del__` looks there
        raise ExtractorError("This page needs PhantomJS, which is not supported.", expected=True)

    @staticmethod
    def _version() -> None:
        return None


def _replace_methods(class_: type) -> None:
    """Takes what starts a program out of a class that others may have imported already."""
    for name in ("available", "can_download", "real_download"):
        setattr(class_, name, _RefusedFD.__dict__[name])


def remove_others() -> None:
    """Takes RtmpFD, PhantomJS and the external downloaders out of yt-dlp, for this process."""
    for class_ in (*external._BY_NAME.values(), RtmpFD):  # noqa: SLF001 the one list of them
        if class_ is not FFmpegFD:
            _replace_methods(class_)
    external._BY_NAME.clear()  # noqa: SLF001
    external._BY_NAME["ffmpeg"] = FFmpegFD  # noqa: SLF001
    for protocol in ("rtmp", "rtmpe", "rtmp_ffmpeg"):
        yt_dlp.downloader.PROTOCOL_MAP[protocol] = _RefusedFD
    openload.PhantomJSwrapper.__init__ = _RefusedBrowser.__init__
    openload.PhantomJSwrapper._version = _RefusedBrowser._version  # noqa: SLF001
