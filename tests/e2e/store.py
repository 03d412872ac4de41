"""Puts files into a running service's bucket, as somebody does who copies them into its folder.

Through the engine, since it takes a second to see what appears on its disk.
"""

from pathlib import Path

import boto3
from botocore.config import Config

from tests.e2e.processes import processes_of
from tests.e2e.service import MEDIA_ENGINE, Service


class Store:
    """The files of one service; paths are below the download root."""

    def __init__(self, service: Service) -> None:
        key, _, secret = (service.folder / "engines.key").read_text().strip().partition(":")
        # Chunked bodies are for https alone: over http the checksum would be sent as a trailer.
        config = Config(s3={"addressing_style": "path"}, request_checksum_calculation="when_required")
        commands = [process.command for process in processes_of(service.mark, service.folder)]
        address = next(found[1] for found in map(MEDIA_ENGINE.search, commands) if found)
        self._client = boto3.client(
            "s3", endpoint_url=f"http://{address}", aws_access_key_id=key, aws_secret_access_key=secret,
            region_name="us-east-1", config=config,
        )  # fmt: skip

    def put(self, folder: str, *names: str, text: str = "x") -> None:
        for name in names:
            self._client.put_object(Bucket="dlambda", Key=f"files/{folder}/{name}", Body=text.encode())

    def copy(self, path: Path, target: str) -> None:
        self._client.put_object(Bucket="dlambda", Key=f"files/{target}", Body=path.read_bytes())

    def names(self, folder: str) -> list[str]:
        """Everything below a folder, relative to it, sorted."""
        prefix = f"files/{folder}/"
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket="dlambda", Prefix=prefix)
        return sorted(each["Key"].removeprefix(prefix) for page in pages for each in page.get("Contents", ()))
