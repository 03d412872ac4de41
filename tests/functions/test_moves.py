"""Moves that go on after a crash, by the plan that was stored. docs/contract/files.md 5."""

import time
import uuid

import pytest

from dlambda.aws import bucket
from dlambda.errors import NotFound
from dlambda.usecases.files.copy_by_plan import copy_by_plan, take_back
from dlambda.usecases.files.plan_move import Plan, Transfer

pytestmark = pytest.mark.usefixtures("stack", "permitted")


@pytest.fixture
def plan() -> Plan:
    """Of a folder with three files, in a place of its own."""
    source, target = f"{uuid.uuid4()}/from", f"{uuid.uuid4()}/to"
    return Plan(source, target, tuple(Transfer(f"{source}/{name}", f"{target}/{name}") for name in "abc"))


def put(folder: str, **files: str) -> None:
    for name, text in files.items():
        bucket.put_bytes(f"files/{folder}/{name}", text.encode())


def texts(folder: str) -> dict[str, str]:
    prefix = f"files/{folder}/"
    return {each.key.removeprefix(prefix): bucket.get_bytes(each.key).decode() for each in bucket.list_(prefix)}


def nothing() -> None:
    """After a batch."""


def test_what_is_copied_is_not_copied_again_unless_its_source_is_newer(plan):
    put(plan.target, b="B")
    time.sleep(1.1)  # what some stores tell times apart by
    put(plan.source, a="1", b="2", c="3")
    time.sleep(1.1)
    put(plan.target, a="A", c="torn")
    copied = copy_by_plan(plan, nothing)
    assert texts(plan.target) == {"a": "A", "b": "2", "c": "3"}
    assert {path: each.size_bytes for path, each in copied.items()} == {f"{plan.target}/{name}": 1 for name in "abc"}


def test_what_lost_its_source_is_copied_already(plan):
    put(plan.source, c="3")
    put(plan.target, a="1", b="2")
    copy_by_plan(plan, nothing)
    assert texts(plan.target) == {"a": "1", "b": "2", "c": "3"}


def test_what_is_at_neither_place_fails_the_move(plan):
    put(plan.source, a="1", c="3")
    with pytest.raises(NotFound, match=f"path '{plan.source}/b' does not exist"):
        copy_by_plan(plan, nothing)


def test_only_copies_of_what_is_still_there_are_taken_back(plan):
    put(plan.source, a="1")
    put(plan.target, a="1", b="2")
    take_back(plan)
    assert texts(plan.target) == {"b": "2"}


def test_a_file_and_its_sidecars_are_no_folder(plan):
    put(plan.source, a="film", b="text", c="other")
    pair = Plan(f"{plan.source}/a", f"{plan.target}/a", plan.transfers[:2])
    assert (pair.is_folder, plan.is_folder) == (False, True)
    copy_by_plan(pair, nothing)
    assert texts(plan.target) == {"a": "film", "b": "text"}
