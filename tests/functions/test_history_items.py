"""One item: read, edited, started, held, cancelled, marked. docs/contract/downloads.md 4.6 to 4.10."""

import time

import pytest

from dlambda.aws import bucket
from dlambda.deployment import current
from dlambda.domain.items.item import Shelf, Status
from dlambda.store.items import archive, items, leases, slots
from tests.functions.calls import error
from tests.store import records
from tests.store.samples import T0, done, item, waiting

IDS = "ids is required and must be an array."
BAD_IDS = [
    None,
    {},
    {"ids": None},
    {"ids": "a"},
    {"ids": {}},
    {"ids": []},
    {"ids": [1]},
    {"ids": ["a", None]},
    [],
    "a",
    5,
]
LOST = "not found: "


def running(name: str, **values):
    """A download with a worker; answers its lease."""
    records.add([waiting(name, **values)])
    lease = leases.acquire(name, "w", time.time())
    found = items.get(name)
    records.save(found, found.evolve(status=Status.DOWNLOADING), lease)
    return lease


class TestGet:
    """4.6"""

    @pytest.mark.parametrize("made", [item("a", cookies="in clear"), done("a", cookies="in clear")])
    def test_either_list_has_it_with_cookies_in_clear(self, history, made):
        records.add([made])
        status, body = history.get("/api/history/a")
        assert status == 200
        assert (body["_id"], body["cookies"], body["has_cookies"]) == ("a", "in clear", True)
        assert body["ffprobe"] == {}
        assert "sidecar" in body

    def test_a_proxys_password_is_there_in_clear_and_nowhere_else(self, history, listening):
        cli, shown = "--proxy http://u:s3cret@9.9.9.9:80", "--proxy http://u:********@9.9.9.9:80"
        answer = history.post("/api/history", {"url": "https://9.9.9.9/a.mp4", "cli": cli, "auto_start": False})
        assert answer[0] == 200
        [listed] = history.get("/api/history/live")[1]["queue"].values()
        assert listed["cli"] == listening.of("item_added")[0]["data"]["cli"] == shown
        assert history.get(f"/api/history/{listed['_id']}")[1]["cli"] == items.get(listed["_id"]).cli == cli

    @pytest.mark.parametrize("key", ["nobody", "x" * 3000, "%00", "%ff", "a%2Fb", "%ED%A0%80"])
    def test_nobody_is_not_found(self, history, key):
        assert history.get(f"/api/history/{key}")[0] == 404

    def test_the_text_of_not_found(self, history):
        assert error(history.get("/api/history/nobody"))[1].lower() == "item not found."

    @pytest.mark.parametrize("marked", [True, False])
    def test_the_archive_is_asked_again(self, history, marked):
        records.add([done("a", archive="x.log", archive_id="site a", is_archived=not marked, is_archivable=True)])
        if marked:
            archive.add("x.log", ["site a"], T0)
        assert history.get("/api/history/a")[1]["is_archived"] is marked

    @pytest.mark.parametrize("content", [b"no media", None])
    def test_a_file_that_cannot_be_probed(self, history, content):
        if content is not None:
            bucket.put_bytes("files/a.mp4", content)
        records.add([done("a", filename="a.mp4")])
        assert history.get("/api/history/a")[1]["ffprobe"] == {}

    def test_a_finished_item_is_whole(self, history):
        records.add([done("a", live_in="Fri, 13 Feb 2009 23:31:30 GMT").ended(Status.FINISHED, T0, filename="a.mp4")])
        body = history.get("/api/history/a")[1]
        assert (body["percent"], body["progress"], body["live_in"]) == (100.0, 100.0, None)
        assert (body["speed"], body["eta"], body["msg"]) == (None, None, None)
        assert body["datetime"] == "Thu, 01 Jan 2026 10:00:00 +0000"


class TestEdit:
    """4.7"""

    def test_the_safe_fields_change(self, history, listening):
        records.add([done("a")])
        new = {
            "title": "T", "description": "D", "preset": "mobile", "template": "%(id)s", "cli": "-x", "cookies": "#c",
            "extras": {"k": 1}, "msg": "m", "error": "e",
        }  # fmt: skip
        status, body = history.post("/api/history/a", new)
        assert status == 200
        assert {key: body[key] for key in new} == new | {"cookies": "********"}
        assert items.get("a").cookies == "#c"
        assert listening.names == ["item_updated"]
        assert listening.of("item_updated")[0]["data"]["title"] == "T"

    def test_a_mask_sent_back_means_unchanged(self, history):
        cli = "--proxy http://u:s3cret@9.9.9.9:80"
        records.add([done("a", cookies="c", cli=cli)])
        shown = history.get("/api/history", type="done")[1]["items"][0]
        body = {"title": "T", "cookies": shown["cookies"], "cli": f"{shown['cli']} -x"}
        assert history.post("/api/history/a", body)[0] == 200
        assert (items.get("a").cookies, items.get("a").cli) == ("c", f"{cli} -x")

    @pytest.mark.parametrize(
        ("body", "text"),
        [
            ({"cli": "--exec id"}, "Option '--exec' is not allowed."),
            ({"cli": "--nonsense"}, "Failed to parse command options for yt-dlp. No such option: --nonsense"),
            ({"template": "/../../x"}, None),
            ({"preset": "nix"}, "Preset 'nix' does not exist."),
        ],
    )
    def test_what_no_add_would_take_is_refused(self, history, body, text):
        records.add([done("a")])
        answer = history.post("/api/history/a", {"title": "T"} | body)
        assert answer[0] in (400, 404)
        assert text is None or answer[1]["error"] == text
        assert items.get("a").title == "a"

    def test_everything_else_stays(self, history):
        [before] = records.add([done("a")])
        other = {"_id": "b", "id": "c", "status": "error", "filename": "../x", "download_dir": "/", "timestamp": 1,
                 "archive_id": "x y", "is_archived": True, "sidecar": {}, "folder": "/etc", "nonsense": 1, "seq": 9,
                 "url": "https://other.example/"}  # fmt: skip
        assert history.post("/api/history/a", other)[0] in (200, 304)
        after = items.get("a")
        assert after.evolve(version=before.version) == before

    @pytest.mark.parametrize(
        "body",
        [{"title": "a"}, {"nonsense": 1}, {"title": 5}, {"extras": []}, {"cookies": "********"}, {"title": None}],
    )
    def test_nothing_new_is_304_without_a_body(self, history, listening, body):
        records.add([done("a", cookies="c")])
        assert history.post("/api/history/a", body)[0] == 304
        assert history.last.data == b""
        assert listening.names == []

    @pytest.mark.parametrize("body", [{}, None, [], "text", 5])
    def test_no_data(self, history, body):
        records.add([done("a")])
        assert error(history.post("/api/history/a", body)) == (400, "no data provided.")

    def test_bad_json(self, history):
        records.add([done("a")])
        assert history.raw("POST", "/api/history/a", "{")[0] == 400

    def test_only_the_history_is_edited(self, history):
        records.add([item("a")])
        for key in ("a", "nobody"):
            assert error(history.post(f"/api/history/{key}", {"title": "x"})) == (404, "item not found.")

    @pytest.mark.parametrize("field", ["title", "description", "cookies", "extras", "msg", "cli"])
    def test_what_no_record_can_hold(self, history, field):
        records.add([done("a")])
        huge = "#" * 500_000
        assert history.post("/api/history/a", {field: {"k": huge} if field == "extras" else huge})[0] == 400
        assert items.get("a").title == "a"


@pytest.mark.parametrize("verb", ["start", "pause", "cancel"])
class TestIds:
    @pytest.mark.parametrize("body", BAD_IDS)
    def test_they_must_be_an_array_of_texts(self, history, verb, body):
        assert error(history.post(f"/api/history/{verb}", body)) == (400, IDS)

    def test_no_body_at_all(self, history, verb):
        assert error(history.post(f"/api/history/{verb}")) == (400, IDS)

    @pytest.mark.parametrize("key", ["nobody", "", "x" * 3000, "\0"])
    def test_unknown_ones_are_told_beside_the_others(self, history, verb, key):
        records.add([item("a"), done("d")])
        status, body = history.post(f"/api/history/{verb}", {"ids": ["a", key, "d"]})
        assert status == 200
        assert body["status"] == "error"
        assert body[key].startswith(LOST)
        assert body["d"].startswith(LOST)
        assert not body["a"].startswith(LOST)


class TestStart:
    """4.8"""

    def test_a_held_item_goes(self, history, stack, listening):
        records.add([waiting("a", auto_start=False)])
        assert history.post("/api/history/start", {"ids": ["a"]}) == (200, {"a": "started"})
        assert items.get("a").auto_start
        assert listening.names == ["item_updated"]
        assert listening.of("item_updated")[0]["data"]["auto_start"] is True
        assert stack.messages("download") == [{"id": "a"}]

    def test_one_that_waits_for_its_intake_is_not_sent_to_download(self, history, stack):
        records.add([item("a", auto_start=False)])
        history.post("/api/history/start", {"ids": ["a"]})
        assert stack.messages("download") == []

    @pytest.mark.parametrize("live", [False, True])
    def test_nothing_is_woken_while_paused(self, history, system, stack, live):
        records.add([waiting("a", auto_start=False, is_live=live)])
        system.post("/api/system/pause")
        assert history.post("/api/history/start", {"ids": ["a"]})[1] == {"a": "started"}
        assert stack.messages("download") == []

    def test_one_that_is_not_held(self, history, listening):
        records.add([waiting("a")])
        running("b")
        assert history.post("/api/history/start", {"ids": ["a", "b"]})[1] == {
            "a": "already started", "b": "already started",
        }  # fmt: skip
        assert listening.names == []


class TestPause:
    """4.8"""

    def test_a_waiting_item_is_held(self, history, listening):
        records.add([waiting("a"), item("b")])
        assert history.post("/api/history/pause", {"ids": ["a", "b"]}) == (200, {"a": "paused", "b": "paused"})
        assert not items.get("a").auto_start
        assert not items.get("b").auto_start
        assert listening.names == ["item_updated", "item_updated"]

    def test_a_held_one_and_a_running_one(self, history, listening):
        records.add([waiting("a", auto_start=False)])
        running("b")
        assert history.post("/api/history/pause", {"ids": ["a", "b"]})[1] == {
            "a": "not started",
            "b": "already started",
        }
        assert listening.names == []
        assert items.get("b").status is Status.DOWNLOADING


class TestCancel:
    """4.9"""

    @pytest.mark.parametrize(
        "made", [item("a"), waiting("a"), waiting("a", auto_start=False), waiting("a", is_live=True)]
    )
    def test_a_waiting_item_ends_at_once(self, history, listening, made):
        records.add([made])
        assert history.post("/api/history/cancel", {"ids": ["a"]}) == (200, {"a": "ok"})
        ended = items.get("a")
        assert (ended.status, ended.shelf) == (Status.CANCELLED, Shelf.DONE)
        assert listening.names == ["item_cancelled", "item_moved"]
        [cancelled] = listening.of("item_cancelled")
        assert cancelled["data"]["status"] == "cancelled"
        assert cancelled["message"] == "Download 'a' has been cancelled."
        [moved] = listening.of("item_moved")
        assert (moved["data"]["to"], moved["data"]["item"]["_id"]) == ("history", "a")
        assert (moved["from"], moved["to"], moved["id"]) == ("queue", "done", "a")

    def test_a_running_one_is_told_and_its_worker_tells_the_end(self, history, listening):
        lease = running("a")
        assert history.post("/api/history/cancel", {"ids": ["a"]}) == (200, {"a": "ok"})
        assert items.get("a").status is Status.DOWNLOADING
        assert listening.names == []
        assert leases.renew(lease, time.time()) == "cancel"

    def test_one_whose_worker_died_ends_at_once(self, history, listening):
        lease = running("a")
        leases.release(lease)
        assert history.post("/api/history/cancel", {"ids": ["a"]})[1] == {"a": "ok"}
        assert items.get("a").status is Status.CANCELLED
        assert listening.names == ["item_cancelled", "item_moved"]

    def test_its_intake_notices(self, history):
        [found] = records.add([item("a")])
        lease = leases.acquire("a", "intake", time.time(), work=leases.Work.INTAKE)
        history.post("/api/history/cancel", {"ids": ["a"]})
        with pytest.raises(leases.Lost):
            records.save(found, found.evolve(extracted=True), lease)

    def test_twice_is_once(self, history, listening):
        records.add([item("a")])
        assert history.post("/api/history/cancel", {"ids": ["a", "a"]})[1] == {"a": "ok"}
        body = history.post("/api/history/cancel", {"ids": ["a"]})[1]
        assert body["a"].startswith(LOST)
        assert listening.names.count("item_moved") == 1

    def test_a_slot_is_given_back(self, history):
        lease = running("a")
        leases.release(lease)
        history.post("/api/history/cancel", {"ids": ["a"]})
        assert slots.read().taken == 0


@pytest.mark.parametrize("verb", ["POST", "DELETE"])
class TestArchive:
    """4.10: the checks, in their order."""

    def call(self, history, verb, key="a"):
        return history.call(verb, f"/api/history/{key}/archive")

    def test_an_item_that_is_not_in_the_history(self, history, verb):
        records.add([waiting("a", archive="x.log")])
        assert error(self.call(history, verb)) == (404, "item 'a' not found.")
        assert error(self.call(history, verb, "nobody")) == (404, "item 'nobody' not found.")

    def test_an_item_without_archive(self, history, verb):
        records.add([done("a")])
        status = {"POST": 404, "DELETE": 400}[verb]
        assert error(self.call(history, verb)) == (status, "item 'a' does not have an archive file.")

    def test_an_item_without_archive_id(self, history, verb):
        records.add([done("a", archive="x.log")])
        assert error(self.call(history, verb)) == (400, "item 'a' does not have an archive ID.")

    def test_the_state_is_so_already(self, history, verb, listening):
        records.add([done("a", archive="x.log", archive_id="site a")])
        if verb == "POST":
            archive.add("x.log", ["site a"], T0)
        expected = {"POST": (409, "item 'a' already archived."), "DELETE": (404, "item 'a' not archived.")}[verb]
        assert error(self.call(history, verb)) == expected
        assert listening.names == []

    def test_ok(self, history, verb, listening):
        records.add([done("a", archive="x.log", archive_id="site a", is_archived=verb == "DELETE")])
        if verb == "DELETE":
            archive.add("x.log", ["site a"], T0)
        message = {
            "POST": "item 'site a' archived in file 'x.log'.", "DELETE": "item 'a' removed from 'x.log' archive.",
        }[verb]  # fmt: skip
        assert self.call(history, verb) == (200, {"message": message})
        assert archive.list_("x.log") == (["site a"] if verb == "POST" else [])
        assert items.get("a").is_archived is (verb == "POST")
        assert [frame["data"]["is_archived"] for frame in listening.of("item_updated")] == [verb == "POST"]


class TestCreatedWithAnArchive:
    """9, item record."""

    def test_an_item_of_the_default_preset_names_its_archive(self, history):
        [answer] = history.post("/api/history", {"url": "https://video.example/1"})[1]
        assert items.get(answer["_id"]).archive == current().settings.archive_file

    def test_an_own_option_wins(self, history):
        body = {"url": "https://video.example/1", "cli": "--download-archive other"}
        [answer] = history.post("/api/history", body)[1]
        assert items.get(answer["_id"]).archive == "other"
