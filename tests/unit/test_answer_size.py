"""Bounds of answers and messages."""

import json

import pytest

from dlambda.domain.events import event
from dlambda.domain.web.answer_size import MOST_MESSAGE_BYTES, fitting, fitting_message, fitting_values
from tests.store.samples import waiting


def test_a_list_keeps_its_first_entries() -> None:
    assert fitting([b"x" * 8] * 3, 30) == [b"x" * 8] * 3
    assert fitting([b"x" * 8] * 3, 29) == [b"x" * 8] * 2
    assert fitting([], 1) == []
    assert list(fitting_values(["aa", "bb", "cc"], 12)) == ["aa", "bb"]


def test_a_small_message_is_as_it_was() -> None:
    frame = event.item_added(waiting("a")).frame()
    assert json.loads(fitting_message(frame)) == json.loads(json.dumps(frame))


@pytest.mark.parametrize(
    "told",
    [
        event.item_updated(waiting("a", extras={"notes": ["x" * 3000] * 100})),
        event.item_updated(waiting("a", extras={f"k{number}": "x" * 300 for number in range(1000)})),
        event.item_updated(waiting("a", error="é" * 380_000)),
        event.config_update("presets", "update", {"id": 1, "name": "n", "cli": "-o x " * 20_000}, owner=""),
        event.queue_reordered(["i" * 36] * 1000, ["j" * 36] * 1000),
        event.items_removed_for_retry(["i" * 36] * 5000, "error", owner=""),
    ],
    ids=["texts", "keys", "umlauts", "settings", "order", "ids"],
)
def test_a_large_message_is_cut_and_says_so(told: event.Event) -> None:
    frame = told.frame()
    text = fitting_message(frame)
    cut = json.loads(text)
    assert len(text) <= MOST_MESSAGE_BYTES < len(json.dumps(frame))
    assert cut["event"] == told.name
    assert cut["data"]["truncated"] is True
    assert cut["data"]["data"].keys() <= {*told.data}
    for name in ("_id", "status", "id", "count"):
        assert cut["data"]["data"].get(name) == told.data.get(name)
