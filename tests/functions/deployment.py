"""All that the template names (tables, queues, the bucket), empty, in a process that talks to moto."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from moto import mock_aws

from dlambda.aws import queue
from local import template
from tests.functions.permissions import watched
from tests.stack import new_deployment

_ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "DLAMBDA_SECRET_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "DLAMBDA_TABLE_PREFIX": "dlambda-",
    "DLAMBDA_QUEUE_PREFIX": "dlambda-",
    "DLAMBDA_SOCKET_ENDPOINT": "http://127.0.0.1:1",
}


@contextmanager
def deployment(patch: pytest.MonkeyPatch, **settings: str) -> Iterator[None]:
    """A deployment of its own, whose settings are read from the environment."""
    for name in [name for name in os.environ if name.startswith(("AWS_ENDPOINT", "YTP_", "DLAMBDA_"))]:
        patch.delenv(name)
    for name, value in (_ENVIRONMENT | settings).items():
        patch.setenv(name, value)
    with new_deployment(), mock_aws():
        everything = template.read()
        for each in everything.tables:
            boto3.client("dynamodb").create_table(TableName=f"dlambda-{each.name}", **each.definition)
        for each in everything.queues:
            boto3.client("sqs").create_queue(QueueName=f"dlambda-{each.name}")
        location: Any = {"LocationConstraint": "eu-west-1"}
        boto3.client("s3").create_bucket(Bucket="dlambda", CreateBucketConfiguration=location)
        with watched() as found:
            yield
        assert found == set(), "the template's policies do not allow it"


def messages(name: str) -> list[dict[str, Any]]:
    """Takes all messages that a queue holds now."""
    found: list[dict[str, Any]] = []
    while True:
        answer = queue.client().receive_message(QueueUrl=queue.queue_url(name), MaxNumberOfMessages=10)
        batch = answer.get("Messages", [])
        if not batch:
            return found
        for message in batch:
            found.append(json.loads(message["Body"]))
            queue.client().delete_message(QueueUrl=queue.queue_url(name), ReceiptHandle=message["ReceiptHandle"])
