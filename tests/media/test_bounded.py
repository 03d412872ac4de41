"""Pages of any size and packing do not fill the memory of a worker; media files of any size arrive."""

import gzip
import os
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import brotli
import pytest
from yt_dlp.networking import Request
from yt_dlp.networking._requests import RequestsRH
from yt_dlp.networking._urllib import UrllibRH

from dlambda.domain.items.failure import FailureKind
from dlambda.media.workers.child.downloader import Downloader
from dlambda.media.workers.extract import extract
from dlambda.media.ytdlp.bounded import MOST_BYTES, TooLarge
from tests.media.conftest import Start, finish
from tests.media.hostile import Site, hostile_site

MEGABYTE = 1024 * 1024
BLOCK = b"<p>x</p>" * (MEGABYTE // 8)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with hostile_site() as running:
        yield running


@cache
def deflated(megabytes: int, wbits: int, head: bytes = b"") -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, wbits)
    return packer.compress(head) + b"".join(packer.compress(BLOCK) for _ in range(megabytes)) + packer.flush()


def gzipped(megabytes: int, head: bytes = b"") -> bytes:
    return deflated(megabytes, zlib.MAX_WBITS | 16, head)


@cache
def brotlied(megabytes: int) -> bytes:
    packer = brotli.Compressor(quality=1)
    packed: bytes = b"".join(packer.process(BLOCK) for _ in range(megabytes)) + packer.finish()
    return packed


PACKED: dict[str, tuple[str, Callable[[int], bytes]]] = {
    "gzip": ("gzip", gzipped),
    "deflate": ("deflate", lambda megabytes: deflated(megabytes, zlib.MAX_WBITS)),
    "raw deflate": ("deflate", lambda megabytes: deflated(megabytes, -zlib.MAX_WBITS)),
    "brotli": ("br", brotlied),
    "gzip twice": ("gzip, gzip", lambda megabytes: gzip.compress(gzipped(megabytes))),
    "brotli in gzip": ("br, gzip", lambda megabytes: gzip.compress(brotlied(megabytes))),
    "plain": ("", lambda megabytes: BLOCK * megabytes),
}


@pytest.mark.parametrize("packing", PACKED)
@pytest.mark.parametrize("handler", [RequestsRH, UrllibRH])
def test_a_whole_answer_has_a_limit(site: Site, packing: str, handler: Any) -> None:
    encoding, pack = PACKED[packing]
    headers = {"Content_Encoding": encoding} if encoding else {}
    fits = site.put("/fits", pack(3), Content_Type="text/html", **headers)
    bomb = site.put("/bomb", pack(80), Content_Type="text/html", **headers)
    with Downloader({"quiet": True, "logger": _Quiet()}) as ydl:
        for key in list(ydl._request_director.handlers):
            if key != handler.RH_KEY:
                ydl._request_director.handlers.pop(key)
        assert ydl.urlopen(Request(fits)).read() == BLOCK * 3
        with pytest.raises(TooLarge, match=f"larger than {MOST_BYTES // MEGABYTE} MB"):
            ydl.urlopen(Request(bomb)).read()


class _Quiet:
    def debug(self, _message: str) -> None:
        """To nobody."""

    warning = error = debug


def test_a_part_of_a_large_answer_can_be_read(site: Site) -> None:
    url = site.put("/large", gzipped(80), Content_Type="video/mp4", Content_Encoding="gzip")
    with Downloader({"quiet": True, "logger": _Quiet()}) as ydl:
        response = ydl.urlopen(Request(url))
        assert sum(len(block) for block in iter(lambda: response.read(MEGABYTE), b"")) == 80 * MEGABYTE


PLACES = {
    "page": ("/page.html", "text/html", b"<html>"),
    "playlist": ("/list.m3u8", "application/vnd.apple.mpegurl", b"#EXTM3U\n"),
    "manifest": ("/two.mpd", "application/dash+xml", b"<MPD>"),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_bomb_ends_the_item_with_a_text(site: Site, start: Start, place: str) -> None:
    path, kind, head = PLACES[place]
    url = site.put(path, gzipped(400, head), Content_Type=kind, Content_Encoding="gzip")
    running = start(url)
    peak = 0
    while running.alive:
        running.messages(0.05)
        peak = max(peak, _peak_bytes(running.pid))
    assert "The page is larger than 64 MB" in (running.result.error or "")  # type: ignore[union-attr]
    assert running.result.failure.kind is FailureKind.UNSUPPORTED  # type: ignore[union-attr]
    assert not running.result.failure.retryable  # type: ignore[union-attr]
    assert peak < 600 * MEGABYTE
    found = extract(url, {}, allow_internal=True)
    assert "The page is larger than 64 MB" in " ".join([found.error or "", *found.warnings])


def _peak_bytes(pid: int) -> int:
    """The most memory that the process has had; 0 when it is gone."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    rows = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    return int(rows.get("VmHWM", "0 kB").split()[0]) * 1024


def test_a_media_file_has_no_limit(site: Site, start: Start, service: Path) -> None:
    url = site.put("/film.mp4", os.urandom(MEGABYTE) * 80)
    result = finish(start(url))
    assert result.error is None
    assert (service / "items" / "item" / "home" / "film.mp4").stat().st_size == 80 * MEGABYTE
