"""Addresses of the bucket, signed by Amazon's own library with the keys of a service's data folder."""

from typing import Any

import boto3
from botocore.config import Config

from local.config import credentials
from tests.e2e.service import Service

_SECONDS = 6 * 3600


def signed_path(service: Service, key: str, **options: str) -> str:
    """Path and query of an object's address. `options`: of `get_object`, such as `ResponseContentType`."""
    keys = credentials(service.folder)
    style = Config(signature_version="s3v4", s3={"addressing_style": "path"})
    client: Any = boto3.client(
        "s3", endpoint_url=service.base, region_name="us-east-1", config=style,
        aws_access_key_id=keys.key, aws_secret_access_key=keys.secret,
    )  # fmt: skip
    names = {"Bucket": "dlambda", "Key": key, **options}
    url: str = client.generate_presigned_url("get_object", Params=names, ExpiresIn=_SECONDS)
    return url.removeprefix(service.base)


def signed_file(service: Service, path: str, **options: str) -> str:
    """The same of a file below the download root."""
    return signed_path(service, f"files/{path}", **options)
