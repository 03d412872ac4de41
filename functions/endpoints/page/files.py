"""Files of the page: named by their content, and so for ever; compressed when they were built."""

from flask import Response, request

from dlambda.errors import NotFound
from endpoints.page import built

_FOR_EVER = "public, max-age=31536000, immutable"
_ASKED_EACH_TIME = "no-cache"
_FOLDER = "assets/"


def answer(path: str) -> Response | None:
    """The file; None when the path names none. Raises `NotFound` for one of an earlier build."""
    file = built.manifest().files.get(path)
    if file is None:
        if path.startswith(_FOLDER):
            raise NotFound("File not found.", extra={"file": path})
        return None
    coding = _coding(file)
    response = Response(built.read(file.encodings.get(coding, path)), content_type=file.type)
    if coding:
        response.headers["Content-Encoding"] = coding
    if file.encodings:
        response.vary.add("Accept-Encoding")
    response.headers["Cache-Control"] = _FOR_EVER if file.is_hashed else _ASKED_EACH_TIME
    response.set_etag(f"{file.etag}-{coding}" if coding else file.etag)
    response.make_conditional(request)
    return response


def _coding(file: built.File) -> str:
    """The smallest coding that the client takes; empty for none."""
    accepted = request.accept_encodings
    return next((coding for coding in ("br", "gzip") if coding in file.encodings and accepted.quality(coding) > 0), "")
