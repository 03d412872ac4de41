"""Where an extraction leads: docs/contract/downloads.md 5.4 to 5.6, websocket.md 5, 6."""

import re
import time
from typing import Any

import pytest

from dlambda.aws import queue
from dlambda.deployment import current
from dlambda.domain.items.item import LIVE_LANE, Shelf, Status
from dlambda.domain.messages.queue_messages import IntakeItem
from dlambda.domain.rules.resource import CONDITIONS
from dlambda.domain.telemetry.metric import series
from dlambda.errors import Invalid
from dlambda.media.workers.extract import Extraction
from dlambda.store.items import archive, items, leases
from dlambda.store.items.commit import BATCH
from dlambda.usecases.events.measure import metrics
from dlambda.usecases.items import expand, intake
from dlambda.usecases.items.change_items import cancel
from dlambda.usecases.rules import resources
from dlambda.usecases.rules.presets import preset_for
from tests.functions.permissions import acting_as
from tests.functions.working import beside, until
from tests.store import records
from tests.store.samples import T0, done, item

INFO: dict[str, Any] = {
    "id": "1", "extractor_key": "Site", "title": "Harbour", "webpage_url": "https://video.example/page",
    "formats": [{"url": "https://video.example/1.mp4"}], "duration": 61,
}  # fmt: skip
TURN = expand.BATCHES_PER_TURN * (BATCH - 5)
SOON = 1_900_000_000
UPCOMING = {"live_status": "is_upcoming", "release_timestamp": SOON, "formats": []}


@pytest.fixture
def route(stack, configure):
    """Gives an extraction to a new item; answers the item as it is then."""
    configure(retries=0)

    def begin(info: dict[str, Any], *, warnings=(), params=None, **values: Any):
        records.add([item("a", **values)])
        lease = leases.acquire("a", "intake", time.time(), work=leases.Work.INTAKE)
        extraction = Extraction({**INFO, **info}, warnings=warnings)
        assert extraction.info
        before = items.get("a")
        under_way = intake.Intake(before, lease, preset_for(before.preset), params or {})
        intake._route(under_way, extraction, extraction.info)
        return items.find("a")

    return begin


def test_a_video_waits_for_a_slot(route, stack, listening):
    found = route({})
    assert (found.status, found.extracted, found.is_waiting, found.shelf) == (Status.PENDING, True, True, Shelf.QUEUE)
    assert (found.title, found.url, found.posted_url) == ("Harbour", INFO["webpage_url"], "https://video.example/a")
    assert (found.archive_id, found.extras["duration"], found.is_live) == ("site 1", 61, False)
    assert listening.names == ["item_updated"]
    assert stack.messages("download") == [{"id": "a"}]


def test_extras_of_the_request_win(route):
    found = route({"uploader": "U"}, extras={"uploader": "mine", "k": 1})
    assert (found.extras["uploader"], found.extras["k"], found.extras["duration"]) == ("mine", 1, 61)


@pytest.mark.parametrize(
    ("params", "skipped"), [({}, False), ({"skip_download": True}, True), ({"simulate": True}, True)]
)
def test_an_item_says_whether_its_options_leave_the_media_out(route, params, skipped):
    assert route({}, params=params).view["download_skipped"] is skipped


def test_a_forced_item_waits_for_nobody_once_it_is_read(route, stack, configure):
    configure(max_workers=1)
    records.add([item("busy", extracted=True, archive_id="site x")])
    records.save(items.get("busy"), items.get("busy").evolve(status=Status.DOWNLOADING))
    assert route({}, force_start=True).lane == LIVE_LANE
    assert stack.messages("download") == [{"id": "a"}]


def test_a_live_stream_passes_the_limits(route, stack, configure):
    configure(max_workers=1)
    records.add([item("busy", extracted=True, archive_id="site x")])
    busy = items.get("busy")
    records.save(busy, busy.evolve(status=Status.DOWNLOADING))
    found = route({"live_status": "is_live", "is_live": True})
    assert found.is_live
    assert stack.messages("download") == [{"id": "a"}]


class TestUpcoming:
    def test_a_stream(self, route, listening):
        found = route(UPCOMING, warnings=("This live event will begin in 2 hours.", "ffmpeg not found"))
        assert (found.status, found.is_live, found.start_at) == (Status.NOT_LIVE, True, float(SOON))
        assert found.live_in == "Sun, 17 Mar 2030 17:46:40 GMT"
        assert found.msg == "Stream is not available yet. This live event will begin in 2 hours."
        assert found.error is None
        assert [name for name in listening.names if name != "item_updated"] == ["log_info", "item_moved"]
        [told] = listening.of("log_info")
        assert (told["title"], told["data"]["lowPriority"]) == ("Upcoming Live Stream", True)
        assert told["message"].startswith("Stream 'Harbour' is not available yet.")

    def test_a_premiere(self, route, listening):
        found = route(UPCOMING | {"media_type": "video"})
        assert (found.status, found.msg) == (Status.NOT_LIVE, "Premiere video is not available yet.")
        assert found.extras["is_premiere"] is True
        assert listening.of("log_info")[0]["title"] == "Upcoming Premiere"

    @pytest.mark.parametrize(
        ("kind", "text"),
        [("livestream", "No start time is set for live stream."), ("video", "No start time is set for premiere.")],
    )
    def test_without_a_start_time(self, route, kind, text):
        found = route({"live_status": "is_upcoming", "media_type": kind})
        assert (found.status, found.error, found.live_in) == (Status.NOT_LIVE, text, None)


class TestPremiereRunning:
    RUNNING = {"is_live": True, "media_type": "video", "duration": 60, "release_timestamp": SOON}

    def test_it_is_waited_out(self, route, listening):
        found = route(self.RUNNING)
        assert (found.status, found.start_at) == (Status.NOT_LIVE, float(SOON))
        assert found.error == "Premiering right now. Download will start at 2030-03-17T17:52:40+00:00."
        assert listening.of("log_info")[0]["title"] == "Premiering right now"
        assert listening.names[-1] == "item_moved"

    def test_without_a_start_time(self, route):
        found = route(self.RUNNING | {"release_timestamp": None})
        assert found.error == "Premiering right now. Delaying download by '360' seconds."
        assert found.start_at > time.time()

    def test_or_recorded_at_once(self, route, configure):
        configure(prevent_live_premiere=False)
        assert route(self.RUNNING).is_waiting


class TestNoFormats:
    @pytest.mark.parametrize(
        ("info", "warnings", "error"),
        [
            ({}, (), "No formats."),
            ({"availability": "public"}, (), "No formats."),
            ({"availability": "needs_auth"}, (), "No formats. Availability is set for 'needs_auth'."),
            (
                {},
                ("Video unavailable. This video is private", "x"),
                "No formats. Video unavailable. This video is private",
            ),
        ],
    )
    def test_it_fails_with_a_warning(self, route, listening, info, warnings, error):
        found = route({"formats": []} | info, warnings=warnings)
        assert (found.status, found.error, found.shelf) == (Status.ERROR, error, Shelf.DONE)
        assert found.failure["kind"] == "no_formats"
        [told] = listening.of("log_warning")
        assert told["title"] == "Download Error"
        assert told["message"].startswith("No formats for 'Harbour'.")
        assert listening.names[-1] == "item_moved"

    @pytest.mark.parametrize(("info", "kind"), [({}, "no_formats"), ({"_has_drm": True}, "drm")])
    def test_it_is_counted_as_failed(self, route, info, kind):
        name = series("items_failed_total", {"kind": kind, "extractor": "site"})
        before = metrics().read().get(name, 0)
        route({"formats": []} | info)
        assert metrics().read()[name] == before + 1

    def test_its_page_may_have_failed_before(self, route, listening):
        records.add([done("old", Status.ERROR, url=INFO["webpage_url"], posted_url="")])
        found = route({"formats": []})
        assert found.status is Status.ERROR
        assert items.find("old") is None
        assert items.count(Shelf.DONE) == 1


class TestKnownPages:
    """The page URL after extraction counts for uniqueness as well."""

    def test_one_in_the_queue_stays_alone(self, route, listening):
        records.add([item("first", url=INFO["webpage_url"], posted_url="")])
        assert route({}) is None
        assert items.find("first")
        assert listening.names == ["log_info", "item_deleted"]

    def test_one_in_the_history_is_replaced(self, route, listening):
        records.add([done("old", url=INFO["webpage_url"], posted_url="")])
        assert route({}).extracted
        assert items.find("old") is None
        assert listening.names == ["item_deleted", "item_updated"]

    def test_one_in_history_and_archive_stays(self, route, listening):
        archive.add("x.log", ["other 5"], T0)
        records.add([done("old", url=INFO["webpage_url"], posted_url="", archive_id="other 5")])
        assert route({}, archive="x.log") is None
        assert items.find("old")
        assert listening.names == ["log_info", "item_deleted"]


class TestArchived:
    @pytest.mark.parametrize("known", ["site 1", "oldsite 7"])
    def test_by_its_id_or_an_old_one(self, route, listening, known):
        archive.add("x.log", [known], T0)
        found = route({"_old_archive_ids": ["oldsite 7"]}, archive="x.log")
        assert (found.status, found.archive_id, found.title) == (Status.SKIP, known, "Harbour")
        assert found.source_id == known.split()[1]
        assert listening.names == ["item_moved"]

    def test_not_recorded_where_so_set(self, route, listening, configure):
        configure(ignore_archived_items=True)
        archive.add("x.log", ["site 1"], T0)
        assert route({}, archive="x.log") is None
        assert listening.names == ["log_info", "item_deleted"]

    def test_what_a_condition_ignores_is_recorded(self, route):
        resources.create(CONDITIONS, {"name": "a", "filter": "duration<90", "extras": {"ignore_download": True}})
        with acting_as("on_intake"):
            assert route({}, archive="x.log").status is Status.SKIP
        assert archive.list_("x.log") == ["site 1"]

    def test_without_title_or_id(self, route):
        found = route({"title": None, "id": None, "extractor_key": None}, archive="x.log")
        assert found.extracted


@pytest.mark.parametrize(
    ("params", "info", "error"),
    [
        ({"matchtitle": "sea"}, {}, '"Harbour" title did not match pattern "sea". Skipping download.'),
        ({"rejecttitle": "harb"}, {}, '"Harbour" title matched reject pattern "harb". Skipping download.'),
        ({"min_views": 9}, {"view_count": 5},
         "Skipping Harbour, because it has not reached minimum view count (5/9)."),
        ({"max_views": 3}, {"view_count": 5}, "Skipping Harbour, because it has exceeded maximum view count (5/3)."),
        ({"age_limit": 3}, {"age_limit": 18}, 'Video "Harbour" is age restricted.'),
    ],
)  # fmt: skip
def test_what_filters_reject(route, listening, params, info, error):
    found = route(info, params=params)
    assert (found.status, found.error) == (Status.ERROR, error)
    assert listening.names == ["log_error", "item_updated", "item_moved"]


def test_an_unknown_kind(route):
    assert route({"_type": "nonsense"}).error == 'Unsupported event type "nonsense".'


@pytest.mark.parametrize("size", [5_000, 3_000_000])
def test_a_site_that_says_too_much(route, size):
    """It neither makes a record that cannot be stored nor an item that never ends."""
    found = route({key: "x" * size for key in ("title", "description", "uploader", "channel", "playlist_title")})
    assert len(found.title) <= 1000
    assert found.extracted or found.status is Status.ERROR


class TestPlaylist:
    def playlist(self, *entries: dict[str, Any], **values: Any) -> dict[str, Any]:
        return {"_type": "playlist", "id": "p", "title": "P", "formats": None, "entries": list(entries), **values}

    def entry(self, number: int, **values: Any) -> dict[str, Any]:
        return {"_type": "url", "url": f"https://video.example/{number}", "id": str(number), "ie_key": "Site", **values}

    def queued_entries(self) -> list[str]:
        found = items.iterate(Shelf.QUEUE)
        return [each.source_id for each in found if each.origin.chain]

    def queued(self) -> list[str]:
        return list(items.page(Shelf.QUEUE, page=1, per_page=99, newest_first=False).ids)

    def test_its_entries_keep_the_order(self, route, stack):
        assert route(self.playlist(*(self.entry(number) for number in range(60)))) is None
        found = items.find_many(self.queued())
        assert [each.source_id for each in found] == [str(number) for number in range(60)]
        assert len(stack.messages("entries")) == 60

    def test_an_add_waits_behind_some_batches_and_never_behind_entries(self, route, stack):
        """A long playlist hands over again and again, and goes behind what was added meanwhile."""
        size = 3 * TURN + 10
        route(self.playlist(*(self.entry(number) for number in range(size))))
        turns = [len(self.queued_entries())]
        queue.send(IntakeItem("somebody's add"))
        while messages := stack.messages("intake"):
            if len(turns) == 1:
                assert messages == [{"id": "a"}, {"id": "somebody's add"}]  # which is next after one turn
            intake.process_intake("a")
            turns.append(len(self.queued_entries()))
        assert turns == [TURN, 2 * TURN, 3 * TURN, size]
        assert items.find("a") is None
        assert len(stack.messages("entries")) == size

    @pytest.mark.parametrize(
        ("most", "entries", "params"), [(3, 4, {}), (3, 40, {"max_downloads": 5}), (1, 2, {"max_downloads": 0})]
    )
    def test_of_one_that_is_too_long_nothing_is_made(self, route, listening, stack, configure, most, entries, params):
        configure(max_playlist_entries=most)
        text = (
            f"It has more than {most} entries, and YTP_MAX_PLAYLIST_ENTRIES allows no more. "
            f"Add a part of it, such as --playlist-items 1:{most}."
        )
        with pytest.raises(Invalid, match=re.escape(text)):
            route(self.playlist(*(self.entry(number) for number in range(entries))), params=params)
        assert (self.queued_entries(), stack.messages("entries"), items.get("a").expansion.entries) == ([], [], 0)
        assert listening.names == []

    @pytest.mark.parametrize(("most", "entries", "params"), [(3, 3, {}), (3, 40, {"max_downloads": 2})])
    def test_one_of_which_no_more_is_wanted_is_taken(self, route, configure, most, entries, params):
        configure(max_playlist_entries=most)
        assert route(self.playlist(*(self.entry(number) for number in range(entries))), params=params) is None
        assert len(self.queued_entries()) == params.get("max_downloads", entries)

    def test_entries_that_are_not_taken_do_not_count(self, route, configure):
        configure(max_playlist_entries=2)
        route(self.playlist(self.entry(1), None, {"id": "x"}, "x", self.entry(2)))
        assert len(self.queued_entries()) == 2

    def test_repeats_and_what_is_no_address_are_left_out(self, route):
        entries = [self.entry(1), self.entry(1), {"url": "nonsense"}, {"id": "x"}, None, self.entry(2), "x"]
        route(self.playlist(*entries))
        assert [each.source_id for each in items.find_many(self.queued())] == ["1", "2"]

    def test_one_that_its_user_cancels_before_it_proves_too_long_stays_cancelled(self, stack, configure, origin):
        configure(max_playlist_entries=1)
        records.add([item("a", url=origin.url("delay/2/feed/3.rss"))])
        worker = beside(lambda: intake.process_intake("a"))
        until(lambda: not leases.find_expired(["a"], time.time()))
        assert cancel("a") == "ok"
        worker.join()
        assert items.get("a").status is Status.CANCELLED

    def test_one_that_holds_itself(self, route):
        with pytest.raises(Invalid, match="no entry of the list has an address that leads to something else"):
            route(self.playlist(self.entry(1, url="https://video.example/a")))
        assert self.queued() == ["a"]

    def test_complete_entries_need_no_extraction(self, route, stack):
        one = {"_type": "video", "id": "5", "url": "https://video.example/5.mp4", "title": "Five",
               "webpage_url": "https://video.example/5", "extractor_key": "Site"}  # fmt: skip
        twin = one | {"id": "6"}
        route(self.playlist(one, twin))
        found = items.find_many(self.queued())
        assert [(each.title, each.url, each.archive_id) for each in found] == [
            ("Five", one["webpage_url"], "site 5"), ("Five", one["webpage_url"], "site 6"),
        ]  # fmt: skip
        assert stack.messages("entries") == [{"id": each.id} for each in found]
        for each in found:
            intake.process_intake(each.id)
        assert [each.is_waiting for each in items.find_many(self.queued())] == [True, True]

    def test_archived_entries_are_skipped(self, route, listening):
        archive.add(current().settings.archive_file, ["site 1"], T0)
        route(self.playlist(self.entry(1), self.entry(2)), preset="default")
        assert [each.source_id for each in items.find_many(self.queued())] == ["2"]
        [skipped] = items.find_many(items.page(Shelf.DONE, page=1, per_page=9, newest_first=True).ids)
        assert (skipped.status, skipped.source_id) == (Status.SKIP, "1")

    def test_entries_of_the_history_are_replaced(self, route, listening):
        records.add([done("old", url="https://video.example/1", posted_url="")])
        route(self.playlist(self.entry(1), self.entry(2)))
        assert items.find("old") is None
        assert len(self.queued()) == 2

    def test_many_entries_of_the_history_are_replaced_in_the_lists_order(self, route, stack, listening):
        """A few in each transaction, and what is told of an entry is told once."""
        size = BATCH
        old = [done(f"old-{number}", url=f"https://video.example/{number}") for number in range(size - 1)]
        records.add(old)
        records.add([item("queued", url=f"https://video.example/{size - 1}")])
        assert route(self.playlist(*(self.entry(number) for number in range(size)))) is None
        made = [each for each in items.find_many(self.queued()) if each.origin.chain]
        assert [each.source_id for each in made] == [str(number) for number in range(size - 1)]
        assert [each.extras["autonumber"] for each in made] == list(range(1, size))
        assert items.count(Shelf.DONE) == 0
        assert len(stack.messages("entries")) == size - 1
        assert [name for name in listening.names if name.startswith("log_")] == ["log_info", "log_success"]

    def test_an_entry_that_leaves_no_record_is_told_once(self, route, listening, configure):
        configure(ignore_archived_items=True)
        archive.add(current().settings.archive_file, ["site 20"], T0)
        records.add([done(f"old-{number}", url=f"https://video.example/{number}") for number in range(19)])
        assert route(self.playlist(*(self.entry(number) for number in range(21))), preset="default") is None
        made = items.find_many(self.queued())
        assert [each.source_id for each in made] == [str(number) for number in range(20)]
        assert [name for name in listening.names if name.startswith("log_")] == ["log_info", "log_success"]

    def test_parts_of_one_video_are_entries(self, route):
        part = {"_type": "video", "id": "1", "formats": [{"url": "https://video.example/1.mp4"}],
                "webpage_url": "https://video.example/a"}  # fmt: skip
        assert route(self.playlist(part, part | {"id": "2"}, _type="multi_video")) is None
        assert [each.origin.label for each in items.find_many(self.queued())] == ["1", "2"]

    def test_a_list_in_too_many_lists_ends(self, route):
        with pytest.raises(Invalid, match="lies in too many lists"):
            route(self.playlist(self.entry(1)), chain=tuple(f"https://video.example/list-{n}" for n in range(40)))

    def test_no_entries_at_all(self, route, listening):
        with pytest.raises(Invalid, match="the list has no entries"):
            route(self.playlist())
        assert self.queued() == ["a"]

    def test_one_that_says_too_much(self, route):
        huge = "x" * 500_000
        route(self.playlist(self.entry(1, title=huge, description=huge), title=huge, uploader=huge))
        [found] = items.find_many(self.queued())
        assert len(found.title) <= 1000


def test_an_intake_that_always_dies_ends(stack, listening):
    """It is begun again each minute, but not for ever."""
    records.add([item("a")])
    for _ in range(60):
        leases.release(leases.acquire("a", "dies", time.time()))
    intake.process_intake("a")
    found = items.get("a")
    assert (found.status, found.error) == (Status.ERROR, "It could not be read, and was tried too often.")
    assert listening.names == ["log_error", "item_updated", "item_moved"]
