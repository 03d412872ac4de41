"""Objects made of parts, for what is too large, or not whole yet, to be sent at once."""

from dlambda.aws.s3_client import client
from dlambda.deployment import current


class Multipart:
    """An object made of numbered parts; it appears when it is complete, and not before."""

    def __init__(self, key: str, content_type: str) -> None:
        self._bucket, self._key = current().settings.bucket, key
        answer = client().create_multipart_upload(Bucket=self._bucket, Key=key, ContentType=content_type)
        self._id = answer["UploadId"]
        self._tags: dict[int, str] = {}

    @property
    def parts(self) -> int:
        """How many were sent."""
        return len(self._tags)

    def send(self, number: int, part: bytes) -> None:
        """Uploads a part, numbered from 1; all but the last have at least 5 MB. Parts may be sent at the same time."""
        answer = client().upload_part(
            Bucket=self._bucket, Key=self._key, UploadId=self._id, PartNumber=number, Body=part
        )
        self._tags[number] = answer["ETag"]

    def complete(self) -> None:
        parts = [{"PartNumber": number, "ETag": tag} for number, tag in sorted(self._tags.items())]
        client().complete_multipart_upload(
            Bucket=self._bucket,
            Key=self._key,
            UploadId=self._id,
            MultipartUpload={"Parts": parts},  # type: ignore[typeddict-item]
        )

    def abort(self) -> None:
        client().abort_multipart_upload(Bucket=self._bucket, Key=self._key, UploadId=self._id)
