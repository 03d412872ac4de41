"""Objects of the bucket as wholes: copied inside it, read as a stream, written from one."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from dlambda.aws.bucket import MISSING, client
from dlambda.aws.multipart import Multipart
from dlambda.deployment import current
from dlambda.errors import NotFound

# One request copies up to 5 GB; above it, in parts. Not every S3 can copy parts, but those take any size at once.
_TOO_LARGE = frozenset({"EntityTooLarge", "InvalidRequest"})
_COPY_IN_PARTS = TransferConfig(multipart_threshold=1, multipart_chunksize=512 * 1024 * 1024)
_READ_BYTES = 1024 * 1024
_PART_BYTES = 8 * 1024 * 1024
# 10,000 are allowed; what is expected may turn out to be twice as much.
_PARTS = 5_000
# A store takes neighbours at once in any order; those further ahead it would have to keep aside.
_PARTS_UNDER_WAY = 2


def copy(source: str, target: str) -> None:
    """Copies an object inside the bucket; what was at `target` is replaced. Raises `NotFound`."""
    name = current().settings.bucket
    try:
        client().copy_object(Bucket=name, Key=target, CopySource={"Bucket": name, "Key": source})
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in MISSING:
            raise NotFound(f"File '{source.rpartition('/')[2]}' does not exist.") from None
        if code not in _TOO_LARGE:
            raise
        client().copy({"Bucket": name, "Key": source}, name, target, Config=_COPY_IN_PARTS)


def has_any(prefix: str) -> bool:
    """True if an object's key begins with `prefix`."""
    answer = client().list_objects_v2(Bucket=current().settings.bucket, Prefix=prefix, MaxKeys=1)
    return bool(answer.get("Contents"))


def has_folder(key: str) -> bool:
    """True if the listing of the parent names a folder `key`, were it empty."""
    answer = client().list_objects_v2(Bucket=current().settings.bucket, Prefix=key, Delimiter="/")
    return any(prefix["Prefix"] == f"{key}/" for prefix in answer.get("CommonPrefixes", ()))


def read(key: str) -> Iterator[bytes]:
    """The object in pieces of a megabyte. Raises `NotFound` at once, not at the first piece."""
    try:
        body = client().get_object(Bucket=current().settings.bucket, Key=key)["Body"]
    except ClientError as error:
        if error.response["Error"]["Code"] in MISSING:
            raise NotFound(f"File '{key.rpartition('/')[2]}' does not exist.") from None
        raise
    chunks: Iterator[bytes] = body.iter_chunks(_READ_BYTES)
    return chunks


def write(key: str, chunks: Iterable[bytes], content_type: str, expected_bytes: int) -> None:
    """Writes an object from a stream; it appears whole or not at all. Holds three parts, of 8 MB up to 40 GB."""
    part_bytes = max(_PART_BYTES, expected_bytes // _PARTS)
    parts = _parts(chunks, part_bytes)
    first = next(parts, b"")
    if len(first) < part_bytes:
        client().put_object(Bucket=current().settings.bucket, Key=key, Body=first, ContentType=content_type)
        return
    upload = Multipart(key, content_type)
    try:
        _send(upload, chain([first], parts))
        upload.complete()
    except BaseException:
        upload.abort()
        raise


def _parts(chunks: Iterable[bytes], part_bytes: int) -> Iterator[bytes]:
    part: list[bytes] = []
    size = 0
    for chunk in chunks:
        part.append(chunk)
        size += len(chunk)
        if size >= part_bytes:
            yield b"".join(part)
            part.clear()
            size = 0
    if part:
        yield b"".join(part)


def _send(upload: Multipart, parts: Iterable[bytes]) -> None:
    """Sends two at a time, while the next is read."""
    under_way: deque[Future[None]] = deque()
    with ThreadPoolExecutor(_PARTS_UNDER_WAY) as pool:
        for number, part in enumerate(parts, start=1):
            if len(under_way) == _PARTS_UNDER_WAY:
                under_way.popleft().result()
            under_way.append(pool.submit(upload.send, number, part))
        for sending in under_way:
            sending.result()
