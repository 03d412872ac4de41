"""Objects of the bucket as wholes: copied inside it, read as a stream, written from one."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from dlambda.aws.bucket import client
from dlambda.errors import NotFound
from dlambda.settings import get_settings

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef  # type: ignore[import-not-found, unused-ignore]

_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
# One request copies up to 5 GB; above it, in parts. Not every S3 can copy parts, but those take any size at once.
_TOO_LARGE = frozenset({"EntityTooLarge", "InvalidRequest"})
_COPY_IN_PARTS = TransferConfig(multipart_threshold=1, multipart_chunksize=512 * 1024 * 1024)
_READ_BYTES = 1024 * 1024
# 10,000 parts are allowed; parts that grow reach S3's largest object with little memory at the start.
_PART_BYTES = 8 * 1024 * 1024
_PARTS_OF_ONE_SIZE = 500


def copy(source: str, target: str) -> None:
    """Copies an object inside the bucket; what was at `target` is replaced. Raises `NotFound`."""
    name = get_settings().bucket
    try:
        client().copy_object(Bucket=name, Key=target, CopySource={"Bucket": name, "Key": source})
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _MISSING:
            raise NotFound(f"File '{source.rpartition('/')[2]}' does not exist.") from None
        if code not in _TOO_LARGE:
            raise
        client().copy({"Bucket": name, "Key": source}, name, target, Config=_COPY_IN_PARTS)


def has_any(prefix: str) -> bool:
    """Whether an object's key begins with `prefix`."""
    found = client().list_objects_v2(Bucket=get_settings().bucket, Prefix=prefix, MaxKeys=1)
    return bool(found.get("Contents"))


def has_folder(key: str) -> bool:
    """Whether the listing of the parent names a folder `key`, were it empty."""
    found = client().list_objects_v2(Bucket=get_settings().bucket, Prefix=key, Delimiter="/")
    return any(each["Prefix"] == f"{key}/" for each in found.get("CommonPrefixes", ()))


def read(key: str) -> Iterator[bytes]:
    """The object in pieces of a megabyte. Raises `NotFound` at once, not at the first piece."""
    try:
        body = client().get_object(Bucket=get_settings().bucket, Key=key)["Body"]
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING:
            raise NotFound(f"File '{key.rpartition('/')[2]}' does not exist.") from None
        raise
    chunks: Iterator[bytes] = body.iter_chunks(_READ_BYTES)
    return chunks


def _parts(chunks: Iterable[bytes]) -> Iterator[bytes]:
    part = bytearray()
    number = 1
    for chunk in chunks:
        part += chunk
        size = _PART_BYTES * (1 + number // _PARTS_OF_ONE_SIZE)
        if len(part) >= size:
            yield bytes(part)
            part.clear()
            number += 1
    yield bytes(part)


def write(key: str, chunks: Iterable[bytes], content_type: str) -> None:
    """Writes an object of unknown length, one part in memory at a time; it appears whole or not at all."""
    name = get_settings().bucket
    parts = _parts(chunks)
    first = next(parts)
    if len(first) < _PART_BYTES:
        client().put_object(Bucket=name, Key=key, Body=first, ContentType=content_type)
        return
    upload = client().create_multipart_upload(Bucket=name, Key=key, ContentType=content_type)["UploadId"]
    done: list[CompletedPartTypeDef] = []
    try:
        part = first
        while part:
            number = len(done) + 1
            answer = client().upload_part(Bucket=name, Key=key, UploadId=upload, PartNumber=number, Body=part)
            done.append({"ETag": answer["ETag"], "PartNumber": number})
            part = next(parts, b"")
        client().complete_multipart_upload(Bucket=name, Key=key, UploadId=upload, MultipartUpload={"Parts": done})
    except BaseException:
        client().abort_multipart_upload(Bucket=name, Key=key, UploadId=upload)
        raise
