"""Reads playlists and segments of live HLS, decrypted. Inside worker processes: it imports yt_dlp."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from yt_dlp.aes import aes_cbc_decrypt_bytes, unpad_pkcs7
from yt_dlp.networking import Request
from yt_dlp.networking.exceptions import HTTPError, TransportError
from yt_dlp.utils import DownloadError

from dlambda.media.live.media_playlist import Key, MediaPlaylist, Range, Segment, parse
from dlambda.media.live.stream import NotReadable
from dlambda.media.ytdlp.bounded import read_all

_TRIES = 4
_MOST_SEGMENT_BYTES = 256 * 1024 * 1024
_KEY_BYTES = 16
_BLOCK_BYTES = 16
_PAGES = (b"<!doctype html", b"<html", b"<?xml", b"<error")
_TOO_MANY = 429


class SegmentReader:
    """`urlopen` is yt-dlp's. Not for several threads at once."""

    def __init__(self, urlopen: Callable[[Any], Any], headers: Mapping[str, str]) -> None:
        self._urlopen = urlopen
        self._headers = dict(headers)
        self._keys: dict[str, bytes] = {}

    def playlist(self, url: str) -> MediaPlaylist:
        """Raises `NotReadable`, also for what is no media playlist."""
        response = self._open(Request(url, headers=self._headers))
        try:
            return parse(response.read().decode("utf-8", "replace"), response.url)
        except (TransportError, ValueError) as error:
            raise NotReadable(str(error)) from error

    def segment(self, segment: Segment) -> bytes:
        """The plain bytes of a segment. Raises `NotReadable`."""
        content = self.read(segment.url, segment.range)
        return self._decrypt(segment.key, segment.sequence, content)

    def beginning(self, segment: Segment) -> bytes:
        """The plain bytes of the initialisation that a segment needs. Raises `NotReadable`."""
        assert segment.map_url is not None
        content = self.read(segment.map_url, segment.map_range)
        return self._decrypt(segment.map_key, segment.sequence, content)

    def content(self, segment: Segment) -> bytes | None:
        """The plain bytes of a segment, asked for several times; None when they cannot be had."""
        for number in range(1, _TRIES + 1):
            try:
                return self.segment(segment)
            except NotReadable:
                if number < _TRIES:
                    time.sleep(0.5 * number)
        return None

    def read(self, url: str, part: Range | None = None) -> bytes:
        """Raises `NotReadable`, also for a page in place of media."""
        headers = {**self._headers, **({"Range": part.header} if part else {})}
        response = self._open(Request(url, headers=headers))
        try:
            content = read_all(response.read, _MOST_SEGMENT_BYTES)
        except TransportError as error:
            raise NotReadable(str(error)) from error
        if part and response.status == 200:  # a server that knows no ranges
            content = content[part.first : part.first + part.length]
        if not content or content[:20].lstrip().lower().startswith(_PAGES):
            raise NotReadable("no media came")
        return content

    def _open(self, request: Request) -> Any:
        try:
            return self._urlopen(request)
        except HTTPError as error:
            raise NotReadable(str(error), refused=error.status < 500 and error.status != _TOO_MANY) from error
        except TransportError as error:
            raise NotReadable(str(error)) from error

    def _decrypt(self, key: Key | None, sequence: int, content: bytes) -> bytes:
        if key is None:
            return content
        if key.method != "AES-128" or key.url is None:
            raise DownloadError(f"This live stream is DRM protected or encrypted in an unsupported way: {key.method}")
        if key.url not in self._keys:
            secret = self.read(key.url)
            if len(secret) != _KEY_BYTES:
                raise NotReadable("no key came")
            self._keys[key.url] = secret
        if len(content) % _BLOCK_BYTES:
            raise NotReadable("a segment came in part")
        iv = key.iv or sequence.to_bytes(16, "big")
        return bytes(unpad_pkcs7(aes_cbc_decrypt_bytes(content, self._keys[key.url], iv)))
