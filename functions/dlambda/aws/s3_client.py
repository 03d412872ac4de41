"""The client of the bucket's S3: one for each process."""

from typing import TYPE_CHECKING

from dlambda.aws.links import refuse_links
from dlambda.deployment import current, per_deployment

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@per_deployment
def client() -> "S3Client":
    import boto3  # a tenth of a function's start, and most requests ask for no object
    from botocore.config import Config

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


def endpoint() -> str:
    """The address of the bucket's service; on one machine without making a client, which takes a tenth of a second."""
    return current().settings.media_engine or client().meta.endpoint_url
