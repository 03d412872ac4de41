"""A site's thumbnail: fetched once, then from the bucket (docs/contract/system.md 9)."""

import hashlib
from urllib.parse import urlsplit

from flask import Response

from dlambda.aws import bucket
from dlambda.deployment import current
from dlambda.domain.web.http_date import http_date
from dlambda.errors import AppError, Forbidden, Invalid, NotFound, OperationFailed
from dlambda.media.outgoing.fetch import fetch
from dlambda.media.outgoing.request import FetchFailed, Request
from dlambda.media.sandbox.guard import check_url

_YEAR_SECONDS = 31_536_000
_LARGEST_BYTES = 4 * 1024 * 1024  # a function's answer is limited
_WAIT_SECONDS = 15.0
_FAILED = "failed to retrieve the thumbnail."
_TYPE_END = b"\n"


class _Upstream(AppError):
    """The site's own status, passed on."""

    code = "OPERATION_FAILED"

    def __init__(self, status: int) -> None:
        super().__init__(_FAILED)
        self.status = status  # type: ignore[misc]


def answer(url: str) -> Response:
    """The picture. Raises `Forbidden` for what must not be fetched, else what went wrong upstream."""
    try:
        check_url(url, allow_internal=current().settings.allow_internal_urls)
    except Invalid as problem:
        raise Forbidden(problem.message) from None
    key = f"cache/images/{hashlib.sha256(url.encode()).hexdigest()}"
    try:
        kind, _, body = bucket.get_bytes(key).partition(_TYPE_END)
    except NotFound:
        kind, body = _fetch(url)
        bucket.put_bytes(key, kind + _TYPE_END + body)
    return Response(
        body,
        content_type=kind.decode(),
        headers={
            "Cache-Control": f"public, max-age={_YEAR_SECONDS}",
            "Expires": http_date(current().clock.time() + _YEAR_SECONDS),
            "X-Content-Type-Options": "nosniff",
            # An SVG that is opened by itself must not run as one of our pages.
            "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
        },
    )


def _fetch(url: str) -> tuple[bytes, bytes]:
    """Media type and bytes."""
    origin = urlsplit(url)
    headers = {"User-Agent": "Mozilla/5.0", "Accept": "image/*", "Referer": f"{origin.scheme}://{origin.netloc}/"}
    request = Request(url, headers=headers, timeout_seconds=_WAIT_SECONDS, limit_bytes=_LARGEST_BYTES)
    try:
        upstream = fetch(request, allow_internal=current().settings.allow_internal_urls)
    except Invalid as problem:  # a redirect led inside
        raise Forbidden(problem.message) from None
    except FetchFailed:
        raise OperationFailed(_FAILED) from None
    if upstream.status != 200:
        raise _Upstream(upstream.status)
    if not upstream.content_type.startswith("image/"):
        raise OperationFailed(_FAILED)
    return upstream.content_type.encode(), upstream.body
