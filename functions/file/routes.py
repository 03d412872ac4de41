"""The routes of `/api/download/{path}` (docs/contract/files.md 3)."""

from flask import Response

from dlambda.entry.http import make_routes, problems
from file import download
from file.schemas import FilePath

routes = make_routes("file", "Files below the download root")


@routes.get("/api/download/<path:path>", responses={302: None, **problems(404)})
def get(path: FilePath) -> Response:
    """Leads to the file: a presigned URL that understands ranges. HEAD is answered directly."""
    return download.answer(path.path)
