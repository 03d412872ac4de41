"""Objects made of parts, for what is too large, or not whole yet, to be sent at once."""

from botocore.exceptions import ClientError

from dlambda.aws.refusals import UPLOAD_ENDED, is_refusal, refusals_as
from dlambda.aws.s3_client import client
from dlambda.deployment import current
from dlambda.errors import NotFound


class Multipart:
    """An object made of numbered parts; it appears when it is complete, and not before."""

    def __init__(self, key: str, content_type: str, *, upload_id: str = "") -> None:
        """Begins an upload, or goes on with that of the id."""
        self.key = key
        self._bucket = current().settings.bucket
        self._tags: dict[int, str] = {}
        if not upload_id:
            answer = client().create_multipart_upload(Bucket=self._bucket, Key=key, ContentType=content_type)
            upload_id = answer["UploadId"]
        self.id = upload_id

    @property
    def parts(self) -> int:
        """How many were sent."""
        return len(self._tags)

    def read_parts(self, part_bytes: int) -> None:
        """Asks which parts were sent; counts those of that size, from the first one on without a gap.

        Raises `NotFound` when the upload has ended.
        """
        pages = client().get_paginator("list_parts").paginate(Bucket=self._bucket, Key=self.key, UploadId=self.id)
        with refusals_as(NotFound("The upload has ended."), UPLOAD_ENDED):
            parts = {part["PartNumber"]: part for page in pages for part in page.get("Parts", ())}
        self._tags.clear()
        while (part := parts.get(self.parts + 1)) and part["Size"] == part_bytes:
            self._tags[self.parts + 1] = part["ETag"]

    def drop_behind(self, number: int) -> None:
        """Leaves out what was sent behind part `number`."""
        self._tags = {part: tag for part, tag in self._tags.items() if part <= number}

    def send(self, number: int, part: bytes) -> None:
        """Uploads a part, numbered from 1; all but the last have at least 5 MB. Parts may be sent at the same time."""
        answer = client().upload_part(Bucket=self._bucket, Key=self.key, UploadId=self.id, PartNumber=number, Body=part)
        self._tags[number] = answer["ETag"]

    def complete(self) -> None:
        parts = [{"PartNumber": number, "ETag": tag} for number, tag in sorted(self._tags.items())]
        client().complete_multipart_upload(
            Bucket=self._bucket,
            Key=self.key,
            UploadId=self.id,
            MultipartUpload={"Parts": parts},  # type: ignore[typeddict-item]
        )

    def abort(self) -> None:
        """Drops what was sent; an upload that has ended stays as it is."""
        try:
            client().abort_multipart_upload(Bucket=self._bucket, Key=self.key, UploadId=self.id)
        except ClientError as error:
            if not is_refusal(error, UPLOAD_ENDED):
                raise
