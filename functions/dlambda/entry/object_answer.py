"""Answers that are an object of the bucket: its bytes where the server has them at hand, else the way to them.

A server that reads the bucket's files (`local/gateway`) puts a function into the WSGI environment, which opens an
object. What was opened is sent in the place of the body, whole or in the parts that the request asks for. A function in
the cloud has no such server, and its answers are limited: there it is a redirect to a signed address.
"""

from collections.abc import Callable, Mapping
from typing import Final

from flask import Response, request

from dlambda.aws import bucket

OPENER: Final = "dlambda.open_object"
"""The key in the environment of `Callable[[str], None]`: opens the object of that key for this answer."""
_NOT_STORED: Final = {"Cache-Control": "no-store"}
_ASKED_AGAIN: Final = {"Cache-Control": "private, no-cache"}


def object_answer(
    key: str,
    headers: Mapping[str, str],
    *,
    seconds: int,
    caching: Mapping[str, str] = _ASKED_AGAIN,
    link_caching: Mapping[str, str] = _NOT_STORED,
) -> Response:
    """200 with the object, or 302 to its address, which is good for `seconds`. Raises `NotFound` in the first case.

    `headers`: of the answer with the bytes, such as its type. `caching`: those about keeping it; `link_caching`: those
    about keeping the redirect.
    """
    open_object: Callable[[str], None] | None = request.environ.get(OPENER)
    if open_object is not None:
        open_object(key)
        return Response(status=200, headers={**headers, **caching})
    named = {name.lower(): value for name, value in headers.items()}
    url = bucket.presign(key, origin=request.host_url, seconds=seconds, answer=named)
    return Response(status=302, headers={**link_caching, "Location": url})
