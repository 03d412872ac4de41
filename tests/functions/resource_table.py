"""The table of resources in a process that talks to moto, and a client for one group's app."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import pytest
from flask import Flask
from flask.testing import FlaskClient
from moto import mock_aws

from dlambda.aws import queue
from dlambda.settings import get_settings
from dlambda.store import sealing, table

_ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "DLAMBDA_SECRET_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "DLAMBDA_TABLE_PREFIX": "dlambda-",
    "DLAMBDA_SOCKET_ENDPOINT": "http://127.0.0.1:1",
}
_TABLES = {
    "dlambda-resources": {"kind": "S", "id": "N"},
    "dlambda-connections": {"room": "S", "id": "S"},
    "dlambda-archive": {"archive": "S", "entry": "S"},
}
_QUEUES = ("notify", "notify-dead")


@contextmanager
def resource_table(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Empty tables and queues; everything that was read from the environment is read anew."""
    for name in [name for name in os.environ if name.startswith(("AWS_ENDPOINT", "YTP_", "DLAMBDA_"))]:
        patch.delenv(name)
    for name, value in _ENVIRONMENT.items():
        patch.setenv(name, value)
    _forget()
    with mock_aws():
        for name, keys in _TABLES.items():
            boto3.client("dynamodb").create_table(
                TableName=name,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": kind} for key, kind in keys.items()],
                KeySchema=[
                    {"AttributeName": key, "KeyType": role} for key, role in zip(keys, ("HASH", "RANGE"), strict=True)
                ],
            )
        for name in _QUEUES:
            boto3.client("sqs").create_queue(QueueName=name)
        yield
    _forget()


def empty_tables() -> None:
    for name, keys in _TABLES.items():
        items = boto3.resource("dynamodb").Table(name)
        for item in items.scan()["Items"]:
            items.delete_item(Key={key: item[key] for key in keys})
    for name in _QUEUES:
        while found := queue.client().receive_message(QueueUrl=queue.queue_url(name)).get("Messages"):
            queue.client().delete_message(QueueUrl=queue.queue_url(name), ReceiptHandle=found[0]["ReceiptHandle"])


def _forget() -> None:
    for cached in (get_settings, table.connection, sealing._cipher, queue.client, queue.queue_url):
        cached.cache_clear()


def client_of(app: Flask) -> FlaskClient:
    return app.test_client()
