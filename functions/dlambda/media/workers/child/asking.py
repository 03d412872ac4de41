"""Inside a worker process: asking yt-dlp for what an item stands for: an address, or an entry of a list."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from yt_dlp.utils import DownloadError
from yt_dlp.YoutubeDL import YoutubeDL

from dlambda.domain.items.entries import pick
from dlambda.domain.items.entry_ref import EntryRef
from dlambda.media.workers.child.downloader import Downloader

_GONE = "The page does not list this video any more."
# The whole list is read, whatever part of it was asked for: a label counts in all of it.
_WHOLE_LIST = {
    "extract_flat": "in_playlist",
    "allow_playlist_files": False,
    "playlist_items": None,
    "playliststart": 1,
    "playlistend": None,
    "playlistreverse": False,
    "playlistrandom": False,
    "lazy_playlist": False,
}


def ask(ydl: Downloader, url: str, entry: EntryRef, *, download: bool) -> dict[str, Any] | None:
    """The metadata of what is meant by `url` and `entry`, downloaded where asked. Raises yt-dlp's errors.

    None where yt-dlp has nothing; then its logger has been told why.
    """
    if entry.label:
        info = _picked(ydl, url, entry)
        if not info or not download:
            return info
        return _processed(ydl, YoutubeDL.sanitize_info(info, remove_private_keys=True), download=True)
    if entry:
        return _processed(ydl, _reference(url, entry), download=download)
    force_generic = bool(ydl.params.get("force_generic_extractor"))
    info = ydl.extract_info(url, download=download, force_generic_extractor=force_generic)
    return dict(info) if info else None


def _reference(url: str, entry: EntryRef) -> dict[str, Any]:
    """An entry as the list has it: yt-dlp merges its fields with those of its address."""
    kind = "url_transparent" if entry.fields else "url"
    return {**entry.fields, "_type": kind, "url": url, "ie_key": entry.ie_key or None}


def _processed(ydl: Downloader, info: dict[str, Any], *, download: bool) -> dict[str, Any] | None:
    result = ydl.process_ie_result(info, download=download)
    return dict(result) if result else None


def _picked(ydl: Downloader, url: str, entry: EntryRef) -> dict[str, Any] | None:
    """The metadata of the entry with the label. Raises `DownloadError` when the list has it no more."""
    with _reading_all(ydl):
        info = ydl.extract_info(url, download=False)
    if not info:
        return None
    picked_info = pick(info, url, entry.label, entry.index)
    if not picked_info:
        raise DownloadError(_GONE)
    return dict(picked_info)


@contextmanager
def _reading_all(ydl: Downloader) -> Iterator[None]:
    """Options that choose among a list's entries do not count meanwhile."""
    params = dict(ydl.params)
    ydl.params.update(_WHOLE_LIST)
    ydl.takes_all = True
    try:
        yield
    finally:
        ydl.takes_all = False
        ydl.params.clear()
        ydl.params.update(params)
