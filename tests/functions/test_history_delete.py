"""DELETE /api/history: docs/contract/downloads.md 4.5, 5.9."""

import time

import pytest

from dlambda.aws import bucket
from dlambda.domain.items.item import Shelf, Status
from dlambda.domain.paths.paths import object_key
from dlambda.store.files import filename_claims
from dlambda.store.items import items, leases
from dlambda.store.items.commit import BATCH
from tests.functions.calls import error
from tests.store import records
from tests.store.samples import done, item, waiting

PATH = "/api/history"


def finish(count: int, status: Status = Status.FINISHED, prefix: str = "d") -> list[str]:
    made = [f"{prefix}{number:03d}" for number in range(count)]
    for start in range(0, count, BATCH):
        records.add([done(name, status) for name in made[start : start + BATCH]])
    return made


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (None, "type is required."),
        ({}, "type is required."),
        ([], "type is required."),
        ("queue", "type is required."),
        ({"type": ""}, "type is required."),
        ({"type": None, "ids": ["a"]}, "type is required."),
        ({"type": "history"}, "type must be 'queue' or 'done'."),
        ({"type": 5, "ids": ["a"]}, "type must be 'queue' or 'done'."),
        ({"type": ["queue"], "ids": ["a"]}, "type must be 'queue' or 'done'."),
        ({"where": "x"}, "type must be 'queue' or 'done'."),
        ({"type": "done"}, "either 'ids' or 'status' filter is required."),
        ({"type": "done", "ids": []}, "either 'ids' or 'status' filter is required."),
        ({"type": "done", "ids": "a", "status": " "}, "either 'ids' or 'status' filter is required."),
        ({"type": "queue", "ids": None, "status": 5}, "either 'ids' or 'status' filter is required."),
    ],
)
def test_bad_bodies(history, body, text):
    assert error(history.delete(PATH, body)) == (400, text)


def test_no_body_and_bad_json(history):
    assert error(history.delete(PATH)) == (400, "type is required.")
    assert history.raw("DELETE", PATH, "{")[0] == 400


@pytest.mark.parametrize("key", ["type", "where"])
def test_history_records_go_by_ids(history, listening, key):
    records.add([done("a"), done("b"), done("c")])
    expected = {"a": "ok", "b": "ok"}
    assert history.delete(PATH, {key: "done", "ids": ["a", "b"]}) == (200, expected | {"items": expected, "deleted": 2})
    assert items.find_many(["a", "b"]) == []
    assert items.find("c")
    assert listening.names == ["item_deleted", "item_deleted"]
    [first, _] = listening.of("item_deleted")
    assert (first["_id"], first["data"]["_id"], first["message"]) == ("a", "a", "Cleared 'a' from history.")
    assert history.last.json["items"]


def test_unknown_ids_are_told_and_not_counted(history):
    records.add([done("a"), item("q")])
    status, body = history.delete(PATH, {"type": "done", "ids": ["a", "nobody", "q"]})
    assert status == 200
    assert (body["a"], body["deleted"], body["status"]) == ("ok", 1, "error")
    assert body["nobody"] == body["items"]["nobody"] == "key='nobody' or url=None not found."
    assert body["q"] != "ok"
    assert items.find("q")


def test_ids_win_over_a_status(history):
    records.add([done("a"), done("b")])
    assert history.delete(PATH, {"type": "done", "ids": ["a"], "status": "finished"})[1]["deleted"] == 1
    assert items.find("b")


@pytest.mark.parametrize(("status", "left"), [("finished", 2), ("!finished", 3), ("skip,error", 3), ("pending", 5)])
def test_a_filter_takes_all_that_match(history, status, left):
    finish(3)
    finish(1, Status.SKIP, "s")
    finish(1, Status.ERROR, "e")
    answer, body = history.delete(PATH, {"type": "done", "status": status, "remove_file": False})
    assert answer == 200
    assert body.keys() == {"items", "deleted"}
    assert set(body["items"].values()) <= {"ok"}
    assert len(body["items"]) == body["deleted"] == 5 - left
    assert items.count(Shelf.DONE) == left


def test_a_filter_without_match_is_no_error(history):
    assert history.delete(PATH, {"type": "done", "status": "nonsense"}) == (200, {"items": {}, "deleted": 0})


def test_a_filter_takes_more_than_a_page(history):
    finish(230)
    assert history.delete(PATH, {"type": "done", "status": "finished"})[1]["deleted"] == 230
    assert items.count(Shelf.DONE) == 0


class TestQueue:
    """type=queue cancels."""

    def test_by_ids(self, history, listening):
        records.add([item("a"), done("d")])
        status, body = history.delete(PATH, {"type": "queue", "ids": ["a", "d"]})
        assert (status, body["a"], body["deleted"], body["status"]) == (200, "ok", 1, "error")
        assert items.get("a").status is Status.CANCELLED
        assert items.get("d").status is Status.FINISHED
        assert listening.names == ["item_cancelled", "item_moved"]

    def test_by_filter(self, history):
        records.add([item(f"n{number}") for number in range(5)])
        assert history.delete(PATH, {"type": "queue", "status": "pending"})[1]["deleted"] == 5
        assert items.count(Shelf.DONE, ["cancelled"]) == 5

    def test_running_ones_are_told_once(self, history):
        records.add([waiting("a"), waiting("b")])
        lease = leases.acquire("a", "w", time.time())
        found = items.get("a")
        records.save(found, found.evolve(status=Status.DOWNLOADING), lease)
        body = history.delete(PATH, {"type": "queue", "status": "!error"})[1]
        assert body == {"items": {"a": "ok", "b": "ok"}, "deleted": 2}
        assert leases.renew(lease, time.time()) == "cancel"


class TestFiles:
    """5.9: the file and every `<stem>.*` beside it, when setting and request want it."""

    BESIDE = ("sea/a b.mp4", "sea/a b.en.srt", "sea/a b.info.json")
    OTHERS = ("sea/a bc.mp4", "sea/.a b.mp4", "a b.mp4", "sea/deep/a b.srt", "sea/poster.jpg")

    @pytest.fixture(autouse=True)
    def files(self, stack):
        for path in (*self.BESIDE, *self.OTHERS):
            bucket.put_bytes(object_key(path), b"x")
        filename_claims.claim("sea/a b", "https://video.example/a")

    def add(self, status=Status.FINISHED, filename="a b.mp4"):
        records.add([done("a", status, folder="sea", filename=filename)])

    def left(self):
        return {each.key.removeprefix("files/") for each in bucket.list_("files/")}

    @pytest.mark.parametrize("body", [{}, {"remove_file": True}, {"remove_file": "no"}])
    def test_they_go(self, history, configure, listening, body):
        configure(remove_files=True)
        self.add()
        assert history.delete(PATH, {"type": "done", "ids": ["a"], **body})[1]["deleted"] == 1
        assert self.left() == set(self.OTHERS)
        [told] = listening.of("item_deleted")
        assert told["message"] == "Removed 'a' from history."
        assert filename_claims.claim("sea/a b", "https://video.example/other")

    @pytest.mark.parametrize(
        ("setting", "remove_file", "status", "filename"),
        [
            (False, True, Status.FINISHED, "a b.mp4"),
            (True, False, Status.FINISHED, "a b.mp4"),
            (True, True, Status.ERROR, "a b.mp4"),
            (True, True, Status.FINISHED, None),
        ],
    )
    def test_they_stay_and_the_record_goes(self, history, configure, listening, setting, remove_file, status, filename):
        configure(remove_files=setting)
        self.add(status, filename)
        assert history.delete(PATH, {"type": "done", "ids": ["a"], "remove_file": remove_file})[1]["deleted"] == 1
        assert self.left() == {*self.BESIDE, *self.OTHERS}
        assert items.find("a") is None
        assert listening.of("item_deleted")[0]["message"] == "Cleared 'a' from history."
