"""Lists of resources that a process remembers (`store/rules/resources.py`)."""

from typing import Any

import pytest

from dlambda.deployment import current
from dlambda.store.rules import resources
from dlambda.store.rules.resources import Content
from dlambda.store.table import Transaction
from tests.clock import FakeClock
from tests.store.requests import counted
from tests.store.samples import T0

pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    fake = FakeClock(T0)
    monkeypatch.setattr(current(), "clock", fake)
    return fake


def content(name: str, **fields: Any) -> Content:
    whole = {"name": name, **fields}
    return Content(whole, whole, name)


def names(kind: str) -> list[str]:
    return [document.name_key for document in resources.remembered_lists([kind])[kind]]


def test_lists_that_nobody_changed_take_one_request_together() -> None:
    resources.add("presets", content("a"))
    assert (names("presets"), names("dl_fields")) == (["a"], [])
    with counted() as cost:
        lists = resources.remembered_lists(["presets", "dl_fields"])
    assert [len(lists["presets"]), len(lists["dl_fields"])] == [1, 0]
    assert cost.requests == ["BatchGetItem"]


def test_each_change_is_seen_at_once() -> None:
    document = resources.add("presets", content("a"))
    resources.add("presets", content("b"))
    assert names("presets") == ["a", "b"]
    document = resources.replace(document, content("c"))
    assert names("presets") == ["c", "b"]
    document = resources.replace(document, content("c", cli="--x"))
    assert [dict(each.shown) for each in resources.remembered_lists(["presets"])["presets"]] == [
        {"name": "c", "cli": "--x"},
        {"name": "b"},
    ]
    resources.remove(document)
    assert names("presets") == ["b"]


def test_a_change_whose_writer_died_before_it_was_counted_is_seen_later(clock: FakeClock) -> None:
    resources.add("presets", content("a"))
    assert names("presets") == ["a"]
    transaction = Transaction()
    transaction.put(resources._row("presets", 9, 1, content("z"), created_at=0.0, updated_at=0.0))
    transaction.commit()
    assert names("presets") == ["a"]
    clock.sleep(61)
    assert names("presets") == ["a", "z"]
