"""Inside a worker process: segments that fail for a while are waited for, those that are lost are counted and told.

A first pass gives up at the first lost segment, so that stale addresses are read from the page anew. A second one
leaves lost segments out, as yt-dlp's command line does, unless the options say otherwise. Where a site is away
altogether the download fails, and goes on with what it has at the next try.
"""

import re
import time
from collections.abc import Callable
from typing import Any

from yt_dlp.downloader.common import FileDownloader
from yt_dlp.downloader.fragment import FragmentFD, HttpQuietDownloader
from yt_dlp.downloader.hls import HlsFD
from yt_dlp.networking.exceptions import HTTPError, TransportError
from yt_dlp.utils import NO_DEFAULT, DownloadError

_GONE = (404, 410)
_LONGEST_PAUSE_SECONDS = 2.0
_GONE_PAUSE_SECONDS = 0.1
_MOST_WAITED_FOR = 3  # segments that are gone; a film may lack hundreds
_MOST_AWAY_IN_ROW = 3
_KEY_TRIES = 6
# Keys of content protection that yt-dlp does not know: SAMPLE-AES for a player with a licence.
_PROTECTED = re.compile(
    r'#EXT-X-(?:SESSION-)?KEY:(?=[^\n]*METHOD="?SAMPLE-AES)(?=[^\n]*KEYFORMAT="(?!identity")[^"]+")', re.IGNORECASE
)
DRM_TEXT = "The stream is DRM protected."


class Losses:
    """Mixed into the session: what the present download could not get."""

    note_step: Callable[[str, str], None]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.lost_fragments: list[int] = []
        self.fragments_failed = False
        self.native_failed = False
        self.fragment_error: Exception | None = None
        super().__init__(*arguments, **options)


def _report_retry(
    self: Any, err: Any, count: int, retries: float, frag_index: Any = NO_DEFAULT, fatal: bool = True
) -> None:
    _original_report(self, err, count, retries, frag_index, fatal)
    if not isinstance(self, (HttpQuietDownloader, FragmentFD)) or not isinstance(self.ydl, Losses):
        return
    self.ydl.fragment_error = err
    if count <= retries and not self.params.get("retry_sleep_functions"):
        time.sleep(_pause(err, count, len(self.ydl.lost_fragments)))


def _pause(error: Any, count: int, lost_count: int) -> float:
    if isinstance(error, HTTPError) and error.status in _GONE:
        return _GONE_PAUSE_SECONDS if lost_count < _MOST_WAITED_FOR else 0.0
    return float(min(_LONGEST_PAUSE_SECONDS, 0.25 * 2**count))


def _decrypter(self: Any, info: dict[str, Any]) -> Any:
    """As yt-dlp's, but a key that does not come is asked for again."""
    decrypt = _original_decrypter(self, info)

    def patient(fragment: dict[str, Any], content: bytes | None) -> Any:
        for count in range(1, _KEY_TRIES):
            try:
                return decrypt(fragment, content)
            except (HTTPError, TransportError) as error:
                time.sleep(_pause(error, count, 0))
        return decrypt(fragment, content)

    return patient


def _report_skip(self: Any, frag_index: int, err: Any = None) -> None:
    _original_skip(self, frag_index, err)
    if not isinstance(self.ydl, Losses):
        return
    lost_numbers, error = self.ydl.lost_fragments, self.ydl.fragment_error
    lost_numbers.append(frag_index)
    in_row = lost_numbers[-_MOST_AWAY_IN_ROW:] == list(range(frag_index - _MOST_AWAY_IN_ROW + 1, frag_index + 1))
    if in_row and not (isinstance(error, HTTPError) and error.status in _GONE):
        raise DownloadError(f"The site gives no more segments: {error}")


def _append_all(self: Any, ctx: dict[str, Any], fragments: Any, info: dict[str, Any], **options: Any) -> Any:
    session = self.ydl
    if not isinstance(session, Losses):
        return _original_append_all(self, ctx, fragments, info, **options)
    session.lost_fragments = []
    try:
        success = _original_append_all(self, ctx, fragments, info, **options)
    except DownloadError as error:
        session.fragments_failed = True
        if session.lost_fragments and "file is empty" in str(error):
            raise DownloadError(f"No segment of the stream could be had: {session.fragment_error}") from error
        raise
    session.fragments_failed = session.fragments_failed or not success
    if success and session.lost_fragments:
        session.note_step("download", lost_text(len(session.lost_fragments), ctx.get("total_frags")))
    return success


def lost_text(count: int, total: object = None) -> str:
    """A sentence on what a film lacks."""
    verb = "is" if count == 1 else "are"
    of_all = f" of {total} segments" if total else " segment" if count == 1 else " segments"
    return f"{count}{of_all} {verb} missing: the site does not have them any more."


def _has_drm(manifest: str) -> bool:
    return bool(_original_has_drm(manifest) or _PROTECTED.search(manifest))


def _hls_download(self: Any, filename: str, info: dict[str, Any]) -> Any:
    """As yt-dlp's; notes where it fails for another reason than the site, so that another way is tried."""
    session = self.ydl
    if not isinstance(session, Losses):
        return _original_hls(self, filename, info)
    session.fragments_failed = session.native_failed = False
    try:
        success = _original_hls(self, filename, info)
    except HTTPError:
        raise
    except (DownloadError, ValueError, AssertionError, LookupError, TypeError) as error:
        if "DRM protected" in str(error):
            raise DownloadError(DRM_TEXT) from error
        session.native_failed = not session.fragments_failed
        if isinstance(error, DownloadError):
            raise
        raise DownloadError(f"The playlist of the stream cannot be read: {error}") from error
    session.native_failed = not success and not session.fragments_failed
    return success


_original_report = FileDownloader.report_retry
_original_skip = FragmentFD.report_skip_fragment
_original_decrypter = FragmentFD.decrypter
_original_append_all = FragmentFD.download_and_append_fragments
_original_has_drm = HlsFD._has_drm  # noqa: SLF001 the one place where yt-dlp looks for it
_original_hls = HlsFD.real_download


def install() -> None:
    """Puts these rules into yt-dlp's downloaders, for this process."""
    FileDownloader.report_retry = _report_retry
    FragmentFD.report_skip_fragment = _report_skip
    FragmentFD.decrypter = _decrypter
    FragmentFD.download_and_append_fragments = _append_all
    HlsFD._has_drm = staticmethod(_has_drm)  # noqa: SLF001
    HlsFD.real_download = _hls_download
