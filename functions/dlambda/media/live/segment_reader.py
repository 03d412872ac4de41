"""Reads playlists and segments of live HLS, decrypted. Inside worker processes: it imports yt_dlp."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from yt_dlp.aes import aes_cbc_decrypt_bytes, unpad_pkcs7
from yt_dlp.networking import Request
from yt_dlp.networking.exceptions import HTTPError, TransportError
from yt_dlp.utils import DownloadError

from dlambda.media.live.media_playlist import MediaPlaylist, Range, Segment, parse
from dlambda.media.workers.bounded import read_all

_TRIES = 4
_MOST_SEGMENT_BYTES = 256 * 1024 * 1024
_GONE = (404, 410)


class SegmentReader:
    """`urlopen` is yt-dlp's. Not for several threads at once."""

    def __init__(self, urlopen: Callable[[Any], Any], headers: Mapping[str, str]) -> None:
        self._urlopen = urlopen
        self._headers = dict(headers)
        self._keys: dict[str, bytes] = {}

    def playlist(self, url: str) -> MediaPlaylist:
        """Raises `HTTPError`, `TransportError`, or ValueError for what is no media playlist."""
        response = self._urlopen(Request(url, headers=self._headers))
        return parse(response.read().decode("utf-8", "replace"), response.url)

    def read(self, url: str, part: Range | None = None) -> bytes:
        headers = {**self._headers, **({"Range": part.header} if part else {})}
        return read_all(self._urlopen(Request(url, headers=headers)).read, _MOST_SEGMENT_BYTES)

    def content(self, segment: Segment) -> bytes | None:
        """The plain bytes of a segment, asked for several times; None when the site has it no more."""
        for number in range(1, _TRIES + 1):
            try:
                return self._decrypted(segment, self.read(segment.url, segment.range))
            except (HTTPError, TransportError) as error:
                if isinstance(error, HTTPError) and error.status in _GONE:
                    return None
            if number < _TRIES:
                time.sleep(0.5 * number)
        return None

    def _decrypted(self, segment: Segment, content: bytes) -> bytes:
        key = segment.key
        if key is None:
            return content
        if key.method != "AES-128" or key.url is None:
            raise DownloadError(f"This live stream is encrypted in a way that is not supported: {key.method}")
        if key.url not in self._keys:
            self._keys[key.url] = self.read(key.url)
        iv = key.iv or segment.sequence.to_bytes(16, "big")
        return bytes(unpad_pkcs7(aes_cbc_decrypt_bytes(content, self._keys[key.url], iv)))
