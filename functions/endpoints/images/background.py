"""A random picture behind the page: one for an hour (docs/contract/system.md 9)."""

import json
from typing import Any
from urllib.parse import urljoin, urlsplit

from flask import Response

from dlambda.aws import bucket
from dlambda.deployment import current
from dlambda.errors import Invalid, NotFound, OperationFailed
from dlambda.media.outgoing.fetch import fetch
from dlambda.media.outgoing.request import Answer, FetchFailed, Request
from dlambda.store import cache

KEPT_SECONDS = 3600
_INDEX_SECONDS = 86400
_WAIT_SECONDS = 15.0
_LARGEST_BYTES = 4 * 1024 * 1024
_FETCHING_SECONDS = 30
_FAILED = "failed to retrieve the random background image."
_KEY = "cache/background"
_NOTE = "background"
_LOCK = "background-fetch"
_INDEX = "background-index"


def answer(*, force: bool) -> Response:
    """The picture. While another request fetches one, the old one serves. Raises `OperationFailed`."""
    now = current().clock.time()
    picture_note: dict[str, Any] | None = cache.find(_NOTE, now)
    if picture_note and (not force or cache.find(_LOCK, now)):
        try:
            return _response(bucket.get_bytes(_KEY), picture_note, now, "HIT")
        except NotFound:
            picture_note = None
    cache.put(_LOCK, True, now + _FETCHING_SECONDS)
    try:
        picture = _fetch(now)
    finally:
        cache.remove(_LOCK)
    bucket.put_bytes(_KEY, picture.body, picture.content_type)
    note = {"type": picture.content_type, "via": urlsplit(picture.url).hostname or "", "at": now}
    cache.put(_NOTE, note, now + KEPT_SECONDS)
    return _response(picture.body, note, now, "MISS")


def _response(body: bytes, note: dict[str, Any], now: float, cached: str) -> Response:
    return Response(
        body,
        content_type=note["type"],
        headers={
            "X-Cache": cached,
            "X-Cache-TTL": str(max(0, int(note["at"] + KEPT_SECONDS - now))),
            "X-Image-Via": note["via"],
        },
    )


def _fetch(now: float) -> Answer:
    sources = [source.strip() for source in current().settings.pictures_backends.split(",") if source.strip()]
    current().random.shuffle(sources)
    for source in sources:
        try:
            picture = _ask(_picture_of_index(source, now) if "format=js" in source else source)
        except (FetchFailed, Invalid):
            continue
        if picture.ok and (picture.content_type or "image/jpeg").startswith("image/"):
            return picture
    raise OperationFailed(_FAILED)


def _picture_of_index(source: str, now: float) -> str:
    """The first picture that a JSON index names, remembered for a day. Raises `FetchFailed`."""
    picture_url: str | None = cache.find(_INDEX, now)
    if picture_url is None:
        try:
            images = json.loads(_ask(source).expect_ok().body)["images"]
            picture_url = urljoin(source, images[0]["url"])
        except (ValueError, KeyError, IndexError, TypeError):
            raise FetchFailed("The index of pictures has another shape.") from None
        cache.put(_INDEX, picture_url, now + _INDEX_SECONDS)
    return picture_url


def _ask(url: str) -> Answer:
    request = Request(
        url, headers={"User-Agent": "Mozilla/5.0"}, timeout_seconds=_WAIT_SECONDS, limit_bytes=_LARGEST_BYTES
    )
    return fetch(request, allow_internal=current().settings.allow_internal_urls)
