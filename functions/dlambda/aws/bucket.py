"""The bucket: files of users, large extraction results, caches.

Keys: `files/<path>` is what users see below the download root, `info/<id>` an item's extraction, `resume/<id>/...` the
state of an unfinished download, `cache/...` and `zips/...` what a lifecycle rule removes.
"""

import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

from dlambda.aws.links import refuse_links
from dlambda.aws.presigned import sign
from dlambda.aws.stored import Stored
from dlambda.deployment import current, per_deployment
from dlambda.errors import NotFound

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PRESIGN_SECONDS = 6 * 3600
MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
_PART_BYTES = 16 * 1024 * 1024
_DELETE_BATCH = 1000
_UPLOAD = TransferConfig(multipart_threshold=_PART_BYTES, multipart_chunksize=_PART_BYTES, max_concurrency=2)


@per_deployment
def client() -> "S3Client":
    # Checksums "when supported" would read and frame each body once more, which not every S3 understands.
    config = Config(
        s3={"addressing_style": "path"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        retries={"mode": "standard", "max_attempts": 5},
        max_pool_connections=20,
    )
    # By boto3, which adds the transfers of files: once, it cannot add them twice to one session.
    s3: S3Client = boto3.Session(botocore_session=current().session()).client("s3", config=config)
    refuse_links(s3)
    return s3


def _bucket() -> str:
    return current().settings.bucket


def put_file(path: Path, key: str, content_type: str, on_part: Callable[[], None] | None = None) -> None:
    """Streams a file into the bucket, in parts when it is large; it appears whole or not at all.

    `on_part` is called from other threads as bytes go out.
    """
    callback = (lambda _bytes: on_part()) if on_part else None
    client().upload_file(
        str(path), _bucket(), key, ExtraArgs={"ContentType": content_type}, Config=_UPLOAD, Callback=callback
    )


def put_bytes(key: str, body: bytes, content_type: str = "application/octet-stream") -> None:
    client().put_object(Bucket=_bucket(), Key=key, Body=body, ContentType=content_type)


def get_bytes(key: str) -> bytes:
    """The whole object; only for what we made small. Raises `NotFound`."""
    try:
        return client().get_object(Bucket=_bucket(), Key=key)["Body"].read()
    except ClientError as error:
        raise _translated(error, key) from None


def get_file(key: str, path: Path) -> None:
    try:
        client().download_file(_bucket(), key, str(path))
    except ClientError as error:
        raise _translated(error, key) from None


def put_json(key: str, value: Any) -> None:
    put_bytes(key, zlib.compress(json.dumps(value).encode(), 3))


def get_json(key: str) -> Any:
    return json.loads(zlib.decompress(get_bytes(key)))


def find(key: str) -> Stored | None:
    """The object's size and time, or None."""
    try:
        head = client().head_object(Bucket=_bucket(), Key=key)
    except ClientError as error:
        if isinstance(_translated(error, key), NotFound):
            return None
        raise
    return Stored(key, head["ContentLength"], head["LastModified"], head.get("ETag", "").strip('"'))


def list_(prefix: str) -> Iterator[Stored]:
    """All objects below `prefix`, by key."""
    for answer in client().get_paginator("list_objects_v2").paginate(Bucket=_bucket(), Prefix=prefix):
        for entry in answer.get("Contents", ()):
            yield Stored(entry["Key"], entry["Size"], entry["LastModified"], entry.get("ETag", "").strip('"'))


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
    pages = client().get_paginator("list_objects_v2").paginate(Bucket=_bucket(), Prefix=prefix, Delimiter="/")
    for answer in pages:
        files = [
            Stored(entry["Key"], entry["Size"], entry["LastModified"], entry.get("ETag", "").strip('"'))
            for entry in answer.get("Contents", ())
        ]
        yield files, [entry["Prefix"].removeprefix(prefix).rstrip("/") for entry in answer.get("CommonPrefixes", ())]


def delete(keys: Iterable[str]) -> None:
    """Deletes objects; what is not there is no error."""
    all_keys = list(keys)
    for start in range(0, len(all_keys), _DELETE_BATCH):
        objects = [{"Key": key} for key in all_keys[start : start + _DELETE_BATCH]]
        client().delete_objects(Bucket=_bucket(), Delete={"Objects": objects, "Quiet": True})  # type: ignore[typeddict-item]


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
    url = f"{base}/{_bucket()}/{quote(key)}"
    if answer:
        url += "?" + "&".join(f"response-{name}={quote(value, safe='')}" for name, value in sorted(answer.items()))
    return address.shown(sign(method, url, seconds), origin)


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
        return self._public_url or client().meta.endpoint_url

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
        return (origin if self._signs_origin else "") or client().meta.endpoint_url

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


def _translated(error: ClientError, key: str) -> Exception:
    if error.response["Error"]["Code"] in MISSING:
        return NotFound(f"File '{key.rpartition('/')[2]}' does not exist.")
    return error
