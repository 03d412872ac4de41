"""Playlists (docs/contract/files.md 4; README.md, Player)."""

from urllib.parse import quote

from flask import Response, jsonify, request

from dlambda.domain.files.playlist import CONTENT_TYPE, master_playlist, subtitle_playlist, video_playlist
from dlambda.domain.files.segment import read_duration
from dlambda.domain.files.timeline import Timeline
from dlambda.entry.located import with_file
from dlambda.errors import Invalid, NotFound, OperationFailed, Required
from dlambda.usecases.files.find_file import Found, sidecars_of
from dlambda.usecases.files.playable_file import timeline_of

_HEADERS = {"Cache-Control": "no-cache", "Access-Control-Max-Age": "300"}
# What a copied audio track may add to a video whose rate nobody knows.
_GUESSED_BIT_RATE = 2_000_000


def master(file: str) -> Response:
    """The file's entry point, with its subtitles."""

    def answer(film: Found) -> Response:
        timeline = _timeline(film, f"Unable to get '{film.shown_path}' duration.")
        assert timeline.duration
        subtitles = sidecars_of(film.path, film.home).get("subtitle", [])
        rate = timeline.bit_rate or _GUESSED_BIT_RATE
        base = request.script_root
        text = master_playlist(base, film.shown_path, timeline.duration, subtitles, bandwidth=rate, apikey=_apikey())
        return _playlist(text)

    return with_file(file, answer, route="/api/player/playlist/", ending=".m3u8")


def media(mode: str, file: str, duration: str | None) -> Response:
    """The playlist of a video's segments, or of one subtitle file."""
    if mode not in ("video", "subtitle"):
        raise Invalid("Only video and subtitle modes are supported.")
    if not file:
        raise Required("file is required")
    if mode == "video":
        return with_file(file, _video, route="/api/player/m3u8/video/", ending=".m3u8")
    seconds = read_duration(duration)

    def answer(source: Found) -> Response:
        base = request.script_root
        return _playlist(subtitle_playlist(base, source.shown_path, seconds, apikey=_apikey()))

    return with_file(file, answer, route="/api/player/m3u8/subtitle/", ending=".m3u8")


def _video(file: Found) -> Response:
    timeline = _timeline(file, f"Unable to get '{file.shown_path}' play duration.")
    base = request.script_root
    text = video_playlist(base, file.shown_path, timeline.segments, timeline.conversion, apikey=_apikey())
    return _playlist(text)


def _apikey() -> str:
    """The credentials in the address of this request, checked by now."""
    return request.args.get("apikey", "")


def _timeline(file: Found, missing: str) -> Timeline:
    if file.stored is None or not file.stored.size_bytes:
        raise NotFound(missing)  # of nothing there are no ranges to read
    try:
        timeline = timeline_of(file)
    except (Invalid, OperationFailed):
        raise NotFound(missing) from None
    if not timeline.duration:
        raise NotFound(missing)
    return timeline


def _playlist(text: str) -> Response:
    return Response(text, content_type=CONTENT_TYPE, headers=_HEADERS)


def manifest(file: str) -> Response:
    """The file's subtitles with the URL that each is best shown from."""
    order = ("vtt", "srt", "ass")
    base = request.script_root
    query = f"?apikey={quote(_apikey(), safe='')}" if _apikey() else ""

    def answer(film: Found) -> Response:
        tracks = []
        for entry in sidecars_of(film.path, film.home).get("subtitle", []):
            kind = entry["file"].rpartition(".")[2].lower()
            tracks.append(
                {
                    "lang": entry["lang"],
                    "name": entry["name"],
                    "source_format": kind,
                    "delivery_format": "ass" if kind == "ass" else "vtt",
                    "renderer": "assjs" if kind == "ass" else "native",
                    "url": f"{base}/api/player/subtitles/{kind}/{quote(entry['file'])}{query}",
                }
            )
        tracks.sort(key=lambda track: order.index(track["source_format"]))
        return jsonify({"subtitles": tracks})

    return with_file(file, answer, route="/api/player/subtitles/manifest/")
