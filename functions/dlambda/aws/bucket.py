"""The bucket: files of users, large extraction results, caches.

Keys: `files/<path>` is what users see below the download root, `info/<id>` an item's extraction, `resume/<id>/...` the
state of an unfinished download, `cache/...` and `zips/...` what a lifecycle rule removes.
"""

import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from dlambda.aws.object_store import object_store
from dlambda.aws.presigned import sign
from dlambda.aws.s3_client import endpoint
from dlambda.aws.stored import Stored
from dlambda.deployment import current

PRESIGN_SECONDS = 6 * 3600


def put_file(path: Path, key: str, content_type: str, on_part: Callable[[], None] | None = None) -> None:
    """Streams a file into the bucket, in parts when it is large; it appears whole or not at all.

    `on_part` is called from other threads as bytes go out.
    """
    object_store().put_file(path, key, content_type, on_part)


def place_file(path: Path, key: str, content_type: str, on_part: Callable[[], None] | None = None) -> None:
    """The same for a file that nobody writes any more. On one machine it gets a second name, and is not copied."""
    object_store().place(path, key, content_type, on_part)


def places_files() -> bool:
    """True if `place_file` takes no time, so that nothing is to be sent before a file is complete."""
    return object_store().places_files


def put_bytes(key: str, body: bytes, content_type: str = "application/octet-stream") -> None:
    object_store().put_bytes(key, body, content_type)


def get_bytes(key: str) -> bytes:
    """The whole object; only for what we made small. Raises `NotFound`."""
    return b"".join(object_store().read(key))


def get_file(key: str, path: Path) -> None:
    object_store().get_file(key, path)


def put_json(key: str, value: Any) -> None:
    put_bytes(key, zlib.compress(json.dumps(value).encode(), 3))


def get_json(key: str) -> Any:
    return json.loads(zlib.decompress(get_bytes(key)))


def find(key: str) -> Stored | None:
    """The object's size and time, or None."""
    return object_store().find(key)


def find_at_once(key: str) -> Stored | None:
    """The same for an event loop. Raises `BlockingIOError` where a disk or a service would be waited for."""
    return object_store().find_at_once(key)


def list_(prefix: str) -> Iterator[Stored]:
    """All objects below `prefix`, by key."""
    return object_store().list_(prefix)


def list_folder(prefix: str) -> tuple[list[Stored], list[str]]:
    """The objects directly in the folder `prefix` (which ends in `/`), and the names of the folders in it."""
    files: list[Stored] = []
    folders: list[str] = []
    for some_files, some_folders in walk_folder(prefix):
        files += some_files
        folders += some_folders
    return files, folders


def walk_folder(prefix: str) -> Iterator[tuple[list[Stored], list[str]]]:
    """The same, a thousand at a time."""
    return object_store().walk_folder(prefix)


def walk_folder_names(prefix: str) -> Iterator[list[str]]:
    """The names alone of the folders in the folder `prefix`, some at a time."""
    return object_store().walk_folder_names(prefix)


def delete(keys: Iterable[str]) -> None:
    """Deletes objects; what is not there is no error."""
    object_store().delete(keys)


def location(key: str, *, seconds: int) -> str:
    """Where our own programs read an object: its path on one machine (raises `NotFound`), else a URL with ranges, good
    for `seconds`.
    """
    return object_store().path_of(key) or presign(key, seconds=seconds)


def presign(
    key: str,
    *,
    origin: str = "",
    method: str = "GET",
    seconds: int = PRESIGN_SECONDS,
    answer: Mapping[str, str] | None = None,
) -> str:
    """A URL that anyone may use for `seconds`. Signed without a request, and without loading an S3 client.

    `origin` is the `scheme://host` that the request came to. It counts where the deployment answers media itself
    (`media_public_url` is `request` or `gateway`): the URL is a path then, relative to that request.
    `answer` sets response headers: `content-type`, `content-disposition` ...
    """
    address = _media_address()
    base = address.base(origin).rstrip("/")
    url = f"{base}/{current().settings.bucket}/{quote(key)}"
    parameters = [(f"response-{name}", value) for name, value in sorted((answer or {}).items())]
    return address.shown(sign(method, url, seconds, parameters), origin)


def media_origin() -> str:
    """The address that signed URLs begin with; empty where the deployment answers media itself."""
    return _media_address().elsewhere()


class _StorageAddress:
    """Media are answered elsewhere: by the storage itself, or below an address of the operator."""

    def __init__(self, public_url: str) -> None:
        self._public_url = public_url

    def base(self, _origin: str) -> str:
        """The origin of signed URLs."""
        return self.elsewhere()

    def elsewhere(self) -> str:
        """The origin of signed URLs where it is not the deployment's own; else empty."""
        return self._public_url or endpoint()

    def shown(self, url: str, _origin: str) -> str:
        """The URL as clients get it."""
        return url


class _OwnAddress:
    """The deployment answers media itself, at whatever address it was asked by.

    `signs_origin`: the signature is for the host that the client asked; else for the storage's own, which the gateway
    then names there.
    """

    def __init__(self, base_path: str, *, signs_origin: bool) -> None:
        self._base_path = base_path
        self._signs_origin = signs_origin

    def base(self, origin: str) -> str:
        return (origin if self._signs_origin else "") or endpoint()

    def elsewhere(self) -> str:
        return ""

    def shown(self, url: str, origin: str) -> str:
        """A path: behind a proxy neither scheme nor host need be the client's. The storage knows no base path."""
        if not origin:
            return url
        return quote(self._base_path.rstrip("/")) + url.removeprefix(self.base(origin).rstrip("/"))


def _media_address() -> _StorageAddress | _OwnAddress:
    """The implementation for this deployment."""
    settings = current().settings
    public_url = settings.media_public_url
    if public_url in {"request", "gateway"}:
        return _OwnAddress(settings.base_path, signs_origin=public_url == "request")
    return _StorageAddress(public_url)
