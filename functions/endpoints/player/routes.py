"""The routes of `/api/player*` (docs/contract/files.md 4)."""

from flask import Response

from dlambda.domain.accounts.permission import Permission
from dlambda.domain.files.playlist import CONTENT_TYPE
from dlambda.entry.http import make_routes, problems, text
from dlambda.errors import Required
from endpoints.player import playlists, streams
from endpoints.player.schemas import (
    FilePath,
    FormatPath,
    Index,
    Manifest,
    Mode,
    ModePath,
    PlaylistQuery,
    SegmentPath,
    SegmentQuery,
)

routes = make_routes("player", "Playlists, segments and subtitles for browsers")

_PLAYLIST = text(CONTENT_TYPE)
_SUBTITLE = text("text/vtt", "text/x-ssa")


@routes.get(
    "/api/player/playlist/<path:file>.m3u8",
    permission=Permission.READ_FILES,
    responses={200: _PLAYLIST, 302: None, **problems(400, 404)},
)
def playlist(path: FilePath) -> Response:
    """The master playlist of a file."""
    return playlists.master(path.file)


@routes.get(
    "/api/player/m3u8/<string:mode>/<path:file>.m3u8",
    permission=Permission.READ_FILES,
    responses={200: _PLAYLIST, 302: None, **problems(400, 404)},
)
def media_playlist(path: ModePath, query: PlaylistQuery) -> Response:
    """The playlist of a file's segments, or of a subtitle."""
    return playlists.media(path.mode, path.file, query.duration)


@routes.get(
    "/api/player/segments/<string:segment>/<path:file>.ts",
    permission=Permission.READ_FILES,
    responses={302: None, **problems(400, 404, 503)},
)
def segment(path: SegmentPath, query: SegmentQuery) -> Response:
    """Leads to one segment (MPEG-TS), made when it is asked for first."""
    return streams.segment(path.segment, path.file, query)


@routes.get(
    "/api/player/subtitle/<path:file>.vtt",
    permission=Permission.READ_FILES,
    responses={200: _SUBTITLE, 302: None, **problems(400, 404)},
)
def subtitle(path: FilePath) -> Response:
    """A subtitle file as WebVTT."""
    return streams.subtitle(path.file)


@routes.get(
    "/api/player/subtitles/manifest/<path:file>",
    permission=Permission.READ_FILES,
    responses={200: Manifest, 302: None, **problems(404)},
)
def manifest(path: FilePath) -> Response:
    """The subtitles of a file, best first."""
    return playlists.manifest(path.file)


@routes.get(
    "/api/player/subtitles/<string:source_format>/<path:file>",
    permission=Permission.READ_FILES,
    responses={200: _SUBTITLE, 302: None, **problems(400, 404)},
)
def subtitle_as(path: FormatPath) -> Response:
    """A subtitle file in the format that it is best shown in."""
    return streams.subtitle_as(path.source_format, path.file)


@routes.get("/api/player/playlist/.m3u8", permission=Permission.READ_FILES, responses=problems(400))
def playlist_of_nothing() -> Response:
    """Names no file."""
    raise Required("file is required")


@routes.get("/api/player/m3u8/<string:mode>/.m3u8", permission=Permission.READ_FILES, responses=problems(400))
def media_playlist_of_nothing(path: Mode) -> Response:
    """Names no file."""
    return playlists.media(path.mode, "", None)


@routes.get("/api/player/segments/<string:segment>/.ts", permission=Permission.READ_FILES, responses=problems(400))
def segment_of_nothing(path: Index, query: SegmentQuery) -> Response:
    """Names no file."""
    return streams.segment(path.segment, "", query)


@routes.get("/api/player/subtitle/.vtt", permission=Permission.READ_FILES, responses=problems(400))
def subtitle_of_nothing() -> Response:
    """Names no file."""
    raise Required("file is required")
