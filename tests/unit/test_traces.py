"""Traces inside functions: dlambda/traces.py."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from dlambda import traces
from dlambda.session import new_session

ROOT, PARENT = "1-5759e988-bd862e3fe1be46a994272793", "53995c3f42cd8ad8"


class Daemon:
    """What X-Ray's daemon would hear."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel

    def parts(self) -> list[dict[str, Any]]:
        """The subsegments so far, in the order of their ends."""
        heard: list[dict[str, Any]] = []
        while True:
            try:
                header, _, text = self._channel.recv(65536).partition(b"\n")
            except BlockingIOError:
                return heard
            assert json.loads(header) == {"format": "json", "version": 1}
            heard.append(json.loads(text))


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        channel.bind(("127.0.0.1", 0))
        channel.setblocking(False)
        monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", f"127.0.0.1:{channel.getsockname()[1]}")
        monkeypatch.setenv("_X_AMZN_TRACE_ID", f"Root={ROOT};Parent={PARENT};Sampled=1")
        yield Daemon(channel)


def test_steps_nest_below_the_invocation(daemon: Daemon) -> None:
    with traces.step("DownloadItem", item_id="a"), traces.step("keep files"):
        pass
    inner, outer = daemon.parts()
    assert (inner["name"], inner["parent_id"], inner["trace_id"]) == ("keep files", outer["id"], ROOT)
    assert (outer["name"], outer["parent_id"], outer["annotations"]) == ("DownloadItem", PARENT, {"item_id": "a"})
    assert outer["start_time"] <= inner["start_time"] <= inner["end_time"] <= outer["end_time"]


def test_a_step_that_fails_is_a_fault(daemon: Daemon) -> None:
    with pytest.raises(ValueError, match="why"), traces.step("x"):
        raise ValueError("why")
    [part] = daemon.parts()
    assert part["fault"] is True
    assert part["cause"]["exceptions"][0]["type"] == "ValueError"


def test_requests_of_services_are_parts_of_the_step_around_them(daemon: Daemon) -> None:
    with mock_aws():
        session = boto3.Session("key", "secret", region_name="us-east-1", botocore_session=new_session({}))
        sqs = session.client("sqs")
        with traces.step("x"):
            sqs.create_queue(QueueName="q")
        with pytest.raises(ClientError):
            sqs.get_queue_url(QueueName="none")
    made, step, missing = daemon.parts()
    assert (made["name"], made["namespace"], made["aws"], made["parent_id"]) == (
        "sqs", "aws", {"operation": "CreateQueue"}, step["id"],
    )  # fmt: skip
    assert (made["error"], missing["error"], missing["http"]["response"]["status"]) == (False, True, 400)


@pytest.mark.parametrize("trace", ["", f"Root={ROOT};Parent={PARENT};Sampled=0", "Sampled=1", "nonsense"])
def test_nothing_is_sent_of_what_is_not_sampled(daemon: Daemon, monkeypatch: pytest.MonkeyPatch, trace: str) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", trace)
    with traces.step("x"):
        pass
    assert daemon.parts() == []
