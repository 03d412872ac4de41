"""Proves that a release of yt-dlp works here before it serves: its options, and downloads of recorded media.

The folder `proof` holds a page and one second of film as a file, as HLS and as DASH. A server of this process on the
loopback hands them out, and the release reads, downloads and joins them in workers such as every item gets.
"""

import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from dlambda.deployment import current
from dlambda.domain.system.release import parse_version
from dlambda.domain.ytdlp.option_table import OPTIONS
from dlambda.errors import AppError
from dlambda.media.workers.download import DownloadSpec, Result, start_download
from dlambda.media.workers.extract import extract
from dlambda.media.workers.ytdlp_queries import list_options
from dlambda.media.ytdlp.release_folder import INSTALLED
from dlambda.media.ytdlp.work_layout import HOME

_RECORDED: Final = Path(__file__).with_name("proof")
_PAGE: Final = "page.html"
_FILM: Final = "clip.mp4"
_STREAMS: Final = ("index.m3u8", "manifest.mpd")
_PARAMS: Final[Mapping[str, Any]] = {"outtmpl": {"default": "film.%(ext)s"}}
_PATIENCE_SECONDS: Final = 60.0
_TICK_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Proof:
    """The result of the trial downloads. `problem` is a sentence, empty for a release that works.

    `new_options` are refused until they are classified; users of `missing_options` get yt-dlp's error.
    """

    problem: str = ""
    new_options: tuple[str, ...] = ()
    missing_options: tuple[str, ...] = ()


class _Handler(SimpleHTTPRequestHandler):
    timeout = 5.0

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


def prove(version: str) -> Proof:
    """Tries the release of that version."""
    try:
        options = list_options(version)
    except AppError as error:
        return Proof(f"It does not start ({error.message})")
    if parse_version(options["version"]) != parse_version(version):
        return Proof(f"It calls itself {options['version']}.")
    offered, installed = _long_flags(options), _long_flags(list_options(INSTALLED))
    classified = {flag for option in OPTIONS for flag in option.flags}
    new, missing = tuple(sorted(offered - classified)), tuple(sorted(installed - offered))
    with _serving() as origin, tempfile.TemporaryDirectory(prefix="proof-", dir=_scratch()) as folder:
        return Proof(_first_problem(version, origin, Path(folder)), new, missing)


def _long_flags(options: Mapping[str, Any]) -> set[str]:
    return {flag for option in options["options"] for flag in option["flags"] if flag.startswith("--")}


def _first_problem(version: str, origin: str, folder: Path) -> str:
    extraction = extract(
        f"{origin}/{_PAGE}", {}, allow_internal=True, release=version, timeout_seconds=_PATIENCE_SECONDS
    )
    if extraction.info is None:
        return f"It cannot read a page with a film ({extraction.error})."
    if not str(extraction.info.get("url", "")).endswith(_FILM):
        return "It reads a page with a film, and does not find the film."
    for name in (_FILM, *_STREAMS):
        result = _download(version, f"{origin}/{name}", folder / name)
        if not result.ok or result.filepath is None:
            return f"It cannot download {name} ({result.error})."
        size = (folder / name / HOME / result.filepath).stat().st_size
        if name == _FILM and size != (_RECORDED / name).stat().st_size:
            return f"{name} has {size} bytes as it downloads it."
    return ""


def _download(version: str, url: str, workdir: Path) -> Result:
    spec = DownloadSpec("proof", url, _PARAMS, workdir, allow_internal=True, release=version)
    running = start_download(spec)
    ends_at = current().clock.monotonic() + _PATIENCE_SECONDS
    while running.result is None:
        if current().clock.monotonic() > ends_at:
            running.stop(0)
            return Result(ok=False, error=f"it did not end within {_PATIENCE_SECONDS:.0f} s")
        running.messages(_TICK_SECONDS)
    return running.result


def _scratch() -> Path:
    folder = current().settings.scratch
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def _serving() -> Iterator[str]:
    """The URL of a server that hands out the recorded folder."""
    handler = partial(_Handler, directory=str(_RECORDED))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
