"""Segments and subtitles: what the playlists lead to (docs/contract/files.md 4)."""

from collections.abc import Callable
from urllib.parse import quote

from flask import Response, request

from dlambda.aws import bucket
from dlambda.aws.stored import Stored
from dlambda.deployment import current
from dlambda.domain.files.content_type import suffix
from dlambda.domain.files.segment import CONTENT_TYPE as SEGMENT_TYPE
from dlambda.domain.files.segment import Conversion, Segment, read_flag, read_segment
from dlambda.domain.paths.paths import object_key
from dlambda.domain.web.http_date import http_date
from dlambda.entry.conditional import not_modified
from dlambda.entry.located import with_file
from dlambda.errors import Invalid, NotFound, Required
from dlambda.media.av.subtitles import CONTENT_TYPE as VTT_TYPE
from dlambda.media.av.subtitles import text_of, to_vtt
from dlambda.usecases.files.find_file import Found
from dlambda.usecases.files.stream_file import segment_of
from endpoints.player.schemas import SegmentQuery

_YEAR_SECONDS = 31_536_000
_LINK_SECONDS = 6 * 3600
# A link that a browser keeps must not outlive its signature.
_LINK_KEPT_SECONDS = 3600
_LARGEST_SUBTITLE_BYTES = 20 * 1024 * 1024
_ASS_TYPE = "text/x-ssa; charset=UTF-8"


def segment(index: str, file: str, query: SegmentQuery) -> Response:
    """302 to the segment, which is made first when nobody asked for it before; its length and type for HEAD."""
    if not file:
        raise Required("file is required")
    piece = read_segment(index, query.sd, query.st)
    conversion = Conversion(video=read_flag(query.vc, "vc"), audio=read_flag(query.ac, "ac"))

    def answer(film: Found) -> Response:
        assert film.stored is not None
        if unchanged := not_modified(_caching(film.stored)):
            return unchanged
        key = _make(film, piece, conversion)
        if request.method == "HEAD":
            return _head(film.stored, key)
        url = bucket.presign(
            key,
            origin=request.host_url,
            seconds=_LINK_SECONDS,
            answer={"content-type": SEGMENT_TYPE, "cache-control": f"public, max-age={_YEAR_SECONDS}"},
        )
        headers = _caching(film.stored) | {"Location": url, "Cache-Control": f"private, max-age={_LINK_KEPT_SECONDS}"}
        headers["Expires"] = http_date(current().clock.time() + _LINK_KEPT_SECONDS)
        return Response(status=302, headers=headers)

    return with_file(file, answer, route=f"/api/player/segments/{quote(index)}/", ending=".ts")


def _make(file: Found, piece: Segment, conversion: Conversion) -> str:
    """The key of the segment. Raises `NotFound` beyond the end, and for what is no media."""
    unplayable = NotFound(f"File '{file.shown_path}' cannot be played.")
    if file.stored is None or not file.stored.size_bytes:
        raise unplayable  # of nothing there are no ranges to read
    try:
        return segment_of(file, piece, conversion)
    except Invalid:
        raise unplayable from None


def _head(source: Stored, key: str) -> Response:
    """The answer to HEAD of the segment: links are signed for GET alone."""
    segment_object = bucket.find(key)
    if segment_object is None:
        raise NotFound("The segment does not exist.")
    response = Response(status=200, content_type=SEGMENT_TYPE, headers=_caching(source) | {"Accept-Ranges": "bytes"})
    response.headers["Content-Length"] = str(segment_object.size_bytes)
    response.automatically_set_content_length = False
    return response


def subtitle(file: str) -> Response:
    """The subtitle as WebVTT."""

    def answer(source: Found) -> Response:
        return _text(source, lambda data: to_vtt(source.path, data), VTT_TYPE)

    return with_file(file, answer, route="/api/player/subtitle/", ending=".vtt")


def subtitle_as(source_format: str, file: str) -> Response:
    """WebVTT of a VTT or SRT file; an ASS file as it is."""
    if source_format not in ("vtt", "srt", "ass"):
        raise Invalid("Only vtt, srt, and ass subtitle formats are supported.")

    def answer(source: Found) -> Response:
        if suffix(source.path.rpartition("/")[2]) != f".{source_format}":
            raise Invalid(
                f"Subtitle file '{source.shown_path}' does not match requested source format '{source_format}'."
            )
        if source_format == "ass":
            return _text(source, lambda data: text_of(source.path, data), _ASS_TYPE)
        return _text(source, lambda data: to_vtt(source.path, data), VTT_TYPE)

    return with_file(file, answer, route=f"/api/player/subtitles/{source_format}/")


def _text(file: Found, convert: Callable[[bytes], str], content_type: str) -> Response:
    assert file.stored is not None
    headers = _caching(file.stored)
    if unchanged := not_modified(headers):
        return unchanged
    if file.stored.size_bytes > _LARGEST_SUBTITLE_BYTES:
        raise Invalid(f"File '{file.shown_path}' is too large for a subtitle.")
    text = convert(bucket.get_bytes(object_key(file.path)))
    return Response(text, content_type=content_type, headers=headers)


def _caching(entry: Stored) -> dict[str, str]:
    return {
        "Cache-Control": f"public, max-age={_YEAR_SECONDS}",
        "Last-Modified": entry.last_modified,
        "ETag": f'"{entry.version}"',
        "Expires": http_date(current().clock.time() + _YEAR_SECONDS),
        "Pragma": "public",
        "X-Accel-Buffering": "no",
    }
