"""Items that start past the limits and that change places. docs/contract/downloads.md 4.13."""

from collections.abc import Callable
from typing import Any

import pytest

from dlambda.domain.items.item import Item, Status
from dlambda.store.items import items, leases, slots
from dlambda.usecases.items import reorder_queue
from dlambda.usecases.items.dispatch import dispatch
from dlambda.usecases.items.download_item import download_item
from tests.functions.calls import Client, Heard, error
from tests.stack import Stack
from tests.store import records
from tests.store.requests import counted
from tests.store.samples import T0, done, item, waiting

IDS = "ids is required and must be an array."
BAD_IDS: list[Any] = [None, {}, {"ids": None}, {"ids": "a"}, {"ids": []}, {"ids": [1]}, {"ids": {"a": 1}}, [], "a", 5]


@pytest.fixture
def queue(history: Client) -> Callable[[], list[str]]:
    """The ids of the queue as a page shows them, first to last."""
    return lambda: [view["_id"] for view in history.get("/api/history", type="queue", order="ASC")[1]["items"]]


def running(name: str) -> Item:
    [record] = records.add([waiting(name)])
    return records.save(record, record.evolve(status=Status.DOWNLOADING))


@pytest.mark.parametrize("path", ["force-starts", "nobody", "positions", "add", "live", "%00", "x" * 3000])
@pytest.mark.parametrize("body", [None, {}, {"ids": ["a"]}, {"title": "x"}, [], "text", 5])
def test_an_unknown_word_is_not_found_and_edits_nothing(history: Client, path: str, body: object) -> None:
    records.add([done("a")])
    assert error(history.post(f"/api/history/{path}", body)) == (404, "item not found.")
    assert items.get("a").title == "a"


@pytest.mark.parametrize("verb", ["force-start", "position"])
@pytest.mark.parametrize("body", BAD_IDS)
def test_ids_must_be_an_array_of_texts(history: Client, verb: str, body: object) -> None:
    fields = {"position": "front"} | body if isinstance(body, dict) else body
    assert error(history.post(f"/api/history/{verb}", fields)) == (400, IDS)


class TestForceStart:
    @pytest.fixture(autouse=True)
    def _one_slot(self, configure: Callable[..., None]) -> None:
        configure(max_workers=1, max_workers_per_extractor=1)

    def begin(self, stack: Stack) -> list[str]:
        """Gives those that were woken to a worker that does not begin; answers those that took what they need."""
        began = []
        for message in stack.messages("download"):
            record = items.get(message["id"])
            records.save(record, record.evolve(status=Status.PREPARING))
            began.append(record.id)
        return began

    def test_it_starts_past_the_slots_and_takes_none(self, history: Client, stack: Stack, listening: Heard) -> None:
        running("r")
        records.add([waiting("a"), waiting("b", auto_start=False), waiting("c", "other")])
        assert history.post("/api/history/force-start", {"ids": ["b", "c"]}) == (200, {"b": "started", "c": "started"})
        assert self.begin(stack) == ["b", "c"]
        assert slots.read().taken == 1
        assert [event["data"]["force_start"] for event in listening.of("item_updated")] == [True, True]
        ended = records.save(items.get("b"), items.get("b").ended(Status.FINISHED, T0))
        assert not ended.force_start
        assert slots.read().taken == 1
        assert slots.read().waiting["site"] == 1

    def test_a_lost_message_is_sent_again(self, history: Client, stack: Stack) -> None:
        running("r")
        records.add([waiting("a"), waiting("b")])
        history.post("/api/history/force-start", {"ids": ["b"]})
        stack.messages("download")
        assert dispatch() == 1
        assert self.begin(stack) == ["b"]

    def test_a_pause_is_respected_unless_it_is_to_be_ignored(
        self, history: Client, system: Client, stack: Stack
    ) -> None:
        records.add([waiting("a"), waiting("b")])
        system.post("/api/system/pause")
        assert history.post("/api/history/force-start", {"ids": ["a"]})[1] == {"a": "started"}
        assert dispatch() == 0
        with pytest.raises(slots.NoSlot):
            records.save(items.get("a"), items.get("a").evolve(status=Status.PREPARING))
        assert history.post("/api/history/force-start", {"ids": ["b"], "ignore_pause": True})[1] == {"b": "started"}
        assert self.begin(stack) == ["b"]
        system.post("/api/system/resume")
        assert self.begin(stack) == ["a"]

    def test_one_that_waits_for_its_next_try_is_tried_now(self, history: Client, stack: Stack) -> None:
        failed: dict[str, Any] = {
            "status": Status.PENDING,
            "error": "e",
            "failure": {"kind": "transient"},
            "attempts": 1,
        }
        records.add([waiting("a", retry_at=T0 * 2, **failed), item("b", retry_at=T0 * 2, **failed)])
        history.post("/api/history/force-start", {"ids": ["a", "b"]})
        assert (stack.messages("download"), stack.messages("intake")) == ([{"id": "a"}], [{"id": "b"}])
        assert [(record.attempt.retry_at, record.error) for record in items.find_many("ab")] == [
            (0.0, None),
            (0.0, None),
        ]

    def test_one_that_is_held_afterwards_is_forced_no_longer(self, history: Client) -> None:
        records.add([waiting("a")])
        slots.pause(T0)
        history.post("/api/history/force-start", {"ids": ["a"], "ignore_pause": True})
        assert history.post("/api/history/pause", {"ids": ["a"]})[1] == {"a": "paused"}
        assert not items.get("a").force_start
        assert slots.read().waiting == {}

    def test_those_that_cannot_start(self, history: Client, listening: Heard) -> None:
        running("r")
        records.add([done("d")])
        answer = history.post("/api/history/force-start", {"ids": ["r", "d", "nobody", "\0"]})
        assert answer[0] == 200
        assert (answer[1]["r"], answer[1]["status"]) == ("already started", "error")
        assert all(answer[1][name].startswith("not found: ") for name in ("d", "nobody", "\0"))
        assert listening.names == []

    @pytest.mark.parametrize("value", ["true", 1, 0, [], {}])
    def test_the_switch_is_true_or_false(self, history: Client, value: object) -> None:
        answer = history.post("/api/history/force-start", {"ids": ["a"], "ignore_pause": value})
        assert error(answer) == (400, "ignore_pause must be true or false.")

    def test_a_worker_takes_it_without_a_slot(self, history: Client, stack: Stack) -> None:
        """By the way of a real message, to the end that a page without formats has."""
        running("r")
        records.add([waiting("a", url="https://9.9.9.9.invalid/x")])
        history.post("/api/history/force-start", {"ids": ["a"]})
        [message] = stack.messages("download")
        download_item(message["id"], seconds_left=lambda: 900.0)
        assert items.get("a").status is not Status.PENDING or items.get("a").attempt.failed_before == 1


class TestPosition:
    @pytest.fixture(autouse=True)
    def _four(self, stack: Stack) -> None:
        records.add([waiting(name) for name in "abcd"])

    @pytest.mark.parametrize(
        ("body", "word", "order"),
        [
            ({"ids": ["c"], "position": "front"}, "moved_front", "cabd"),
            ({"ids": ["d", "b"], "position": "front"}, "moved_front", "bdac"),
            ({"ids": ["a"], "position": "front"}, "moved_front", "abcd"),
            ({"ids": ["b"], "position": "back"}, "moved_back", "acdb"),
            ({"ids": ["c", "a"], "position": "back"}, "moved_back", "bdac"),
            ({"ids": ["d", "c", "b", "a"], "position": "back"}, "moved_back", "abcd"),
            ({"ids": ["d"], "before": "b"}, "moved_before", "adbc"),
            ({"ids": ["a"], "before": "d"}, "moved_before", "bcad"),
            ({"ids": ["c", "d"], "before": "a"}, "moved_before", "cdab"),
            ({"ids": ["a"], "before": "b"}, "moved_before", "abcd"),
        ],
    )
    def test_where_items_go(
        self,
        history: Client,
        queue: Callable[[], list[str]],
        listening: Heard,
        body: dict[str, Any],
        word: str,
        order: str,
    ) -> None:
        answer = history.post("/api/history/position", body)
        assert answer == (200, dict.fromkeys(body["ids"], word))
        assert "".join(queue()) == order
        assert [items_id for _, items_id in items.list_waiting("site", 9)] == list(order)
        assert list(history.get("/api/history/live")[1]["queue"]) == list(order)
        assert listening.names[-1] == "queue_reordered"
        [event] = listening.of("queue_reordered")
        assert (event["data"], event["order"]) == (
            {"ids": sorted(body["ids"]), "order": list(order)}, list(order),
        )  # fmt: skip
        told = {view["data"]["_id"]: view["data"]["queue_position"] for view in listening.of("item_updated")}
        positions = [items.get(name).view["queue_position"] for name in order]
        assert positions == sorted(positions)
        assert told.items() >= {name: items.get(name).seq for name in body["ids"]}.items()

    @pytest.mark.parametrize("position", ["front", "back"])
    def test_again_and_again(self, history: Client, queue: Callable[[], list[str]], position: str) -> None:
        for number in range(12):
            history.post("/api/history/position", {"ids": ["abcd"[number % 4]], "position": position})
        assert "".join(queue()) == ("dcba" if position == "front" else "abcd")
        records.add([waiting("e")])
        assert queue()[-1] == "e"

    def test_the_first_gets_the_next_slot(self, history: Client, stack: Stack, configure: Callable[..., None]) -> None:
        configure(max_workers=1)
        history.post("/api/history/position", {"ids": ["d"], "position": "front"})
        dispatch()
        assert stack.messages("download") == [{"id": "d"}]

    def test_what_waits_for_other_things_is_moved_as_well(
        self, history: Client, queue: Callable[[], list[str]]
    ) -> None:
        records.add([item("new"), waiting("held", auto_start=False), item("later", retry_at=T0 * 2)])
        body = {"ids": ["later", "new", "held"], "position": "front"}
        assert set(history.post("/api/history/position", body)[1].values()) == {"moved_front"}
        assert queue() == ["new", "held", "later", "a", "b", "c", "d"]

    def test_a_running_one_keeps_its_place_and_those_that_are_gone_are_told(
        self, history: Client, queue: Callable[[], list[str]], listening: Heard
    ) -> None:
        running("r")
        records.add([done("x")])
        listening_before = len(listening.names)
        answer = history.post("/api/history/position", {"ids": ["r", "x", "nobody"], "position": "front"})
        assert answer[0] == 200
        assert (answer[1]["r"], answer[1]["status"]) == ("already started", "error")
        assert answer[1]["x"].startswith("not found: ")
        assert answer[1]["nobody"].startswith("not found: ")
        assert (queue()[-1], len(listening.names)) == ("r", listening_before)

    @pytest.mark.parametrize(
        ("fields", "text"),
        [
            ({}, "position must be 'front' or 'back'."),
            ({"position": "middle"}, "position must be 'front' or 'back'."),
            ({"position": ["front"]}, "position must be 'front' or 'back'."),
            ({"position": 1}, "position must be 'front' or 'back'."),
            ({"position": "front", "before": "b"}, "either 'position' or 'before', not both."),
            ({"before": 5}, "before must be the id of an item that waits in the queue."),
            ({"before": ""}, "before must be the id of an item that waits in the queue."),
            ({"before": "nobody"}, "before must be the id of an item that waits in the queue."),
            ({"before": "\0"}, "before must be the id of an item that waits in the queue."),
            ({"before": "a"}, "before must not be one of ids."),
            ({"position": "front", "ids": ["a"] * 1001}, "ids must have at most 1000 items."),
        ],
    )
    def test_bad_places(
        self, history: Client, queue: Callable[[], list[str]], fields: dict[str, Any], text: str
    ) -> None:
        assert error(history.post("/api/history/position", {"ids": ["a"]} | fields)) == (400, text)
        assert "".join(queue()) == "abcd"

    def test_a_target_that_runs(self, history: Client) -> None:
        running("r")
        answer = history.post("/api/history/position", {"ids": ["a"], "before": "r"})
        assert error(answer) == (400, "before must be the id of an item that waits in the queue.")

    def test_a_move_into_the_middle_moves_the_shorter_side(
        self, history: Client, queue: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reorder_queue, "MOST_MOVED", 2)
        records.add([waiting(name) for name in "efgh"])
        assert history.post("/api/history/position", {"ids": ["a"], "before": "h"})[0] == 200
        assert "".join(queue()) == "bcdefgah"
        answer = history.post("/api/history/position", {"ids": ["h"], "before": "e"})
        assert error(answer) == (409, "More than 2 items wait before 'e', and as many behind it.")
        assert "".join(queue()) == "bcdefgah"

    def test_many_go_a_few_at_a_time(self, history: Client) -> None:
        names = [f"n{number:03d}" for number in range(90)]
        for start in range(0, 90, 30):
            records.add([waiting(name) for name in names[start : start + 30]])
        assert history.post("/api/history/position", {"ids": names, "position": "front"})[0] == 200
        assert list(history.get("/api/history/live")[1]["queue"]) == [*names, *"abcd"]

    def test_an_intake_that_is_under_way_goes_on(self, history: Client) -> None:
        [record] = records.add([item("new")])
        lease = leases.acquire("new", "intake", T0, work=leases.Work.INTAKE)
        history.post("/api/history/position", {"ids": ["new"], "position": "front"})
        moved = records.save(items.get("new"), items.get("new").evolve(extracted=True), lease)
        assert (moved.seq < 0, record.seq > 0) == (True, True)

    def test_who_never_moves_anything_pays_nothing(self) -> None:
        with counted() as cost:
            [record] = records.add([waiting("e")])
            records.save(record, record.evolve(status=Status.PREPARING))
        add, start = ["UpdateItem", "TransactWriteItems"], ["BatchGetItem", "UpdateItem", "TransactWriteItems"]
        assert cost.requests == add + start

    def test_a_move_writes_thrice(self) -> None:
        with counted() as cost:
            reorder_queue.move_to_end(["c"], reorder_queue.FRONT)
        writes = [name for name in cost.requests if name not in {"BatchGetItem", "Query"}]
        assert writes == ["UpdateItem", "UpdateItem", "TransactWriteItems"]  # a place, a record's number
