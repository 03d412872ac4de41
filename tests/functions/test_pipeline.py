"""From an add to its end, and what clients hear: docs/contract/downloads.md 5, websocket.md 5 (sequences)."""

import pytest

from dlambda.aws import bucket
from dlambda.deployment import current
from dlambda.domain.items.item import Shelf, Status
from dlambda.domain.messages.queue_messages import DownloadItem, IntakeItem
from dlambda.domain.rules.resource import PRESETS
from dlambda.settings import HANDOVER_SECONDS
from dlambda.store.items import archive, items, leases, slots
from dlambda.usecases.rules import resources
from tests.endless import endless_server
from tests.functions.working import beside, handle, until, work
from tests.patience import PATIENCE_SECONDS

PATH = "/api/history"


@pytest.fixture(autouse=True)
def no_retries(configure):
    configure(retries=0)


def add(history, url, **fields) -> str:
    status, body = history.post(PATH, {"url": url, **fields})
    assert status == 200, body
    return body[0]["_id"]


def sequence(listening, item_id: str) -> list[str]:
    """The events about one item; repeated updates count once."""
    found: list[str] = []
    for frame in listening.frames:
        item = frame["data"]["data"].get("item", frame["data"]["data"])
        name = frame["event"] if frame["event"] != "item_updated" else f"item_updated {item['status']}"
        if item.get("_id") == item_id and found[-1:] != [name]:
            found.append(name)
    return found


@pytest.mark.usefixtures("target")
def test_a_download(history, stack, listening, origin):
    item_id = add(history, origin.url("pipeline/clip-1.mp4"), folder="sea")
    work(stack)
    heard = sequence(listening, item_id)
    assert heard[:3] == ["item_added", "item_updated pending", "item_updated preparing"]
    assert heard[-1] == "item_moved"
    assert set(heard[3:-1]) <= {"item_updated downloading", "item_updated postprocessing"}
    record = history.get(f"{PATH}/{item_id}")[1]
    assert (record["status"], record["folder"], record["error"]) == ("finished", "sea", None)
    assert record["file_size"] == origin.media("clip.mp4").stat().st_size
    assert record["extras"]["is_video"] is True
    assert isinstance(record["extras"]["duration"], int)
    assert (record["ffprobe"]["is_video"], record["ffprobe"]["metadata"]["filename"]) == (
        True,
        f"sea/{record['filename']}",
    )
    assert bucket.find(f"files/sea/{record['filename']}").size_bytes == record["file_size"]
    assert slots.read().taken == 0
    assert not [each.key for each in bucket.list_("info/")]
    assert len(stack.messages("notify")) == 3  # added, completed, moved: each function has targets told


def test_nobody_hears_finished_before_the_file_is_there(history, stack, listening, origin):
    add(history, origin.url("pipeline/clip-2.mp4"))
    work(stack)
    [moved] = listening.of("item_moved")
    assert moved["data"]["item"]["status"] == "finished"
    assert "finished" not in [event["data"]["status"] for event in listening.of("item_updated")]


@pytest.mark.parametrize("path", ["status/404/clip.mp4", "status/500/clip.mp4", "redirect-loop/clip.mp4"])
def test_a_failed_extraction_ends_in_history(target, history, stack, listening, origin, path):
    item_id = add(history, origin.url(path))
    work(stack)
    assert [name for name in listening.names if name != "log_warning"] == [
        "item_added", "log_error", "item_updated", "item_moved",
    ]  # fmt: skip
    record = history.get(f"{PATH}/{item_id}")[1]
    assert record["status"] == "error"
    assert record["failure"].keys() >= {"kind", "advice", "retry_at"}
    [told] = listening.of("log_error")
    assert (told["title"], told["message"]) == (
        "Download Error",
        f"'{record['title']}' failed to download. {record['error']}",
    )
    assert told["data"]["_id"] == item_id


def test_a_download_that_breaks_ends_in_history(history, stack, listening, origin):
    item_id = add(history, origin.url("truncated/clip-3.mp4"), cli="--retries 0")
    work(stack)
    heard = sequence(listening, item_id)
    assert heard[-3:] == ["log_error", "item_updated error", "item_moved"]
    assert slots.read().taken == 0


@pytest.mark.parametrize(
    ("template", "error"),
    [
        ("%(title)s/", "The output template gives no file name."),
        ("/".join(["long" * 50] * 6) + "/%(title)s.%(ext)s", "is too long."),
    ],
)
def test_a_template_without_a_usable_name_ends_its_item_alone(history, stack, listening, origin, template, error):
    bad = [add(history, origin.url(f"pipeline/{number}/clip-45.mp4"), template=template) for number in range(2)]
    good = add(history, origin.url("pipeline/clip-46.mp4"))
    work(stack)
    for item in map(items.get, bad):
        assert (item.status, item.failure["kind"]) == (Status.ERROR, "options")
        assert item.error.endswith(error)
    assert listening.names.count("log_error") == 2
    assert items.get(good).status is Status.FINISHED
    assert slots.read().taken == 0


def test_a_file_that_no_disk_holds_is_refused_and_leaves_none_of_it(history, stack, listening, configure):
    configure(retries=3)  # of which none would help
    folder = current().settings.scratch / "items"
    before = set(folder.glob("*"))
    with endless_server() as server:
        item_id = add(history, f"{server}/film.mp4")
        handle(IntakeItem(item_id))
        stack.messages("download")
        handle(DownloadItem(item_id))
    item = items.get(item_id)
    assert (item.status, item.failure["kind"], item.failure["retry_at"]) == (Status.ERROR, "disk", None)
    assert item.error.startswith("The file is larger than the scratch folder: ")
    assert set(folder.glob("*")) == before
    assert slots.read().taken == 0


def test_a_running_download_is_cancelled(history, stack, listening, origin):
    item_id = add(history, origin.url("slow/100000/clip-4.mp4"))
    [message] = stack.messages("intake")
    handle(IntakeItem(message["id"]))
    [message] = stack.messages("download")
    worker = beside(lambda: handle(DownloadItem(item_id)))
    until(lambda: items.get(item_id).status is Status.DOWNLOADING)
    assert history.post(f"{PATH}/cancel", {"ids": [item_id]})[1] == {item_id: "ok"}
    worker.join(PATIENCE_SECONDS)
    assert not worker.is_alive()
    assert items.get(item_id).status is Status.CANCELLED
    assert listening.names[-2:] == ["item_cancelled", "item_moved"]
    assert listening.of("item_cancelled")[0]["data"]["status"] == "cancelled"
    assert slots.read().taken == 0


@pytest.mark.parametrize("message", [IntakeItem, DownloadItem])
def test_an_item_that_was_ended_just_before_its_worker_began_leaves_no_lease(history, stack, message):
    item_id = add(history, "https://example.com/clip.mp4", auto_start=False)
    assert history.post(f"{PATH}/cancel", {"ids": [item_id]})[1] == {item_id: "ok"}
    leases.release(leases.acquire(item_id, "late", current().clock.time()))
    assert handle(message(item_id)) == {"batchItemFailures": []}
    assert stack.rows("leases") == []


def test_an_item_that_is_cancelled_during_its_intake_stays_cancelled(history, stack, listening, origin):
    item_id = add(history, origin.url("delay/1.5/clip-5.mp4"))
    worker = beside(lambda: work(stack))
    until(lambda: "GET /delay/1.5/clip-5.mp4" in origin.counts)
    assert history.post(f"{PATH}/cancel", {"ids": [item_id]})[1] == {item_id: "ok"}
    worker.join(PATIENCE_SECONDS)
    assert items.get(item_id).status is Status.CANCELLED
    assert listening.names == ["item_added", "item_cancelled", "item_moved"]


def test_an_item_that_is_held_during_its_intake_waits(history, stack, origin):
    item_id = add(history, origin.url("delay/1.5/clip-6.mp4"))
    worker = beside(lambda: work(stack))
    until(lambda: "GET /delay/1.5/clip-6.mp4" in origin.counts)
    assert history.post(f"{PATH}/pause", {"ids": [item_id]})[1] == {item_id: "paused"}
    worker.join(PATIENCE_SECONDS)
    until(lambda: not work(stack) and items.get(item_id).extracted)
    assert (items.get(item_id).status, items.get(item_id).auto_start) == (Status.PENDING, False)
    assert history.post(f"{PATH}/start", {"ids": [item_id]})[1] == {item_id: "started"}
    work(stack)
    assert items.get(item_id).status is Status.FINISHED


def test_a_held_item_is_extracted_and_waits(history, stack, listening, origin):
    item_id = add(history, origin.url("pipeline/clip-7.mp4"), auto_start=False)
    work(stack)
    record = history.get(f"{PATH}/{item_id}")[1]
    assert (record["status"], record["auto_start"]) == ("pending", False)
    assert record["title"] != record["url"]
    assert sequence(listening, item_id) == ["item_added", "item_updated pending"]


def test_nothing_starts_while_paused(history, system, stack, origin):
    system.post("/api/system/pause")
    item_id = add(history, origin.url("pipeline/clip-8.mp4"))
    work(stack)
    assert items.get(item_id).is_waiting
    handle(DownloadItem(item_id))
    assert items.get(item_id).is_waiting
    system.post("/api/system/resume")
    work(stack)
    assert items.get(item_id).status is Status.FINISHED


def test_a_finished_url_is_downloaded_again(history, stack, listening, origin):
    url = origin.url("pipeline/clip-9.mp4")
    first = add(history, url)
    work(stack)
    heard = len(listening.frames)
    second = add(history, url)
    assert [frame["event"] for frame in listening.frames[heard:]] == ["item_deleted", "item_added"]
    work(stack)
    assert items.find(first) is None
    assert items.get(second).status is Status.FINISHED
    assert items.count(Shelf.DONE) == 1


class TestArchive:
    """5.2 rows 5 and 8. Ids of the generic extractor count with presets of users."""

    @pytest.fixture
    def url(self, history, stack, origin, request):
        """One that was downloaded into an archive and cleared from the history."""
        resources.create(PRESETS, {"name": "Mine", "cli": "--download-archive mine.log"})
        found = origin.url(f"pipeline/{request.node.name}/clip-20.mp4")
        item_id = add(history, found, preset="Mine")
        work(stack)
        record = items.get(item_id)
        assert (record.status, record.is_archivable, record.is_archived) == (Status.FINISHED, True, True)
        assert archive.list_("mine.log") == [record.archive_id]
        history.delete(PATH, {"type": "done", "ids": [item_id]})
        return found

    def test_what_is_archived_is_skipped(self, history, stack, listening, url):
        heard = len(listening.frames)
        item_id = add(history, url, preset="Mine")
        work(stack)
        record = items.get(item_id)
        assert (record.status, record.is_archived) == (Status.SKIP, True)
        assert record.msg == "URL is already downloaded. Found in archive 'mine.log'."
        assert record.source_id == record.archive_id.split()[1]
        assert [frame["event"] for frame in listening.frames[heard:]] == ["item_added", "item_moved"]

    def test_or_leaves_no_record(self, history, stack, listening, url, configure):
        configure(ignore_archived_items=True)
        heard = len(listening.frames)
        item_id = add(history, url, preset="Mine")
        work(stack)
        assert items.find(item_id) is None
        assert [frame["event"] for frame in listening.frames[heard:]] == ["item_added", "log_info", "item_deleted"]
        assert listening.of("log_info")[0]["title"] == "Already Downloaded"

    def test_a_recorded_one_stays_as_it_is(self, history, stack, listening, url):
        first = add(history, url, preset="Mine")
        work(stack)
        heard = len(listening.frames)
        add(history, url, preset="Mine")
        work(stack)
        assert items.get(first).status is Status.SKIP
        assert items.count(Shelf.DONE) == 1
        assert [frame["event"] for frame in listening.frames[heard:]] == ["log_info"]


class TestPlaylist:
    """5.4 and the contract's Adding: the record gives way to its entries."""

    def test_it_becomes_its_entries(self, history, stack, listening, origin):
        item_id = add(history, origin.url("feed/3.rss"), folder="list", auto_start=False, extras={"k": 1})
        work(stack)
        assert items.find(item_id) is None
        entries = history.get(PATH)[1]["queue"]
        assert len(entries) == 3
        assert {each["folder"] for each in entries} == {"list"}
        assert [each["extras"]["playlist_index"] for each in entries] == [1, 2, 3]
        assert {each["extras"]["n_entries"] for each in entries} == {3}
        assert {each["extras"]["k"] for each in entries} == {1}
        assert {each["auto_start"] for each in entries} == {False}
        [deleted] = listening.of("item_deleted")
        assert deleted["_id"] == item_id
        [told] = listening.of("log_success")
        assert "3" in told["message"]
        assert listening.names.count("item_added") == 4
        assert listening.names.index("item_deleted") > max(
            number for number, name in enumerate(listening.names) if name == "item_added"
        )

    @pytest.mark.parametrize(("cli", "entries"), [("--max-downloads 2", 2), ("--max-downloads 9", 4)])
    def test_it_has_as_many_entries_as_its_options_allow(self, history, stack, listening, origin, cli, entries):
        add(history, origin.url("feed/4.rss"), cli=cli, auto_start=False)
        work(stack)
        queue = history.get(PATH)[1]["queue"]
        assert [each["extras"]["playlist_index"] for each in queue] == list(range(1, entries + 1))
        assert {each["extras"]["playlist_count"] for each in queue} == {4}
        assert listening.of("log_success")[0]["data"]["count"] == entries

    def test_one_download_is_no_end_of_it(self, history, stack, origin):
        add(history, origin.url("feed/2.rss"), cli="--max-downloads 1")
        work(stack)
        [done] = history.get(PATH)[1]["history"]
        assert (done["status"], done["error"]) == ("finished", None)

    def test_what_did_not_come_in_is_not_counted(self, history, stack, listening, origin):
        feed = origin.media("clip.mp4").parent / "odd.rss"
        twice = origin.url("clip-odd-1.mp4")
        addresses = [twice, twice, "file:///etc/passwd", "ftp://example.com/a.mp4", "", origin.url("clip-odd-2.mp4")]
        rows = "".join(f"<item><title>Odd</title><link>{address}</link></item>" for address in addresses)
        feed.write_text(f'<rss version="2.0"><channel><title>Odd</title>{rows}</channel></rss>')
        queued = add(history, origin.url("clip-odd-2.mp4"), auto_start=False)
        add(history, origin.url("odd.rss"), auto_start=False)
        work(stack)
        before, entry = history.get(PATH)[1]["queue"]
        assert (before["_id"], entry["url"]) == (queued, twice)
        [told] = listening.of("log_success")
        assert (told["message"], told["data"]["count"]) == ("Added 1 entries of 'Odd' to the download queue.", 1)

    def test_entries_that_are_queued_stay_alone(self, history, stack, origin):
        url = origin.url("feed/4.rss")
        add(history, url, auto_start=False)
        work(stack)
        before = [each["_id"] for each in history.get(PATH)[1]["queue"]]
        add(history, url, auto_start=False)
        work(stack)
        assert [each["_id"] for each in history.get(PATH)[1]["queue"]] == before

    def test_one_that_is_too_long_ends_with_an_error_that_names_the_setting(
        self, history, stack, origin, listening, configure
    ):
        configure(max_playlist_entries=3)
        item_id = add(history, origin.url("feed/5.rss"), auto_start=False)
        chosen = add(history, origin.url("feed/6.rss"), auto_start=False, cli="--playlist-items 2:4")
        work(stack)
        record = items.get(item_id)
        assert record.status is Status.ERROR
        assert record.error.startswith("It has more than 3 entries, and YTP_MAX_PLAYLIST_ENTRIES allows no more.")
        assert not [event for event in listening.of("item_added") if "feed-5-" in event["data"]["url"]]
        assert items.find(chosen) is None
        queued = [each["url"] for each in history.get(PATH)[1]["queue"]]
        assert queued == [origin.url(f"clip-feed-6-{number}.mp4") for number in (2, 3, 4)]

    def test_a_dead_expansion_goes_on_where_it_was(self, history, stack, origin):
        item_id = add(history, origin.url("feed/5.rss"), auto_start=False)
        work(stack)
        handle(IntakeItem(item_id))  # its message comes once more
        assert len(history.get(PATH)[1]["queue"]) == 5


class TestLimits:
    def test_an_item_without_slot_is_woken_when_one_is_free(self, history, stack, origin, configure):
        configure(max_workers=1, max_workers_per_extractor=1)
        ids = [add(history, origin.url(f"pipeline/clip-3{number}.mp4")) for number in range(3)]
        for message in stack.messages("intake"):
            handle(IntakeItem(message["id"]))
        work(stack)
        assert [items.get(item_id).status for item_id in ids] == [Status.FINISHED] * 3
        assert slots.read().waiting == {}


def test_a_message_about_nothing_is_settled(stack):
    for message in (IntakeItem("nobody"), DownloadItem("nobody")):
        assert handle(message) == {"batchItemFailures": []}


def test_a_doubled_message_does_nothing_twice(history, stack, listening, origin):
    item_id = add(history, origin.url("pipeline/clip-40.mp4"))
    work(stack)
    heard = len(listening.frames)
    for message in (IntakeItem(item_id), DownloadItem(item_id), IntakeItem(item_id)):
        handle(message)
    assert len(listening.frames) == heard
    assert items.count(Shelf.DONE) == 1


def test_a_download_goes_on_in_the_next_invocation(history, stack, listening, origin):
    item_id = add(history, origin.url("slow/400000/clip-41.mp4"))
    handle(IntakeItem(item_id))
    stack.messages("download")
    handle(DownloadItem(item_id), seconds=HANDOVER_SECONDS + 1.5)
    assert stack.messages("download") == [{"id": item_id}]
    assert items.get(item_id).status in (Status.PREPARING, Status.DOWNLOADING)
    handle(DownloadItem(item_id))
    record = items.get(item_id)
    assert record.status is Status.FINISHED
    assert record.file_size == origin.media("clip.mp4").stat().st_size
    assert "item_cancelled" not in listening.names


def test_cookies_reach_the_source_and_nobody_else(history, stack, listening, origin):
    host = origin.base.removeprefix("http://").partition(":")[0]
    cookies = f"# Netscape HTTP Cookie File\n{host}\tFALSE\t/\tFALSE\t0\tname\thush\n"
    item_id = add(history, origin.url("cookie/name/hush/clip-42.mp4"), cookies=cookies)
    work(stack)
    assert items.get(item_id).status is Status.FINISHED
    assert not any("Netscape" in str(frame) for frame in listening.frames)
