"""Inside a worker process: which addresses a format may have (docs/decisions/address-guard.md).

Python's own connections pass the address guard, ffmpeg's pass the relay, and the relay speaks HTTP alone. So a format
that only ffmpeg or another program could fetch is not fetched: it is left out while the source has others.
"""

import re
from collections.abc import Mapping
from typing import Any

from yt_dlp.networking.exceptions import RequestError
from yt_dlp.utils import DownloadError, sanitize_url

WEB = ("http", "https")
# What yt-dlp fetches in Python. `about` and `data` stand where fragments have the addresses.
_FETCHED = frozenset({*WEB, "ftp", "ws", "wss", "about", "data"})
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_PROGRAM_PROTOCOL = re.compile(r"(rtmp|rtsp|mms|rtp|udp|srt)", re.IGNORECASE)


def _text(scheme: str) -> str:
    return (
        f"{scheme} streams are not supported: a program would open them by itself, past the check of addresses. "
        "The same stream at an http or https address (HLS, DASH or a file) can be downloaded."
    )


class UnsupportedStream(DownloadError):  # type: ignore[misc]
    """A source that is only there over a protocol that the service does not speak."""

    def __init__(self, scheme: str) -> None:
        super().__init__(_text(scheme))


def check_request(url: str) -> None:
    """Raises `RequestError`, which yt-dlp's extractors expect, for an address that Python does not fetch."""
    scheme = scheme_of(url)
    if scheme and scheme not in _FETCHED:
        raise RequestError(_text(scheme))


def scheme_of(url: object) -> str:
    """The scheme in lower case; empty for a text without one."""
    match = _SCHEME.match(sanitize_url(str(url or "").strip()))
    return match[1].lower() if match else ""


def unsupported_scheme(format_: Mapping[str, Any]) -> str | None:
    """The protocol for which nothing fetches this format; None when it can be fetched."""
    for key in ("url", "manifest_url"):
        scheme = scheme_of(format_.get(key))
        if scheme and scheme not in _FETCHED:
            return scheme
    protocol = str(format_.get("protocol") or "")
    return protocol if _PROGRAM_PROTOCOL.match(protocol) else None


def _is_media(format_: Mapping[str, Any]) -> bool:
    """True if it is more than pictures of the media (storyboards)."""
    return not format_.get("vcodec") == format_.get("acodec") == "none"


def leave_out_unsupported(info: dict[str, Any], *, download: bool) -> None:
    """Removes the formats that nothing fetches while there are others.

    Raises `UnsupportedStream` when there are no others and they are about to be downloaded.
    """
    formats = info["formats"] if info.get("formats") else [info] if info.get("url") else []
    refused = [scheme for format_ in formats if (scheme := unsupported_scheme(format_))]
    if not refused:
        return
    usable = [format_ for format_ in formats if not unsupported_scheme(format_)]
    if any(map(_is_media, usable)):
        info["formats"] = usable
    elif download:
        raise UnsupportedStream(refused[0])
