"""The way to a task's file: a redirect to a presigned URL; metadata is answered as JSON, or parts of it."""

import json
from urllib.parse import parse_qsl

from flask import Response, request

from dlambda.aws import bucket
from dlambda.domain.files.content_type import content_type, is_active
from dlambda.domain.files.disposition import content_disposition
from dlambda.domain.orders.order import INFO_FILE
from dlambda.errors import NotFound
from dlambda.usecases.orders.find_order import find_order_file, read_info

_LINK_SECONDS = 15 * 60
# Beyond it a function's answer is refused by the cloud's gateway.
_MOST_BYTES = 4_500_000
_RAW = "raw"


def answer(task_id: str, name: str) -> Response:
    """Raises `NotFound`."""
    if name == INFO_FILE and request.method != "HEAD":
        return _info(task_id)
    key = find_order_file(task_id, name)
    return _head(key, name) if request.method == "HEAD" else _link(key, name)


def _info(task_id: str) -> Response:
    names = [name for name, _ in parse_qsl(request.query_string.decode("utf-8", "replace"), keep_blank_values=True)]
    unique_names = list(dict.fromkeys(name for name in names if name != _RAW))
    body = json.dumps(read_info(task_id, INFO_FILE, unique_names))
    if len(body) > _MOST_BYTES and not unique_names:
        return _link(find_order_file(task_id, INFO_FILE), INFO_FILE)
    return Response(body, mimetype="application/json")


def _link(key: str, name: str) -> Response:
    inline = request.args.get(_RAW, "").lower() == "true" and not is_active(name)
    headers = {
        "content-type": content_type(name),
        "content-disposition": content_disposition("inline" if inline else "attachment", name),
    }
    url = bucket.presign(key, origin=request.host_url, seconds=_LINK_SECONDS, answer=headers)
    return Response(status=302, headers={"Location": url, "Cache-Control": "no-store"})


def _head(key: str, name: str) -> Response:
    entry = bucket.find(key)
    if entry is None:
        raise NotFound("File not found")
    response = Response(headers={"Content-Type": content_type(name), "Accept-Ranges": "bytes"})
    response.headers["Content-Length"] = str(entry.size_bytes)
    response.automatically_set_content_length = False
    return response
