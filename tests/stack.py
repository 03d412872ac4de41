"""What the functions stand on, for tests in this process: the real engines on free ports, or moto.

Both get their tables and queues from `template.yaml`, and both are a deployment of their own.
"""

import json
import shutil
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config as BotoConfig

from dlambda.deployment import Deployment, current, serve
from dlambda.store.items import catalogue, journal, leases, record_numbers, slot_choice
from dlambda.store.rules import resources
from dlambda.usecases.accounts.login_need import last_answer
from dlambda.usecases.operations import check_updates
from local import engines, media_engine, provision, template
from local.config import Config, Endpoints, child_environ, credentials, read_config
from local.processes import Child, end
from tests.free_port import answers, free_port
from tests.touched import touched

_START_SECONDS = 120
_INHERITED = ("PATH", "HOME", "DLAMBDA_TOOLS_DIR")
_BATCH = 25
_MOST_DELETED = 1000


@lru_cache(maxsize=1)
def plan() -> template.Map:
    """What `template.yaml` says."""
    return template.read()


def names() -> list[str]:
    """Of all tables and queues."""
    nouns = [*(table.name for table in plan().tables), *(queue.name for queue in plan().queues)]
    return [f"{template.STACK}-{noun}" for noun in nouns]


@contextmanager
def new_deployment(**parts: Any) -> Iterator[Deployment]:
    """This process serves a deployment of its own, read from the environment; closed at the end.

    `parts`: its clock and randomness, as the class takes them.
    """
    deployment = Deployment(**parts)
    with _serving(deployment):
        try:
            yield deployment
        finally:
            deployment.close()


@contextmanager
def _serving(deployment: Deployment) -> Iterator[None]:
    before = serve(deployment)
    forget_settings()
    try:
        yield
    finally:
        serve(before)
        if before:
            forget_settings()


def forget_settings() -> None:
    """The deployment reads its settings anew when it is asked for them."""
    for name in ("settings", "hosting"):
        vars(current()).pop(name, None)


def forget(value: Callable[[], object]) -> None:
    """The deployment makes this value anew when it is asked for."""
    current()._values.pop(value.__wrapped__, None)  # type: ignore[attr-defined]  # of functools.wraps


@contextmanager
def environment(values: Mapping[str, str], deployment: Deployment | None = None) -> Iterator[None]:
    """The process sees `values` and no other setting of the service. It serves `deployment`, or one of its own."""
    import os

    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("AWS_", "YTP_", "DLAMBDA_"))]:
            patch.delenv(name)
        for name, value in values.items():
            patch.setenv(name, value)
        with _serving(deployment) if deployment else new_deployment():
            yield


class Stack:
    """Running engines below `folder`, with the tables, queues and the bucket of the template."""

    def __init__(self, folder: Path, socket_endpoint: str) -> None:
        import os

        given = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        settings = {"DATA_DIR": str(folder), "YTP_ALLOW_INTERNAL_URLS": "true", "YTP_YTDLP_AUTO_UPDATE": "false"}
        self.config: Config = read_config(given | settings, folder)
        self.sockets, self._media_port = engines.make_sockets(self.config), free_port()
        self._children = [
            media_engine.media(self.config, self._media_port, credentials(folder)),
            engines.tables(self.config, self.sockets),
            engines.queues(self.config, self.sockets, plan().queues),
        ]
        self.tables_endpoint, self.queues_endpoint = self.sockets.tables_path, self.sockets.queues_path
        endpoints = Endpoints(
            tables_socket=self.sockets.tables_path,
            queues_socket=self.sockets.queues_path,
            media=f"http://127.0.0.1:{self._media_port}",
            sockets=socket_endpoint,
            nudge_socket=self.sockets.nudge_path,
            gaps=str(self.sockets.gaps),
        )
        self.environ = {
            name: value
            for name, value in child_environ(self.config, endpoints, 0).items()
            if name.startswith(("AWS_", "YTP_", "DLAMBDA_"))
            and name not in {"DLAMBDA_LOG_DIR", "DLAMBDA_LIBRARY_FILES", "YTP_PORT"}
        }
        self.bucket_dir = self.config.media_dir / template.STACK
        self.deployment = Deployment()

    def start(self) -> None:
        self.bucket_dir.mkdir(parents=True, exist_ok=True)
        for child in self._children:
            _start(child)
        deadline = time.monotonic() + _START_SECONDS
        for child in self._children:
            self._await(child, deadline)
        provision.make_tables(provision.own_tables(self.tables_endpoint), plan().tables)
        touched.watch(names())

    @contextmanager
    def without(self, name: str) -> Iterator[None]:
        """One engine (`media`, `tables`, `queues`) is stopped for the block; it keeps what it had, but for messages."""
        (child,) = [child for child in self._children if child.name == name]
        end([child], 1.0)
        try:
            yield
        finally:
            _start(child)
            self._await(child, time.monotonic() + _START_SECONDS)

    def _await(self, child: Child, deadline: float) -> None:
        while not self._answers(child):
            assert time.monotonic() < deadline, child.last_lines()
            time.sleep(0.01)

    def _answers(self, child: Child) -> bool:
        if child.name == "media":
            return answers(self._media_port)
        return engines.serves(str(self.sockets.folder / child.name))

    def stop(self) -> None:
        with environment(self.environ, self.deployment):
            self.deployment.close()
        end(self._children, 1.0)
        self.sockets.close()

    def empty(self, *, whatever_was_touched: bool = False) -> None:
        """No rows, no messages, no objects. `whatever_was_touched`: also those that another process wrote."""
        forget(last_answer)
        leases._to_be_ended().take(least=0)  # tests use ids again, and numbers
        forget(record_numbers._supply)
        forget(journal._expectation)
        forget(catalogue._memory)
        forget(resources._memory)
        forget(check_updates._latest_known)
        forget(slot_choice._free)
        written = touched.take()
        for table in plan().tables:
            name = f"{template.STACK}-{table.name}"
            if whatever_was_touched or name in written:
                self._empty_table(name, [key["AttributeName"] for key in table.definition["KeySchema"]])
        for queue in plan().queues:
            if whatever_was_touched or f"{template.STACK}-{queue.name}" in written:
                self._ask_queue("PurgeQueue", queue.name, {})
        self._empty_bucket()

    def _empty_bucket(self) -> None:
        """Deletes the objects through the engine, then what is no object from its folder.

        The engine remembers what lies in a folder for a second: a file that disappeared behind its back is still listed.
        """
        paths = [path for path in self.bucket_dir.rglob("*") if path.is_file() and not path.is_symlink()]
        objects = [{"Key": str(path.relative_to(self.bucket_dir))} for path in paths]
        for start in range(0, len(objects), _MOST_DELETED):
            batch = {"Objects": objects[start : start + _MOST_DELETED], "Quiet": True}
            self._media_client.delete_objects(Bucket=template.STACK, Delete=batch)
        # The folder itself stays: the media engine may write into this one alone.
        for path in self.bucket_dir.iterdir():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()

    @cached_property
    def _media_client(self) -> Any:
        pair = credentials(self.config.data_dir)
        return boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{self._media_port}",
            region_name="us-east-1",
            aws_access_key_id=pair.key,
            aws_secret_access_key=pair.secret,
            config=BotoConfig(s3={"addressing_style": "path"}),
        )

    def rows(self, noun: str) -> list[dict[str, Any]]:
        """All rows of a table, as DynamoDB writes them."""
        found: list[dict[str, Any]] = []
        body: dict[str, Any] = {"TableName": f"{template.STACK}-{noun}"}
        while True:
            answer = self._ask_tables("Scan", body)
            found += answer["Items"]
            if not answer.get("LastEvaluatedKey"):
                return found
            body["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _empty_table(self, name: str, keys: list[str]) -> None:
        noun = name.removeprefix(f"{template.STACK}-")
        gone = [{"DeleteRequest": {"Key": {key: row[key] for key in keys}}} for row in self.rows(noun)]
        for start in range(0, len(gone), _BATCH):
            self._ask_tables("BatchWriteItem", {"RequestItems": {name: gone[start : start + _BATCH]}})

    def messages(self, queue: str) -> list[dict[str, Any]]:
        """Takes what waits in a queue: the bodies, oldest first."""
        found: list[dict[str, Any]] = []
        while batch := self._ask_queue("ReceiveMessage", queue, {"MaxNumberOfMessages": 10}).get("Messages"):
            for message in batch:
                found.append(json.loads(message["Body"]))
                self._ask_queue("DeleteMessage", queue, {"ReceiptHandle": message["ReceiptHandle"]})
        return found

    def _ask_tables(self, action: str, body: Mapping[str, Any]) -> dict[str, Any]:
        touched.note(action, json.dumps(body))
        return provision.call_engine(self.tables_endpoint, f"DynamoDB_20120810.{action}", body)

    def _ask_queue(self, action: str, queue: str, body: Mapping[str, Any]) -> dict[str, Any]:
        url = f"http://localhost/000000000000/{template.STACK}-{queue}"
        return provision.call_engine(self.queues_endpoint, f"AmazonSQS.{action}", {"QueueUrl": url, **body})


def _start(child: Child) -> None:
    with warnings.catch_warnings():
        # Newer Pythons warn of a fork beside threads; what runs between fork and exec is two system calls.
        warnings.simplefilter("ignore", DeprecationWarning)
        child.start()


MOTO_ENVIRON = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "DLAMBDA_TABLE_PREFIX": f"{template.STACK}-",
    "DLAMBDA_SECRET_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
}


@contextmanager
def moto_tables() -> Iterator[None]:
    """Tables in this process. For one thread alone: moto loses parallel updates."""
    from moto import mock_aws

    with environment(MOTO_ENVIRON), mock_aws():
        make_moto_tables()
        yield


def make_moto_tables() -> None:
    """All tables, empty: those that were written to are made anew."""
    client = boto3.client("dynamodb", config=BotoConfig(parameter_validation=False))
    touched.watch(names())
    written, there = touched.take(), set(client.list_tables()["TableNames"])
    for table in plan().tables:
        name = f"{template.STACK}-{table.name}"
        if name in written & there:
            client.delete_table(TableName=name)
        if name in written or name not in there:
            client.create_table(TableName=name, **table.definition)


def port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port
    return port
