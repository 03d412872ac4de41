"""The routes of `/api/yt-dlp/*` (docs/contract/ytdlp.md)."""

from typing import Any

from flask import Response, jsonify

from dlambda.domain.accounts.permission import Permission
from dlambda.entry.http import make_routes, problems
from dlambda.entry.principals import current_principal
from endpoints.ytdlp import actions, command, info, options
from endpoints.ytdlp.schemas import (
    Command,
    CommandBody,
    CommandQuery,
    ConvertBody,
    Converted,
    Info,
    InfoQuery,
    OptionList,
    UrlIds,
    UrlsBody,
)

routes = make_routes("yt-dlp", "Options explained, commands written, metadata and archive ids looked up")

Answer = dict[str, Any] | Response


@routes.post("/api/yt-dlp/convert", permission=Permission.USE_YTDLP, responses={200: Converted, **problems(400)})
def convert(body: ConvertBody) -> Answer:
    """Parses a line of options, and names those that users may not set."""
    return actions.convert(body.root)


@routes.post("/api/yt-dlp/command", permission=Permission.USE_YTDLP, responses={200: Command, **problems(400, 403)})
def write_command(body: CommandBody, query: CommandQuery) -> Answer:
    """The command line that downloads an item the same way (setting `console_enabled`)."""
    return command.write(body.root, full=bool(query.full))


@routes.get("/api/yt-dlp/url/info", permission=Permission.USE_YTDLP, responses={200: Info, **problems(400, 404)})
def url_info(query: InfoQuery) -> Answer:
    """A URL's metadata, remembered for five minutes."""
    owner, entries = current_principal().owner, query.wants_entries
    body = info.url_info(query.url, query.preset, query.args, owner, force=bool(query.force), entries=entries)
    return Response(body, mimetype="application/json")


@routes.post("/api/yt-dlp/archive_id", permission=Permission.USE_YTDLP, responses={200: UrlIds, **problems(400)})
def archive_ids(body: UrlsBody) -> Answer:
    """The archive ids that URLs tell by themselves; nothing is fetched."""
    return jsonify(actions.archive_ids(body.root))


@routes.get("/api/yt-dlp/options", permission=Permission.USE_YTDLP, responses={200: OptionList})
def list_options() -> Answer:
    """The options of yt-dlp, for completion."""
    response = Response(options.rendered(), mimetype="application/json")
    response.headers["Cache-Control"] = "max-age=3600"
    return response
