"""The way to a file: a redirect to a presigned URL; length, type and times at once for HEAD."""

import re
from urllib.parse import quote

from flask import Response, request

from dlambda.aws import bucket
from dlambda.aws.bucket import Stored
from dlambda.domain.content_type import content_type, is_active, suffix
from dlambda.domain.paths import object_key, resolve_path
from dlambda.errors import Invalid, NotFound

_ID_IN_NAME = re.compile(r"\[(?:youtube-)?([A-Za-z0-9_-]{11})\]")
_LINK_SECONDS = 6 * 3600


def answer(path: str) -> Response:
    """302 to the file, or to one that bears the same id (files.md 1). Raises `NotFound`."""
    try:
        path = resolve_path(path)
    except Invalid:
        raise NotFound("File not found.") from None
    stored = bucket.find(object_key(path)) if path else None
    if stored is None:
        return _renamed(path)
    headers = _headers(path, stored)
    if _is_known(headers):
        return Response(status=304, headers={key: headers[key] for key in ("ETag", "Last-Modified")})
    if request.method == "HEAD":
        return _head(headers, stored)
    return _link(path)


def _link(path: str) -> Response:
    name = path.rpartition("/")[2]
    # What a browser would run must not run as one of our pages.
    kind = "attachment" if is_active(name) or "download" in request.args else "inline"
    answer = {
        "content-type": content_type(name),
        "content-disposition": f"{kind}; filename*=UTF-8''{quote(name, safe='')}",
    }
    url = bucket.presign(object_key(path), origin=request.host_url, seconds=_LINK_SECONDS, answer=answer)
    return Response(status=302, headers={"Location": url, "Cache-Control": "no-store"})


def _headers(path: str, stored: Stored) -> dict[str, str]:
    return {
        "Content-Type": content_type(path.rpartition("/")[2]),
        "Accept-Ranges": "bytes",
        "Last-Modified": stored.last_modified,
        "ETag": f'"{stored.version}"',
    }


def _head(headers: dict[str, str], stored: Stored) -> Response:
    response = Response(status=200, headers=headers)
    response.headers["Content-Length"] = str(stored.size_bytes)
    response.automatically_set_content_length = False
    return response


def _is_known(headers: dict[str, str]) -> bool:
    """Whether the client's copy is the newest (`If-None-Match`, else `If-Modified-Since`)."""
    if request.if_none_match:
        return headers["ETag"].strip('"') in request.if_none_match
    since = request.headers.get("If-Modified-Since")
    return since is not None and since == headers["Last-Modified"]


def _renamed(path: str) -> Response:
    """A file that was renamed but kept its `[id]` and its extension is found by them."""
    folder, _, name = path.rpartition("/")
    found = _ID_IN_NAME.search(name)
    if found:
        files, _ = bucket.list_folder(object_key(f"{folder}/" if folder else ""))
        for stored in files:
            other = stored.key.rpartition("/")[2]
            if found.group(1) in other and suffix(other) == suffix(name):
                target = f"{folder}/{other}" if folder else other
                query = f"?{request.query_string.decode()}" if request.query_string else ""
                place = f"{request.script_root}/api/download/{quote(target)}{query}"
                return Response(status=302, headers={"Location": place})
    raise NotFound("File not found.")
