"""Pictures of items (docs/contract/downloads.md 4.16)."""

from flask import Response, request

from dlambda.aws import bucket
from dlambda.domain.files.content_type import content_type
from dlambda.domain.items.item import Shelf
from dlambda.entry.conditional import not_modified
from dlambda.errors import NotFound
from dlambda.store.items import items
from dlambda.usecases.files.find_file import find_file
from dlambda.usecases.files.thumbnail import thumbnail_of

_MISSING = "thumbnail not found."
# An answer of a function has 6 MB, and bytes grow by a third in it.
_MOST_BYTES = 4_000_000


def thumbnail(item_id: str, owner: str) -> Response:
    """The picture, or 302 to one that is too large for an answer. Raises `NotFound`, `Unavailable`."""
    item = items.find(item_id, owner=owner)
    if item is None or item.shelf is Shelf.QUEUE:
        raise NotFound("item not found.")
    if item.path is None:
        raise NotFound(_MISSING)
    file = find_file(item.path, _MISSING)
    if file.moved:
        file = find_file(file.path, _MISSING)
    if file.stored is None:
        raise NotFound(_MISSING)
    return _picture(thumbnail_of(file))


def _picture(key: str) -> Response:
    picture = bucket.find(key)
    if picture is None:
        raise NotFound(_MISSING)
    kind = content_type(key)
    headers = {"Content-Type": kind, "ETag": f'"{picture.version}"', "Last-Modified": picture.last_modified,
               "Cache-Control": "private, no-cache"}  # fmt: skip
    if unchanged := not_modified(headers):
        return unchanged
    if picture.size_bytes > _MOST_BYTES:
        url = bucket.presign(key, origin=request.host_url, seconds=3600, answer={"content-type": kind})
        return Response(status=302, headers={"Location": url, "Cache-Control": "no-store"})
    return Response(bucket.get_bytes(key), headers=headers)
