"""Nodes of a deployment: roles, names, addresses, signatures between them, and which of them went silent."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dlambda.deployment import current
from dlambda.domain.system.node import BEAT_SECONDS, SILENT_SECONDS, Node, Watch
from dlambda.domain.web.answer_size import MOST_MESSAGE_BYTES
from dlambda.domain.web.connection_id import connection_id, process_of, push_address
from dlambda.domain.web.node_signature import HEADER, is_signed, sign
from dlambda.environment import read_settings
from dlambda.node_roles import read_roles
from local.config import Endpoints, child_environ, read_config
from local.gateway.process import _of_nodes
from local.node import name_of, open_node_port
from local.start_error import StartError
from tests.stack import environment

SHARED = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
SECRET = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
NOW = 1_800_000_000.0
PUSH = ("POST", "/%40connections/a", b"{}")


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("all", ("gateway", "worker", "scheduler")),
        ("Worker", ("worker",)),
        ("scheduler, gateway", ("gateway", "scheduler")),
    ],
)
def test_roles_are_read(text: str, roles: tuple[str, ...]) -> None:
    assert read_roles(text) == roles


@pytest.mark.parametrize("text", ["", "all worker", "server"])
def test_other_roles_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="gateway, worker, scheduler"):
        read_roles(text)


def test_a_role_is_for_nodes_that_share_services(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="AWS_ENDPOINT_URL_DYNAMODB"):
        read_config({"DLAMBDA_ROLE": "worker", "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1"}, tmp_path)
    assert read_config({"DLAMBDA_ROLE": "worker", **SHARED}, tmp_path).settings.roles == ("worker",)


def test_names() -> None:
    assert name_of(read_settings({"DLAMBDA_NODE": "kitchen-1"}), "ab12") == "kitchen-1"
    assert name_of(read_settings({}), "ab12").endswith("-ab12")
    with pytest.raises(ValueError, match="DLAMBDA_NODE"):
        read_settings({"DLAMBDA_NODE": "a/b"})


@pytest.mark.parametrize(
    ("variables", "durable", "folder"),
    [
        ({}, "true", "data/work"),
        ({"DLAMBDA_WORK_DURABLE": "false"}, "false", "data/work"),
        (SHARED, "false", "data/work"),
        ({**SHARED, "DLAMBDA_WORK_DURABLE": "true", "DLAMBDA_WORK_DIR": "/mnt/scratch"}, "true", "/mnt/scratch"),
    ],
)
def test_nodes_have_scratch_folders_of_their_own_unless_told(
    tmp_path: Path, variables: Mapping[str, str], durable: str, folder: str
) -> None:
    environ = child_environ(read_config(variables, tmp_path), Endpoints("", "", "", "", "", ""), 80)
    assert (environ["DLAMBDA_WORK_DURABLE"], environ["DLAMBDA_WORK_DIR"]) == (durable, str(tmp_path / folder))


def test_a_node_stays_the_same_in_its_data_folder(tmp_path: Path) -> None:
    first, second = (read_config({**SHARED, "DATA_DIR": str(tmp_path / "a")}, tmp_path) for _ in range(2))
    other = read_config({**SHARED, "DATA_DIR": str(tmp_path / "b")}, tmp_path)
    assert (first.node, first.node_identity) == (second.node, second.node_identity)
    assert other.node != first.node


def test_a_door_is_opened_where_services_are_reached() -> None:
    node_port = open_node_port("", "http://127.0.0.1:9")
    assert node_port.url == f"http://127.0.0.1:{node_port.listener.getsockname()[1]}"
    with pytest.raises(StartError, match="DLAMBDA_NODE_URL"):
        open_node_port(node_port.url, "")
    node_port.listener.close()


@pytest.mark.parametrize("url", ["10.0.0.5:8090", "ftp://10.0.0.5", "http://10.0.0.5:8090/x", "http://:8090"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(StartError, match="DLAMBDA_NODE_URL"):
        open_node_port(url, "")


@pytest.mark.parametrize("url", ["", "http://10.0.0.5:8090"])
@pytest.mark.parametrize("process", [0, 1, 12])
def test_an_id_names_the_node_and_the_process(url: str, process: int) -> None:
    name = connection_id("a-b_c", url, process)
    assert (push_address(name), process_of(name)) == (url, process)


def test_an_id_of_a_cloud_names_no_process() -> None:
    assert process_of("L0SM9cOFvHcCIhw=") == 0


@pytest.mark.parametrize(
    ("secret", "request_parts", "now", "expected"),
    [
        (SECRET, PUSH, NOW, True),
        (SECRET, PUSH, NOW + 120, True),
        (SECRET, PUSH, NOW - 120, True),
        (SECRET, PUSH, NOW + 301, False),
        ("other", PUSH, NOW, False),
        (SECRET, ("DELETE", *PUSH[1:]), NOW, False),
        (SECRET, ("POST", "/%40connections/b", b"{}"), NOW, False),
        (SECRET, (*PUSH[:2], b"{} "), NOW, False),
    ],
)
def test_a_signature_covers_all(secret: str, request_parts: tuple[str, str, bytes], now: float, expected: bool) -> None:
    assert is_signed(secret, sign(SECRET, *PUSH, NOW), *request_parts, now) is expected


@pytest.mark.parametrize("value", ["", ".", "x.y", "1" * 40 + ".x", f"{int(NOW)}", f"{int(NOW)}.é"])
def test_what_is_no_signature_is_none(value: str) -> None:
    assert not is_signed(SECRET, value, *PUSH, NOW)


async def _status(headers: list[tuple[bytes, bytes]], *, body: bytes = PUSH[2]) -> int:
    """What the port answers a push with these headers; 200 is what is behind it."""
    sent: list[Any] = []

    async def behind(_scope: Any, receive: Any, send: Any) -> None:
        assert (await receive())["body"] == body
        await send({"type": "http.response.start", "status": 200})

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": PUSH[0], "raw_path": PUSH[1].encode(), "headers": headers}
    await _of_nodes(behind)(scope, receive, send)
    return int(sent[0]["status"])


def test_only_nodes_of_this_deployment_come_in() -> None:
    with environment({"DLAMBDA_SECRET_KEY": SECRET}):
        signature = sign(SECRET, *PUSH, current().clock.time()).encode()
        name = HEADER.lower().encode()
        assert asyncio.run(_status([(name, signature)])) == 200
        assert asyncio.run(_status([])) == 403
        assert asyncio.run(_status([(name, signature)], body=b"other")) == 403
        assert asyncio.run(_status([(name, signature)], body=b"x" * (MOST_MESSAGE_BYTES + 1))) == 413


def _node(name: str, seen_at: float) -> Node:
    return Node(name, ("worker",), "", "id", "v1", 0.0, seen_at)


def test_a_node_is_silent_when_its_row_stays_the_same() -> None:
    watch = Watch()
    looks = [number * BEAT_SECONDS for number in range(6)]
    silent = [watch.find_silent([_node("lives", at), _node("dead", 0.0)], at) for at in looks]
    assert [[node.name for node in nodes] for nodes in silent] == [[], [], [], [], [], ["dead"]]


def test_who_could_not_look_knows_nothing() -> None:
    watch = Watch()
    nodes = [_node("kept from the tables as well", 0.0)]
    assert not watch.find_silent(nodes, 0.0)
    assert not watch.find_silent(nodes, 10 * SILENT_SECONDS)
    assert not watch.find_silent(nodes, 10 * SILENT_SECONDS + BEAT_SECONDS)


def test_a_clock_that_is_far_ahead_is_named_once() -> None:
    watch = Watch()
    named = []
    for look in range(5):
        at = look * BEAT_SECONDS
        rows = [_node("right", 1000.0 + at), _node("ahead", 1060.0 + at), _node("silent", 700.0)]
        named.append(watch.find_clocks_apart(rows, 1001.0 + at, at))
        watch.find_silent(rows, at)
    assert named == [{}, {"ahead": 59.0}, {}, {}, {}]
    rows = [_node("ahead", 1025.0)]
    assert watch.find_clocks_apart(rows, 1026.0, 25.0) == {}
    watch.find_silent(rows, 25.0)
    assert watch.find_clocks_apart([_node("ahead", 1000.0)], 1031.0, 30.0) == {"ahead": -31.0}


def test_who_could_not_look_compares_no_clocks() -> None:
    watch = Watch()
    watch.find_silent([_node("other", 1000.0)], 0.0)
    assert watch.find_clocks_apart([_node("other", 1100.0)], 1400.0, 400.0) == {}
