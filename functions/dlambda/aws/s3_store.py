"""The bucket as an S3 has it."""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from dlambda.aws.refusals import MISSING, TOO_LARGE, is_refusal, refusals_as
from dlambda.aws.s3_client import client
from dlambda.aws.stored import Stored
from dlambda.aws.transient_errors import transfer_errors
from dlambda.deployment import current
from dlambda.errors import NotFound

if TYPE_CHECKING:
    from boto3.s3.transfer import TransferConfig

_FILE_PART_BYTES = 16 * 1024 * 1024
_DELETE_BATCH = 1000
_COPY_PART_BYTES = 512 * 1024 * 1024
_READ_BYTES = 1024 * 1024


class S3Store:
    """See `ObjectStore`."""

    places_files = False

    def find(self, key: str) -> Stored | None:
        try:
            head = client().head_object(Bucket=_bucket(), Key=key)
        except ClientError as error:
            if is_refusal(error, MISSING):
                return None
            raise
        return Stored(key, head["ContentLength"], head["LastModified"], head.get("ETag", "").strip('"'))

    def find_at_once(self, key: str) -> Stored | None:
        raise BlockingIOError(key)

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        last = "" if end is None else end - 1
        part: dict[str, Any] = {"Range": f"bytes={start}-{last}"} if start or end is not None else {}
        with refusals_as(_not_found(key), MISSING):
            body = client().get_object(Bucket=_bucket(), Key=key, **part)["Body"]
        chunks: Iterator[bytes] = body.iter_chunks(_READ_BYTES)
        return chunks

    def get_file(self, key: str, path: Path) -> None:
        with refusals_as(_not_found(key), MISSING), transfer_errors():
            client().download_file(_bucket(), key, str(path))

    def list_(self, prefix: str) -> Iterator[Stored]:
        for answer in client().get_paginator("list_objects_v2").paginate(Bucket=_bucket(), Prefix=prefix):
            for entry in answer.get("Contents", ()):
                yield Stored(entry["Key"], entry["Size"], entry["LastModified"], entry.get("ETag", "").strip('"'))

    def walk_folder(self, prefix: str) -> Iterator[tuple[list[Stored], list[str]]]:
        pages = client().get_paginator("list_objects_v2").paginate(Bucket=_bucket(), Prefix=prefix, Delimiter="/")
        for answer in pages:
            files = [
                Stored(entry["Key"], entry["Size"], entry["LastModified"], entry.get("ETag", "").strip('"'))
                for entry in answer.get("Contents", ())
            ]
            folders = answer.get("CommonPrefixes", ())
            yield files, [entry["Prefix"].removeprefix(prefix).rstrip("/") for entry in folders]

    def walk_folder_names(self, prefix: str) -> Iterator[list[str]]:
        for _, names in self.walk_folder(prefix):
            yield names

    def has_any(self, prefix: str) -> bool:
        answer = client().list_objects_v2(Bucket=_bucket(), Prefix=prefix, MaxKeys=1)
        return bool(answer.get("Contents"))

    def has_folder(self, key: str) -> bool:
        answer = client().list_objects_v2(Bucket=_bucket(), Prefix=key, Delimiter="/")
        return any(prefix["Prefix"] == f"{key}/" for prefix in answer.get("CommonPrefixes", ()))

    def put_bytes(self, key: str, body: bytes, content_type: str) -> None:
        client().put_object(Bucket=_bucket(), Key=key, Body=body, ContentType=content_type)

    def put_file(self, path: Path, key: str, content_type: str, on_part: Callable[[], None] | None = None) -> None:
        callback = (lambda _bytes: on_part()) if on_part else None
        parts = _in_parts(above_bytes=_FILE_PART_BYTES, part_bytes=_FILE_PART_BYTES)
        with transfer_errors():
            client().upload_file(
                str(path), _bucket(), key, ExtraArgs={"ContentType": content_type}, Config=parts, Callback=callback
            )

    def place(self, path: Path, key: str, content_type: str, on_part: Callable[[], None] | None = None) -> None:
        self.put_file(path, key, content_type, on_part)

    def copy(self, source: str, target: str) -> None:
        original: Any = {"Bucket": _bucket(), "Key": source}
        try:
            with refusals_as(_not_found(source), MISSING):
                client().copy_object(Bucket=_bucket(), Key=target, CopySource=original)
        except ClientError as error:
            if not is_refusal(error, TOO_LARGE):
                raise
            # One request copies up to 5 GB. Not every S3 can copy parts, but those take any size at once.
            parts = _in_parts(above_bytes=1, part_bytes=_COPY_PART_BYTES)
            client().copy(original, _bucket(), target, Config=parts)

    def delete(self, keys: Iterable[str]) -> None:
        all_keys = list(keys)
        for start in range(0, len(all_keys), _DELETE_BATCH):
            objects = [{"Key": key} for key in all_keys[start : start + _DELETE_BATCH]]
            client().delete_objects(Bucket=_bucket(), Delete={"Objects": objects, "Quiet": True})  # type: ignore[typeddict-item]

    def path_of(self, _key: str) -> str:
        return ""


@lru_cache(maxsize=2)
def _in_parts(*, above_bytes: int, part_bytes: int) -> "TransferConfig":
    """How a file travels that is larger than `above_bytes`."""
    from boto3.s3.transfer import TransferConfig  # as `client` imports it: late

    return TransferConfig(multipart_threshold=above_bytes, multipart_chunksize=part_bytes, max_concurrency=2)


def _bucket() -> str:
    return current().settings.bucket


def _not_found(key: str) -> NotFound:
    return NotFound(f"File '{key.rpartition('/')[2]}' does not exist.")
