"""The minute's round: what waits without an owner is woken again. docs/contract/downloads.md 5.7, 5.10."""

import time

import pytest

from dlambda.aws import bucket, queue
from dlambda.domain.items.item import Status
from dlambda.domain.messages.queue_messages import IntakeEntry, IntakeItem
from dlambda.domain.rules.resource import PRESETS
from dlambda.store.items import items, leases
from dlambda.store.items.commit import BATCH
from dlambda.usecases.operations import sweep as rounds
from dlambda.usecases.rules import resources
from events.on_schedule.main import lambda_handler
from tests.functions.permissions import acting_as
from tests.functions.working import handle, work
from tests.store import records
from tests.store.samples import T0, done, item, waiting

NOT_8 = 1_767_261_600.0  # minute 0 of an hour
AT_8 = NOT_8 + 8 * 60
DAY = 86400

pytestmark = pytest.mark.usefixtures("permitted")


def sweep(now: float) -> None:
    with acting_as("on_schedule"):
        rounds.sweep(now)


def ids(messages) -> list[str]:
    return sorted(message["id"] for message in messages)


def begun(name: str, *, until: float, **values) -> leases.Lease:
    """A download whose lease runs until then."""
    records.add([waiting(name, **values)])
    lease = leases.acquire(name, "w", until - leases.LEASE_SECONDS)
    found = items.get(name)
    records.save(found, found.evolve(status=Status.DOWNLOADING), lease)
    return lease


class TestLostMessages:
    def test_of_the_intake(self, stack):
        records.add([item("a"), item("b"), item("held", auto_start=False), waiting("x"), done("d")])
        leases.acquire("b", "at work", NOT_8)
        sweep(NOT_8)
        assert ids(stack.messages("intake")) == ["a", "held"]

    def test_of_entries(self, stack):
        of_a_feed = {"source_handler": "RssGenericHandler"}
        records.add([item("add"), item("entry", chain=("https://video.example/list",)), item("new", extras=of_a_feed)])
        sweep(NOT_8)
        assert (ids(stack.messages("intake")), ids(stack.messages("entries"))) == (["add"], ["entry", "new"])

    def test_not_while_messages_wait(self, stack, history):
        history.post("/api/history", {"url": "https://video.example/1"})
        records.add([item("a")])
        sweep(NOT_8)
        assert len(stack.messages("intake")) == 1

    def test_not_while_messages_of_entries_wait(self, stack):
        queue.send(IntakeEntry("x"))
        records.add([item("a")])
        sweep(NOT_8)
        assert stack.messages("intake") == []

    def test_of_downloads(self, stack):
        records.add([waiting("a"), waiting("b", "other"), waiting("held", auto_start=False), item("new")])
        sweep(NOT_8)
        assert ids(stack.messages("download")) == ["a", "b"]

    def test_of_live_items_when_all_slots_are_taken(self, stack, configure):
        configure(max_workers=1)
        begun("busy", until=NOT_8 + 99)
        records.add([waiting("a", "other"), waiting("live", is_live=True)])
        sweep(NOT_8)
        assert ids(stack.messages("download")) == ["live"]

    def test_as_many_as_there_are_slots_oldest_first(self, stack, configure):
        configure(max_workers=3, max_workers_per_extractor=3)
        records.add([waiting(f"n{number}") for number in range(9)])
        sweep(NOT_8)
        assert ids(stack.messages("download")) == ["n0", "n1", "n2"]

    def test_nothing_while_paused(self, stack, system):
        records.add([waiting("a"), waiting("live", is_live=True)])
        system.post("/api/system/pause")
        sweep(NOT_8)
        assert stack.messages("download") == []


class TestDeadWorkers:
    def test_their_items_are_woken(self, stack):
        begun("dead", until=NOT_8 - 1)
        begun("alive", until=NOT_8 + 60)
        sweep(NOT_8)
        assert ids(stack.messages("download")) == ["dead"]

    def test_even_while_paused(self, stack, system):
        begun("dead", until=NOT_8 - 1)
        system.post("/api/system/pause")
        sweep(NOT_8)
        assert ids(stack.messages("download")) == ["dead"]

    def test_another_worker_finishes_the_download(self, history, stack, origin):
        [answer] = history.post("/api/history", {"url": origin.url("sweep/clip-1.mp4")})[1]
        handle(IntakeItem(answer["_id"]))
        stack.messages("download")
        lease = leases.acquire(answer["_id"], "dies", time.time() - 999)
        found = items.get(answer["_id"])
        records.save(found, found.evolve(status=Status.DOWNLOADING), lease)
        sweep(time.time())
        work(stack)
        assert items.get(answer["_id"]).status is Status.FINISHED
        with pytest.raises(leases.Lost):
            leases.renew(lease, time.time())

    def test_one_that_its_user_cancelled_meanwhile(self, history, stack, origin, listening):
        [answer] = history.post("/api/history", {"url": origin.url("sweep/clip-2.mp4")})[1]
        handle(IntakeItem(answer["_id"]))
        stack.messages("download")
        lease = leases.acquire(answer["_id"], "dies", time.time())
        found = items.get(answer["_id"])
        records.save(found, found.evolve(status=Status.DOWNLOADING), lease)
        history.post("/api/history/cancel", {"ids": [answer["_id"]]})
        leases.release(lease)
        sweep(time.time())
        work(stack)
        assert items.get(answer["_id"]).status is Status.CANCELLED
        assert listening.names[-2:] == ["item_cancelled", "item_moved"]


class TestStreams:
    """5.10, live check."""

    def upcoming(self, **values) -> None:
        given = {"is_live": True, "start_at": T0, "live_in": "x", "cookies": "c", "folder": "sea", "template": "%(id)s",
                 "cli": "-x", "preset": "mobile", "extras": {"k": 1, "live_in": "x", "is_live": 5}}  # fmt: skip
        records.add([done("s", **({"status": Status.NOT_LIVE} | given | values))])

    def test_one_with_a_preset_of_a_user_is_added_again(self, stack):
        resources.create(PRESETS, {"name": "Own", "folder": "own"})
        self.upcoming(preset="own", folder="")
        sweep(T0 + 61)
        [message] = stack.messages("intake")
        assert items.get(message["id"]).preset == "own"

    def test_one_that_has_begun_is_added_again(self, stack, listening):
        self.upcoming()
        sweep(T0 + 61)
        assert items.find("s") is None
        [message] = stack.messages("intake")
        again = items.get(message["id"])
        assert (again.status, again.url) == (Status.PENDING, "https://video.example/s")
        assert (again.cookies, again.folder, again.template, again.cli, again.preset) == (
            "c",
            "sea",
            "%(id)s",
            "-x",
            "mobile",
        )
        assert again.extras == {"k": 1}
        assert listening.names == ["item_deleted", "item_added"]

    @pytest.mark.parametrize(
        ("values", "now"),
        [
            ({}, T0 + 59),
            ({"start_at": 0.0}, T0 + 999_999),
            ({"status": Status.CANCELLED}, T0 + 999_999),
            ({"extras": {"is_premiere": True, "duration": 600}}, T0 + 300 + 599),
        ],
    )
    def test_others_wait(self, stack, values, now):
        self.upcoming(**values)
        sweep(now)
        assert items.find("s")
        assert stack.messages("intake") == []

    @pytest.mark.parametrize(
        ("settings", "after"),
        [({}, 300 + 600), ({"live_premiere_buffer": 1}, 60 + 600), ({"prevent_live_premiere": False}, 60)],
    )
    def test_a_premiere_is_waited_out(self, stack, configure, settings, after):
        configure(**settings)
        self.upcoming(extras={"is_premiere": True, "duration": 600})
        sweep(T0 + after - 1)
        assert items.find("s")
        sweep(T0 + after)
        assert items.find("s") is None

    def test_not_while_paused(self, stack, system):
        self.upcoming()
        system.post("/api/system/pause")
        sweep(T0 + 61)
        assert items.find("s")


class TestAutoClear:
    """5.10: minute 8 of every hour."""

    def add(self, names, age_days: float, status=Status.FINISHED, **values) -> None:
        at = AT_8 - age_days * DAY
        for start in range(0, len(names), BATCH):
            records.add(
                [
                    done(name, status, stored_at=at, timestamp=int(at * 1e9), **({"filename": f"{name}.mp4"} | values))
                    for name in names[start : start + BATCH]
                ]
            )

    def left(self, names) -> list[str]:
        return [each.id for each in items.find_many(names)]

    def test_old_records_go_and_files_stay(self, stack, listening, target, configure):
        configure(auto_clear_history_days=7, remove_files=True)
        bucket.put_bytes("files/old.mp4", b"x")
        self.add(["old"], 8)
        self.add(["new"], 6)
        sweep(AT_8)
        assert self.left(["old", "new"]) == ["new"]
        assert bucket.find("files/old.mp4")
        [event] = listening.of("item_deleted")
        assert event["message"] == "'old' record removed from history."
        assert stack.messages("notify")

    def test_only_finished_ones_with_a_file(self, stack, configure):
        configure(auto_clear_history_days=7)
        self.add(["nameless"], 9, filename=None)
        self.add(["failed"], 9, Status.ERROR)
        self.add(["skipped"], 9, Status.SKIP)
        sweep(AT_8)
        assert len(self.left(["nameless", "failed", "skipped"])) == 3

    def test_all_of_many_in_one_round(self, stack, configure):
        configure(auto_clear_history_days=7)
        names = [f"n{number:03d}" for number in range(150)]
        self.add(names, 8)
        sweep(AT_8)
        assert self.left(names) == []

    @pytest.mark.parametrize(("days", "now"), [(0, AT_8), (7, NOT_8), (7, AT_8 + 60)])
    def test_not_when_off_and_not_in_another_minute(self, stack, configure, days, now):
        configure(auto_clear_history_days=days)
        self.add(["old"], 30)
        sweep(now)
        assert self.left(["old"]) == ["old"]


def test_the_timer_does_a_round(stack):
    records.add([item("a")])
    assert lambda_handler({}, None) is None
    assert ids(stack.messages("intake")) == ["a"]


def test_a_round_of_nothing(stack):
    sweep(NOT_8)
    assert all(stack.messages(name) == [] for name in ("intake", "entries", "download", "notify"))
