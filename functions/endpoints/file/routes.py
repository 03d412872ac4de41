"""The routes of `/api/file/*` and `/api/download/*` (docs/contract/files.md 3)."""

from typing import Any

from flask import Response, request

from dlambda.domain.accounts.permission import Permission
from dlambda.entry.http import make_routes, problems
from dlambda.entry.principals import current_principal
from dlambda.errors import Invalid, Required
from endpoints.file import actions, browser, download
from endpoints.file.schemas import (
    ActionResults,
    Bundle,
    FileInfo,
    FilePath,
    FolderQuery,
    FolderView,
    JobPath,
    JobView,
    ProbeView,
    TokenPath,
)

routes = make_routes("file", "Files below the download root")

Answer = dict[str, Any] | Response


@routes.get(
    "/api/download/<path:path>",
    permission=Permission.READ_FILES,
    direct=download.redirect,
    responses={302: None, **problems(404)},
)
def get(path: FilePath) -> Response:
    """Leads to the file: a presigned URL that understands ranges. HEAD is answered directly."""
    return download.answer(path.path)


@routes.get(
    "/api/file/browser", permission=Permission.READ_FILES, responses={200: FolderView, **problems(400, 403, 404)}
)
def browse_root(query: FolderQuery) -> Answer:
    """Lists the download root."""
    return browser.look("", query, current_principal().home)


@routes.get(
    "/api/file/browser/<path:path>",
    permission=Permission.READ_FILES,
    responses={200: FolderView, **problems(400, 403, 404)},
)
def browse(path: FilePath, query: FolderQuery) -> Answer:
    """Lists a folder, sorted and page by page."""
    return browser.look(path.path, query, current_principal().home)


@routes.get("/api/file/ffprobe", permission=Permission.READ_FILES, responses=problems(400))
def ffprobe_of_nothing() -> Answer:
    """Names no file."""
    raise Required("file is required.")


@routes.get(
    "/api/file/ffprobe/<path:path>",
    permission=Permission.READ_FILES,
    responses={200: ProbeView, 302: None, **problems(400, 404, 503)},
)
def ffprobe(path: FilePath) -> Response:
    """Probes a media file."""
    return browser.ffprobe(path.path)


@routes.get("/api/file/info", permission=Permission.READ_FILES, responses=problems(400))
def info_of_nothing() -> Answer:
    """Names no file."""
    raise Required("file is required.")


@routes.get(
    "/api/file/info/<path:path>",
    permission=Permission.READ_FILES,
    responses={200: FileInfo, 302: None, **problems(400, 404)},
)
def info(path: FilePath) -> Response:
    """Title, probe, type and sidecars of a file."""
    return browser.info(path.path)


@routes.post(
    "/api/file/actions",
    permission=Permission.WRITE_FILES,
    responses={200: ActionResults, 202: JobView, **problems(400, 403)},
)
def act() -> Response:
    """Renames, moves, deletes, makes folders: one result per action and per sidecar that went along."""
    return actions.act(current_principal())


@routes.get("/api/file/jobs/<string:id>", permission=Permission.READ_FILES, responses={200: JobView, **problems(404)})
def job(path: JobPath) -> Answer:
    """How far long work on files is."""
    return actions.job(path.id, current_principal().owner)


@routes.post("/api/file/download", permission=Permission.READ_FILES, responses={200: Bundle, **problems(400)})
def order() -> Answer:
    """Asks for a ZIP of several files. The body is an array of paths."""
    try:
        body = request.get_json()
    except Invalid:
        raise Invalid("Invalid parameters.") from None
    return actions.order(body, current_principal())


@routes.get("/api/file/download", permission=Permission.READ_FILES, responses=problems(400))
def bundle_of_nothing() -> Answer:
    """Names no token."""
    raise Required("Download token is required.")


@routes.get(
    "/api/file/download/<string:token>", permission=Permission.READ_FILES, responses={302: None, **problems(400)}
)
def bundle(path: TokenPath) -> Response:
    """Leads to the ZIP that a token stands for."""
    return actions.bundle(path.token, current_principal().owner)
