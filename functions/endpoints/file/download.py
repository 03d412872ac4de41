"""The way to a file: a redirect to a presigned URL; length, type and times at once for HEAD."""

from flask import Response, request

from dlambda.aws import bucket
from dlambda.aws.stored import Stored
from dlambda.domain.files.content_type import content_type, is_active
from dlambda.domain.files.disposition import content_disposition
from dlambda.domain.paths.paths import object_key
from dlambda.entry.conditional import not_modified
from dlambda.entry.direct import DirectAnswer, DirectRequest
from dlambda.entry.located import with_file
from dlambda.errors import NotFound
from dlambda.usecases.files.bundle_files import is_streamed
from dlambda.usecases.files.find_file import Found, find_plain
from dlambda.usecases.files.streamed_bundle import find_bundle

_LINK_SECONDS = 6 * 3600


def answer(path: str) -> Response:
    """302 to the file, or to one that bears the same id (files.md 1). Raises `NotFound`."""
    return with_file(path, _answer_with, route="/api/download/", missing="File not found")


def _answer_with(file: Found) -> Response:
    assert file.stored is not None
    headers = _headers(file.path, file.stored)
    if unchanged := not_modified(headers):
        return unchanged
    if request.method == "HEAD":
        return _head(headers, file.stored)
    return link(object_key(file.path), _name_of(file))


def bundle(key: str, name: str) -> Response:
    """302 to a ZIP, which a browser saves as `name`; HEAD is answered directly. Raises `NotFound`."""
    if request.method != "HEAD":
        return link(key, name, attachment=True)
    streamed = find_bundle(key) if is_streamed() else None
    entry = streamed.stored if streamed else bucket.find(key)
    if entry is None:
        raise NotFound("File not found")
    response = _head(_headers(name, entry), entry)
    response.headers["Content-Disposition"] = content_disposition("attachment", name)
    return response


def redirect(request: DirectRequest) -> DirectAnswer | None:
    """The 302 of `answer` to the file itself, without the framework."""
    file = find_plain(request.path, request.principal.home, may_wait=request.may_wait)
    if file is None or file.stored is None:
        return None
    attachment = any(name == "download" for name, _ in request.query)
    headers = _headers_of_link(file.stored.key, _name_of(file), request.origin, attachment=attachment)
    return DirectAnswer(302, {"Content-Type": "text/html; charset=utf-8", **headers})


def link(key: str, name: str, *, attachment: bool = False) -> Response:
    """302 to an object, sent as `name`."""
    attachment = attachment or "download" in request.args
    return Response(status=302, headers=_headers_of_link(key, name, request.host_url, attachment=attachment))


def _headers_of_link(key: str, name: str, origin: str, *, attachment: bool) -> dict[str, str]:
    # What a browser would run must not run as one of our pages.
    is_saved = attachment or is_active(name)
    answer = {
        "content-type": content_type(name),
        "content-disposition": content_disposition("attachment" if is_saved else "inline", name),
    }
    url = bucket.presign(key, origin=origin, seconds=_LINK_SECONDS, answer=answer)
    return {"Location": url, "Cache-Control": "no-store"}


def _name_of(file: Found) -> str:
    return file.path.rpartition("/")[2]


def _headers(path: str, entry: Stored) -> dict[str, str]:
    return {
        "Content-Type": content_type(path.rpartition("/")[2]),
        "Accept-Ranges": "bytes",
        "Last-Modified": entry.last_modified,
        "ETag": f'"{entry.version}"',
    }


def _head(headers: dict[str, str], entry: Stored) -> Response:
    response = Response(status=200, headers=headers)
    response.headers["Content-Length"] = str(entry.size_bytes)
    response.automatically_set_content_length = False
    return response
