"""Inside a worker process: yt-dlp's downloaders, made to continue without losing or mixing data (see `resume`).

Direct downloads: the ETag and length of the source lie beside the `.part`; a request for the rest carries `If-Range`,
and an answer from another version of the source is given up for a fresh one from the start.
Fragments: `.ytdl` says how long the `.part` was when a fragment was complete, so that a tail of an interrupted write is
cut off, and which format and number of fragments it belongs to.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from yt_dlp.downloader.fragment import FragmentFD, HttpQuietDownloader
from yt_dlp.downloader.http import HttpFD
from yt_dlp.networking import Request
from yt_dlp.networking.exceptions import HTTPError
from yt_dlp.utils import DownloadError

from dlambda.media.ytdlp.resume import new_generation, read_json, write_json

_RANGE = re.compile(r"bytes=(\d+)-(\d*)$")
_TOTAL = re.compile(r"bytes [\d*]+(?:-\d+)?/(\d+)$")
_MAX_RESTARTS = 3
_BLOCK_SECONDS = 1 / 32
_LEAST_BLOCK_BYTES = 16 * 1024
_FRAGMENT = "-Frag"  # in the name of a fragment's file, before its number
_CHANGING_TEXT = "unable to download video data: the source changes while it is read"

Open = Callable[[Any], Any]


class SourceWatch:
    """Watches the requests of one direct download, whose unfinished file is `part`."""

    def __init__(self, part: Path, url: str, format_id: str | None) -> None:
        self._part = part
        self._url = url
        self._record = part.with_name(part.name + ".source.json")
        self._restarts = 0
        self._known = read_json(self._record)
        self._format_id = format_id
        self._generation = str(self._known.get("generation"))
        size = part.stat().st_size if part.is_file() else 0
        length = self._known.get("length")
        too_long = isinstance(length, int) and size > length
        if size and (not self._known or self._known.get("format_id") != format_id or too_long):
            self.forget()
        elif not size:
            self._known = {}

    @property
    def is_complete(self) -> bool:
        """True if the `.part` has every byte; asking the source for the rest of it would be an error (416)."""
        return self._part.is_file() and self._known.get("length") == self._part.stat().st_size

    def forget(self) -> None:
        """Starts over."""
        self._known = {}
        self._record.unlink(missing_ok=True)
        self._part.unlink(missing_ok=True)

    def close(self) -> None:
        """The file is complete and renamed."""
        self._record.unlink(missing_ok=True)

    def concerns(self, request: Any) -> bool:
        return isinstance(request, Request) and request.url == self._url

    def open(self, urlopen: Open, request: Request) -> Any:
        """The response to `request`, from the version of the source that the `.part` came from, or a fresh one."""
        range_match = _RANGE.match(request.headers.get("Range") or "")
        offset = int(range_match.group(1)) if range_match else 0
        etag = self._known.get("etag")
        if offset and etag and not etag.startswith("W/"):
            request.headers["If-Range"] = etag
        try:
            response = urlopen(request)
        except HTTPError as error:
            if error.status != 416 or not offset:
                raise
            return self._restart(urlopen, request)
        version = self._describe(response)
        is_rest = bool(offset) and response.status == 206 and _begins_at(response, offset)
        if is_rest and self._differs(version):
            response.close()
            return self._restart(urlopen, request)
        if not is_rest:
            self._begin()
        self._remember(version)
        return response

    def _begin(self) -> None:
        """The old file goes before the record of the new one comes: they never lie beside each other."""
        self.forget()
        self._generation = new_generation()

    def _restart(self, urlopen: Open, request: Request) -> Any:
        """Asks for the whole; the downloader sees an answer without Content-Range and begins a new file."""
        self._restarts += 1
        if self._restarts > _MAX_RESTARTS:
            raise DownloadError(_CHANGING_TEXT)
        fresh = request.copy()
        for name in ("Range", "If-Range"):
            fresh.headers.pop(name, None)
        response = urlopen(fresh)
        self._begin()
        self._remember(self._describe(response))
        return response

    def _describe(self, response: Any) -> dict[str, Any]:
        headers = response.headers
        total = _TOTAL.match(headers.get("Content-Range") or "")
        length = total.group(1) if total else headers.get("Content-Length") if response.status == 200 else None
        if headers.get("Content-Encoding"):
            length = None
        return {
            "etag": headers.get("ETag"),
            "last_modified": headers.get("Last-Modified"),
            "length": int(length) if length and str(length).isdigit() else None,
            "format_id": self._format_id,
        }

    def _differs(self, version: dict[str, Any]) -> bool:
        """True if two answers are certainly from different versions; what either does not tell, tells nothing."""
        return any(
            self._known.get(name) is not None and version[name] is not None and self._known[name] != version[name]
            for name in ("etag", "length", "last_modified")
        )

    def _remember(self, version: dict[str, Any]) -> None:
        version = {**version, "generation": self._generation}
        if version != self._known:
            self._known = version
            write_json(self._record, version)


def _begins_at(response: Any, offset: int) -> bool:
    """True if the answer says so; yt-dlp begins a new file with one that does not."""
    return str(response.headers.get("Content-Range") or "").startswith(f"bytes {offset}-")


class Watched:
    """Mixed into the session: which direct download is under way, and its format."""

    watch: SourceWatch | None = None
    format_id: str | None = None
    make_whole: Callable[[Path], None]


@contextmanager
def _watching(session: Watched, watch: SourceWatch) -> Iterator[None]:
    session.watch = watch
    try:
        yield
    finally:
        session.watch = None


def _direct_download(self: Any, filename: str, info: dict[str, Any]) -> Any:
    session = self.ydl
    if isinstance(self, HttpQuietDownloader) or not isinstance(session, Watched) or filename == "-":
        return _original_download(self, filename, info)
    part = Path(self.temp_name(filename))
    watch = SourceWatch(part, Request(info["url"]).url, info.get("format_id"))
    name_file = self.try_rename

    def name_whole_file(old: str, new: str) -> None:
        session.make_whole(Path(old))
        name_file(old, new)

    self.try_rename = name_whole_file
    if watch.is_complete:
        size = part.stat().st_size
        self.try_rename(str(part), filename)
        watch.close()
        status = {"filename": filename, "status": "finished", "downloaded_bytes": size, "total_bytes": size}
        self._hook_progress(status, info)
        return True
    with _watching(session, watch):
        success = _original_download(self, filename, info)
    if success and not part.exists():
        watch.close()
    return success


def _fragment_state(self: Any, ctx: dict[str, Any]) -> Path:
    return Path(self.ytdl_filename(ctx["filename"]))


def _write_state(self: Any, ctx: dict[str, Any], number: int) -> None:
    """Keeps that the `.part` ends behind the fragment of that number."""
    stream = ctx.get("dest_stream")
    downloader = {
        "current_fragment": {"index": number},
        "part_bytes": stream.tell() if stream is not None else 0,
        "format_id": getattr(self.ydl, "format_id", None),
        "total": ctx.get("total_frags"),
        "generation": ctx["generation"],
    }
    for name in ("extra_state", "fragment_count"):
        if ctx.get(name) is not None:
            downloader[name] = ctx[name]
    write_json(_fragment_state(self, ctx), {"downloader": downloader})


def _append(self: Any, ctx: dict[str, Any], content: bytes) -> None:
    """As yt-dlp's, but the state follows only a complete write, and names the fragment that was written.

    `fragment_index` does not: where several come at once, each sets it to how many have come.
    """
    name = ctx["fragment_filename_sanitized"]
    ctx["dest_stream"].write(content)
    ctx["dest_stream"].flush()
    if self._FragmentFD__do_ytdl_file(ctx):
        _write_state(self, ctx, int(name.rpartition(_FRAGMENT)[2]))
    if not self.params.get("keep_fragments", False):
        self.try_remove(name)
    del ctx["fragment_filename_sanitized"]


def _prepare(self: Any, ctx: dict[str, Any]) -> None:
    """Brings `.part` and `.ytdl` of an earlier run to one and the same moment, or starts over."""
    ctx.setdefault("live", False)
    part = Path(self.temp_name(ctx["filename"]))
    if not ctx["live"] and not self.params.get("_no_ytdl_file"):
        state = _fragment_state(self, ctx)
        saved_state = read_json(state).get("downloader", {})
        size = saved_state.get("part_bytes")
        have = part.stat().st_size if part.is_file() else 0
        belongs = saved_state.get("total") == ctx.get("total_frags") and saved_state.get("format_id") == getattr(
            self.ydl, "format_id", None
        )
        if isinstance(size, int) and 0 < size <= have and belongs:
            os.truncate(part, size)
            ctx["generation"] = str(saved_state.get("generation"))
        else:
            part.unlink(missing_ok=True)
            state.unlink(missing_ok=True)
            ctx["generation"] = new_generation()
    else:
        part.unlink(missing_ok=True)
        ctx["generation"] = new_generation()
    _original_prepare(self, ctx)


def _finish(self: Any, ctx: dict[str, Any], info: dict[str, Any]) -> Any:
    if isinstance(self.ydl, Watched) and ctx["tmpfilename"] != "-":
        self.ydl.make_whole(Path(ctx["tmpfilename"]))
    return _original_finish(self, ctx, info)


def _write_ytdl_file(self: Any, ctx: dict[str, Any]) -> None:
    _write_state(self, ctx, ctx["fragment_index"])


def _best_block_size(elapsed_seconds: float, size_bytes: int) -> int:
    """As yt-dlp's, which is a second of the download, but less: a block that is being read is lost with its worker."""
    block_bytes = _original_block_size(elapsed_seconds, size_bytes)
    if elapsed_seconds <= 0:
        return block_bytes
    return min(block_bytes, max(_LEAST_BLOCK_BYTES, int(size_bytes / elapsed_seconds * _BLOCK_SECONDS)))


_original_download = HttpFD.real_download
_original_block_size: Callable[[float, int], int] = HttpFD.best_block_size
_original_finish = FragmentFD._finish_frag_download  # noqa: SLF001
_original_prepare = FragmentFD._prepare_frag_download  # noqa: SLF001 there is no other place to stand between


def install() -> None:
    """Puts these rules into yt-dlp's downloaders, for this process."""
    HttpFD.real_download = _direct_download
    HttpFD.best_block_size = staticmethod(_best_block_size)
    FragmentFD._prepare_frag_download = _prepare  # noqa: SLF001
    FragmentFD._append_fragment = _append  # noqa: SLF001
    FragmentFD._finish_frag_download = _finish  # noqa: SLF001
    FragmentFD._write_ytdl_file = _write_ytdl_file  # noqa: SLF001
