"""Conditional requests (RFC 9110 13): what a client has already is not sent again."""

from collections.abc import Mapping

from flask import Response, request


def not_modified(headers: Mapping[str, str]) -> Response | None:
    """304 when the request names the `ETag` of `headers`, or no older time than their `Last-Modified`; else None."""
    if not ({"HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE"} & request.environ.keys()):
        return None
    response = Response(headers=headers)
    response.make_conditional(request)
    return response if response.status_code == 304 else None
