"""Tasks at work: their timers, and the sweep of their feeds (docs/contract/tasks.md 3-5, 8)."""

import itertools
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import quote

import lxml.etree
import pytest
from botocore.exceptions import EndpointConnectionError

import events.on_sweep.main
import events.on_task.main
from dlambda.aws import bucket
from dlambda.deployment import current
from dlambda.domain.items.item import Shelf, Status
from dlambda.domain.messages.queue_messages import SweepTask
from dlambda.domain.rules.resource import PRESETS
from dlambda.domain.tasks.definition import DEFINITIONS
from dlambda.domain.tasks.feed import FeedItem
from dlambda.domain.tasks.task_input import read_tasks
from dlambda.errors import Invalid
from dlambda.store import connections
from dlambda.store.items import archive, daily_bytes, items
from dlambda.store.tasks import feed_history, task_schedule
from dlambda.usecases.items.clear_items import clear
from dlambda.usecases.items.intake import process_intake
from dlambda.usecases.rules import resources
from dlambda.usecases.tasks import inspect_task
from dlambda.usecases.tasks.feed_archive_ids import with_archive_ids
from dlambda.usecases.tasks.inspect_task import inspect
from dlambda.usecases.tasks.run_tasks import wake_due_tasks
from dlambda.usecases.tasks.sweep_task import UNEXPECTED
from dlambda.usecases.tasks.task_options import params_of_task
from dlambda.usecases.tasks.tasks import change_task, find_task, make_tasks
from local.context import Context as Running
from tests.functions.people import make_account, set_up
from tests.origin import Origin
from tests.patience import must_end
from tests.pushes import Pushes
from tests.stack import Stack
from tests.store import records


@pytest.fixture(autouse=True)
def _empty(stack: Stack) -> None:
    """Nothing is there."""


@pytest.fixture
def heard(pushes: Pushes) -> Callable[[str], dict[str, Any]]:
    """The first event of a name that a connected client got."""
    connections.add("c1", "s1")
    return lambda name: next(frame["data"] for frame in pushes.to("c1") if frame["event"] == name)


Heard = Callable[[str], dict[str, Any]]


class Context:
    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def get_remaining_time_in_millis(self) -> float:
        return self.seconds * 1000


def task(**fields: Any) -> int:
    (made,) = make_tasks(read_tasks([{"name": "Tides", "url": "http://127.0.0.1:1/watch"} | fields]))
    return made.id


def handle(*bodies: dict[str, Any]) -> None:
    """on_task with these messages."""
    assert events.on_task.main.lambda_handler(_event(bodies), Context(300)) == {"batchItemFailures": []}


def sweep(*bodies: dict[str, Any], seconds: float = 300) -> None:
    """on_sweep with these messages."""
    assert events.on_sweep.main.lambda_handler(_event(bodies), Context(seconds)) == {"batchItemFailures": []}


def _event(bodies: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"Records": [{"messageId": str(number), "body": json.dumps(body)} for number, body in enumerate(bodies)]}


def queued() -> list[Any]:
    return list(items.iterate(Shelf.QUEUE))


# The timer


@pytest.mark.usefixtures("target")
def test_a_task_that_is_due_is_added_once_whatever_comes_twice(stack: Stack, heard: Heard) -> None:
    task_id = task(timer="* * * * *", folder="tides", template="%(title)s.%(ext)s", cli="--no-part", auto_start=False)
    later = time.time() + 60
    assert [wake_due_tasks(later), wake_due_tasks(later)] == [1, 0]
    (message,) = stack.messages("task")
    assert message == {"type": "run", "id": task_id, "due": message["due"]}
    handle(message, message)
    handle(message)
    (item,) = queued()
    assert (item.url, item.preset, item.folder, item.cli) == (
        "http://127.0.0.1:1/watch",
        "default",
        "tides",
        "--no-part",
    )
    assert (item.auto_start, item.template) == (False, "%(title)s.%(ext)s")
    assert item.extras == {"source_name": "Tides", "source_id": str(task_id), "source_handler": "Tasks"}
    assert stack.messages("intake") == [{"id": item.id}]
    ran = find_task(task_id)
    assert ran is not None
    assert ran.last_result is not None
    assert (ran.last_result.status, ran.last_result.found, ran.last_result.queued) == ("ok", 1, 1)
    assert ran.next_run is not None
    assert ran.next_run.timestamp() > time.time()
    done = heard("log_success")
    assert (done["title"], done["data"]) == ("Task completed", {"preset": "default", "lowPriority": True})


def test_after_an_outage_a_task_runs_once(stack: Stack) -> None:
    task_id = task(timer="* * * * *")
    wake_due_tasks(time.time() + 86400)
    (message,) = stack.messages("task")
    handle(message)
    assert wake_due_tasks(time.time()) == 0
    assert (task_schedule.read(task_id).next_run or 0) > time.time()


def test_a_lost_wake_up_is_sent_again(stack: Stack, configure: Callable[..., None]) -> None:
    configure(tasks_handler_timer="0 0 1 1 *")  # the sweep of all tasks is another wake-up, once an hour
    task(timer="* * * * *")
    later = time.time() + 60
    wake_due_tasks(later)
    stack.messages("task")
    assert wake_due_tasks(later + 300) == 0
    assert wake_due_tasks(later + 601) == 1


@pytest.mark.parametrize("count", [250, pytest.param(1000, marks=pytest.mark.nightly)])
def test_two_schedulers_start_each_due_run_of_many_tasks_once(
    stack: Stack, configure: Callable[..., None], count: int
) -> None:
    """Five minutes, told and not waited for; both tick in each of them."""
    configure(tasks_handler_timer="0 0 1 1 *")
    begin = int(time.time()) // 60 * 60
    for task_id in range(1, count + 1):
        task_schedule.schedule(task_id, f"{(begin // 60 + task_id % 5) % 60} * * * *", begin + 60 * (task_id % 5))
    started: list[int] = []
    for minute in range(5):
        now = begin + 60 * minute
        with ThreadPoolExecutor(2) as schedulers:
            sent = list(schedulers.map(wake_due_tasks, (now, now)))
        messages = stack.messages("task")
        assert sum(sent) == len(messages) == count // 5
        for message in messages:
            assert task_schedule.claim_run(message["id"], message["due"], now, 600)
            assert task_schedule.finish_run(message["id"], message["due"], message["due"] + 3600)
            started.append(message["id"])
    assert sorted(started) == list(range(1, count + 1))


@pytest.mark.parametrize("changes", [{"enabled": False}, {"timer": ""}])
def test_a_task_that_is_switched_off_does_nothing(stack: Stack, changes: dict[str, Any]) -> None:
    task(timer="* * * * *", **changes) if "enabled" in changes else task(**changes)
    wake_due_tasks(time.time() + 3700)
    assert all(message["type"] == "begin_sweep" for message in stack.messages("task"))


def test_a_task_that_is_gone_at_its_time_does_nothing(stack: Stack) -> None:
    task_schedule.schedule(77, "* * * * *", 1)
    wake_due_tasks(time.time())
    (message,) = stack.messages("task")
    handle(message)
    assert queued() == []
    assert 77 not in [task_id for task_id, _due in task_schedule.list_due(time.time() + 10)]


def test_a_dispatch_that_cannot_be_is_told(stack: Stack, heard: Heard) -> None:
    task_id = task(timer="* * * * *", preset="gone")
    wake_due_tasks(time.time() + 60)
    handle(*stack.messages("task"))
    told = heard("log_error")
    assert (told["title"], told["data"]) == ("Task failed", {"preset": "gone"})
    assert told["message"] == "Failed to execute 'Tides'. 'Preset 'gone' does not exist.'"
    ran = find_task(task_id)
    assert ran is not None
    assert ran.last_result is not None
    assert (ran.last_result.status, ran.last_result.error) == ("failed", "Preset 'gone' does not exist.")


def test_a_task_adds_nothing_when_the_day_is_used_up(
    stack: Stack, configure: Callable[..., None], heard: Heard
) -> None:
    configure(daily_gb=0.001)
    now = current().clock.time()
    daily_bytes.add(datetime.fromtimestamp(now, UTC).date().isoformat(), None, 1_000_000, now)
    task(timer="* * * * *")
    wake_due_tasks(time.time() + 60)
    handle(*stack.messages("task"))
    assert queued() == []
    assert "Daily limit reached" in str(heard("log_error"))


def test_an_address_inside_is_refused_when_the_task_runs(stack: Stack, configure: Callable[..., None]) -> None:
    task_id = task(timer="* * * * *")
    configure(allow_internal_urls=False)
    wake_due_tasks(time.time() + 60)
    handle(*stack.messages("task"))
    ran = find_task(task_id)
    assert queued() == []
    assert ran is not None
    assert ran.last_result is not None
    assert ran.last_result.error == "Access to internal urls or private networks is not allowed."


@pytest.mark.parametrize(("change", "stays"), [({"folder": "b"}, True), ({"timer": "0 1 * * *"}, False)])
def test_a_run_that_is_due_stays_due_unless_the_timer_changes(
    stack: Stack, change: dict[str, Any], stays: bool
) -> None:
    task_id = task(timer="0 0 * * *")
    task_schedule.schedule(task_id, "0 0 * * *", int(time.time()) - 60)
    next_run = change_task(task_id, change, whole=False).next_run
    assert next_run is not None
    assert (next_run < datetime.now(UTC)) == stays
    assert (wake_due_tasks(time.time() - 1) > 0) == stays


# The sweep


def sweep_message(task_id: int, due: int = 0) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(SweepTask(task_id, due).to_json())
    return body


def test_the_sweep_wakes_each_task_that_a_handler_serves(stack: Stack) -> None:
    served = task(url="https://a.example/x.rss")
    second = task(name="b", url="https://a.example/y.rss")
    task(name="c", url="https://a.example/z.rss", enabled=False)
    task(name="d", url="https://a.example/z.rss", handler_enabled=False)
    task(name="e", url="https://a.example/watch")
    lacking = task(name="f", url="https://a.example/z.rss", cli="--no-download-archive")
    wake_due_tasks(time.time())
    wake_due_tasks(time.time() + 3700)
    (message,) = stack.messages("task")
    assert message["type"] == "begin_sweep"
    handle(message, message)
    assert stack.messages("sweep") == [
        sweep_message(served, message["due"])
    ]  # the second one's message waits for its time
    assert task_schedule.read(second).result is None
    result = task_schedule.read(lacking).result
    assert result is not None
    assert (result["status"], result["error"]) == ("failed", "The options name no download archive.")


def test_what_the_end_of_the_service_cut_short_is_sent_again(stack: Stack, configure: Callable[..., None]) -> None:
    done, lost = (task(name=name, url=f"https://a.example/{name}.rss") for name in ("done", "lost"))
    now = time.time()
    wake_due_tasks(now)
    wake_due_tasks(now + 3700)
    (message,) = stack.messages("task")
    handle(message)
    assert len(stack.messages("sweep")) == 1  # that of the other waits for its time
    task_schedule.note(done, time.time() + 1, {})
    configure(started_at=time.time() + 2)
    tick = time.time() + 5
    assert wake_due_tasks(tick) == 0
    (again,) = stack.messages("task")
    handle(again)
    assert stack.messages("sweep") == [sweep_message(lost, message["due"])]
    wake_due_tasks(tick)
    assert stack.messages("task") == []


def test_a_task_whose_preset_is_gone_has_failed(stack: Stack, origin: Origin) -> None:
    task_id = task(url=origin.url("/feed/1.rss"), preset="gone")
    sweep(sweep_message(task_id))
    assert queued() == []
    assert outcome(task_id) == ("failed", "Preset 'gone' does not exist.", 0)


@pytest.mark.usefixtures("target", "listening")
def test_a_sweep_queues_what_is_new(stack: Stack, origin: Origin) -> None:
    task_id = task(url=origin.url("/feed/5.rss"), folder="tides", preset="")
    archive.add(current().settings.archive_file, [f"generic {origin.url('/clip-feed-5-1.mp4')}"], 0)
    sweep(sweep_message(task_id))
    found = queued()
    assert len(found) == 4
    assert found[0].extras["source_id"] == task_id
    assert found[0].extras["source_handler"] == "RssGenericHandler"
    assert "batch_id" not in found[0].extras
    assert (found[0].folder, found[0].preset) == ("tides", "default")
    assert len(stack.messages("entries")) == 4
    ran = find_task(task_id)
    assert ran is not None
    assert ran.last_result is not None
    assert (ran.last_result.status, ran.last_result.found, ran.last_result.queued) == ("ok", 5, 4)


def test_the_feed_of_a_member_brings_items_of_the_member(origin: Origin) -> None:
    cookies = "# Netscape HTTP Cookie File\n127.0.0.1\tTRUE\t/\tFALSE\t0\tsid\tsecret\n"
    resources.create(PRESETS, {"name": "own", "cookies": cookies, "cli": "--download-archive own.log"})
    member, _ = make_account(set_up(), "somebody", "member")
    body = {"name": "Tides", "url": origin.url("/feed/1.rss"), "preset": "own"}
    status, made = member.ask("tasks", "POST", "/api/tasks", body)
    assert status == 200, made
    sweep(sweep_message(made["id"]))
    task = find_task(made["id"])
    assert task is not None
    assert task.owner
    assert outcome(made["id"]) == ("ok", None, 1)
    assert [(item.owner, item.preset) for item in queued()] == [(task.owner, "own")]


def test_an_entry_that_was_read_for_its_archive_id_is_not_read_again(
    stack: Stack, origin: Origin, site: Callable[[str, str], str]
) -> None:
    pages = [origin.url(f"/redirect-to?url={quote(origin.url(f'/clip-page-{number}.mp4'))}") for number in (1, 2)]
    task_id = task(url=site("/pages.rss", rss(*pages)))
    sweep(sweep_message(task_id))
    asked = {path: count for path, count in origin.counts.items() if "clip-page-" in path}
    assert len(asked) >= 2
    for message in stack.messages("entries"):
        process_intake(message["id"])
    assert [(item.extracted, item.title) for item in queued()] == [(True, "x"), (True, "x")]
    assert {path: origin.counts[path] for path in asked} == asked


def test_an_entry_whose_page_is_lost_is_read_again(stack: Stack, origin: Origin) -> None:
    task_id = task(url=origin.url("/feed/1.rss"))
    sweep(sweep_message(task_id))
    (item,) = queued()
    bucket.delete([item.info_key])
    process_intake(item.id)
    assert items.get(item.id).extracted


class _Ending(Running):
    """The context of an invocation whose time is over when the function has looked at it so many times."""

    def __init__(self, function_name: str, looks: int) -> None:
        super().__init__(function_name, 120)
        self._looks = looks

    def get_remaining_time_in_millis(self) -> int:
        self._looks -= 1
        return super().get_remaining_time_in_millis() if self._looks >= 0 else 0


def test_many_short_invocations_queue_each_entry_once(stack: Stack, origin: Origin) -> None:
    """Each gets a batch further, stops, hands over, and the next reads the feed again."""
    task_id = task(url=origin.url("/feed/130.rss"))
    message: dict[str, Any] | None = sweep_message(task_id)
    invocations = 0
    while message and invocations < 99:
        event = {"Records": [{"messageId": "m", "body": json.dumps(message)}]}
        assert events.on_sweep.main.lambda_handler(event, _Ending("on_sweep", invocations + 2)) == {
            "batchItemFailures": []
        }
        message = next(iter(stack.messages("sweep")), None)
        invocations += 1
    assert invocations > 1
    urls = [item.url for item in queued()]
    assert len(urls) == len(set(urls)) == 130
    ran = find_task(task_id)
    assert ran is not None
    assert ran.last_result is not None
    assert (ran.last_result.found, ran.last_result.queued) == (130, 130)


def test_a_second_sweep_queues_nothing_again_even_what_was_deleted(origin: Origin) -> None:
    task_id = task(url=origin.url("/feed/3.rss"))
    sweep(sweep_message(task_id))
    for item in queued():
        records.remove(item)
    sweep(sweep_message(task_id))
    assert queued() == []


@pytest.mark.parametrize("cli", ["", "--download-sections *0-1"])
def test_what_failed_is_tried_again_after_a_pause(origin: Origin, cli: str) -> None:
    task_id = task(url=origin.url("/feed/1.rss"), cli=cli)
    sweep(sweep_message(task_id))
    (item,) = queued()
    failed = records.save(item, item.ended(Status.ERROR, time.time()))
    sweep(sweep_message(task_id))
    assert queued() == []
    records.save(failed, failed.evolve(stored_at=time.time() - 3601))
    sweep(sweep_message(task_id))
    assert len(queued()) == 1


def test_so_is_what_failed_and_was_cleared(stack: Stack, origin: Origin) -> None:
    task_id = task(url=origin.url("/feed/1.rss"))
    sweep(sweep_message(task_id))
    (item,) = queued()
    failed = records.save(item, item.ended(Status.ERROR, time.time()))
    failed = records.save(failed, failed.evolve(stored_at=time.time() - 3500))
    clear([failed], remove_files=False)
    sweep(sweep_message(task_id))
    assert queued() == []
    feed_history.note_failed("RssGenericHandler", failed.origin.identity, time.time() - 3601)
    sweep(sweep_message(task_id))
    assert len(queued()) == 1


def test_a_look_up_that_was_cut_short_is_no_result(origin: Origin) -> None:
    item = FeedItem(origin.url("/delay/2/clip-cut.mp4"))
    seconds = itertools.chain([1.0], itertools.repeat(60.0))
    made = find_task(task())
    assert made is not None
    options = params_of_task(made)
    for found in (None, "generic clip-cut"):
        ((read,), complete) = with_archive_ids([item], "cut", options, lambda: next(seconds))
        assert (read.archive_id, complete) == (found, found is not None)


def test_a_sweep_without_time_hands_over(stack: Stack, origin: Origin) -> None:
    task_id = task(url=origin.url("/feed/3.rss"))
    sweep(sweep_message(task_id), seconds=30)
    assert queued() == []
    (message,) = stack.messages("sweep")
    assert message == sweep_message(task_id)
    sweep(message)
    assert len(queued()) == 3


def test_one_sweep_at_a_time_works_off_a_feed(stack: Stack, origin: Origin) -> None:
    """The next is left out, what the same one has left goes on, and when that is done others may come."""
    task_id = task(url=origin.url("/feed/4.rss"))
    sweep(sweep_message(task_id, due=60), seconds=30)
    (rest,) = stack.messages("sweep")
    sweep(sweep_message(task_id, due=120))
    assert (queued(), stack.messages("sweep")) == ([], [])
    sweep(rest)
    assert len(queued()) == 4
    assert task_schedule.claim_sweep(task_id, 180, time.time(), 1)


def test_a_sweep_that_died_holds_nobody_up_for_long(origin: Origin) -> None:
    task_id = task(url=origin.url("/feed/4.rss"))
    assert task_schedule.claim_sweep(task_id, 60, time.time() - 301, 300)
    sweep(sweep_message(task_id, due=120))
    assert len(queued()) == 4


def test_a_feed_that_cannot_be_read_is_a_result() -> None:
    task_id = task(url="http://127.0.0.1:1/x.rss")
    sweep(sweep_message(task_id))
    ran = find_task(task_id)
    assert ran is not None
    assert ran.last_result is not None
    assert (ran.last_result.status, ran.last_result.error) == ("failed", "Failed to fetch RSS/Atom feed.")


class Site(BaseHTTPRequestHandler):
    """Answers with the page of that path."""

    pages: ClassVar[dict[str, bytes]] = {}

    def do_GET(self) -> None:
        body = self.pages.get(self.path, b"")
        self.send_response(302 if body.startswith(b"http://") else 200)
        self.send_header("Location", body.decode("latin-1")) if body.startswith(b"http://") else None
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def site() -> Iterator[Callable[[str, str], str]]:
    """Puts a page under a path and answers its URL."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()

        def put(path: str, body: str) -> str:
            Site.pages[path] = body.encode()
            return f"http://127.0.0.1:{server.server_address[1]}{path}"

        yield put
        server.shutdown()
        thread.join()
        Site.pages.clear()


Put = Callable[[str, str], str]


def outcome(task_id: int) -> tuple[str, str | None, int]:
    ran = find_task(task_id)
    assert ran is not None
    assert ran.last_result is not None
    return ran.last_result.status, ran.last_result.error, ran.last_result.queued


def rss(*links: str) -> str:
    items = "".join(f"<item><title>x</title><link>{link}</link></item>" for link in links)
    return f"<rss><channel>{items}</channel></rss>"


@pytest.mark.parametrize("bad", ["kaltura:1926081:0_l5ye1133", "http://[bad/x"])
def test_an_entry_that_is_no_web_address_holds_no_other_up(origin: Origin, site: Put, bad: str) -> None:
    good = origin.url("/clip-good.mp4")
    task_id = task(url=site("/mixed.rss", rss(bad, good)))
    sweep(sweep_message(task_id))
    assert [item.url for item in queued()] == [good]
    assert outcome(task_id) == ("ok", None, 1)


def test_a_feed_that_redirects_nowhere_is_a_result(site: Put) -> None:
    task_id = task(url=site("/moved.rss", "http://[bad"))
    sweep(sweep_message(task_id))
    assert outcome(task_id) == ("failed", "Failed to fetch RSS/Atom feed.", 0)


def define(**document: Any) -> None:
    """A definition for every page of this machine, as an earlier version may have stored it."""
    rule = {"type": "css", "expression": "a", "attribute": "href"}
    fields = {"name": "Mine", "match_url": ["http://127.0.0.1:*"], "definition": {"parse": {"url": rule}} | document}
    resources.create(DEFINITIONS, fields)


def test_a_link_that_is_no_address_costs_a_page_only_itself(origin: Origin, site: Put) -> None:
    define()
    good = origin.url("/clip-page.mp4")
    task_id = task(url=site("/page", f"<a href='http://[bad'>1</a><a href='{good}'>2</a>"))
    sweep(sweep_message(task_id))
    assert [item.url for item in queued()] == [good]
    assert outcome(task_id) == ("ok", None, 1)


def test_half_a_character_costs_no_feed(origin: Origin, site: Put) -> None:
    names = {name: {"type": "jsonpath", "expression": name} for name in ("url", "title", "more")}
    define(parse={"items": {"type": "jsonpath", "selector": "[]", "fields": names}}, response={"type": "json"})
    good = origin.url("/clip-half.mp4")
    page = json.dumps([{"url": good, "title": "\ud800", "more": "\udfff"}])
    task_id = task(url=site("/page", page))
    sweep(sweep_message(task_id))
    assert [(item.url, item.extras["metadata"]) for item in queued()] == [(good, {"more": "\ufffd"})]


def test_what_nobody_expected_is_a_result_and_holds_nobody_up(
    site: Put, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    task_id = task(url=site("/odd.rss", rss("https://a.example/1")))

    def fails(*_: Any, **__: Any) -> Any:
        raise IndexError("list index out of range")

    monkeypatch.setattr(lxml.etree, "fromstring", fails)
    sweep(sweep_message(task_id, due=60))
    assert outcome(task_id) == ("failed", UNEXPECTED, 0)
    assert "failed unexpectedly" in caplog.text
    assert task_schedule.claim_sweep(task_id, 120, time.time(), 1)


def test_a_sweep_comes_again_when_the_table_was_away(site: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    task_id = task(url=site("/away.rss", rss("https://a.example/1")))

    def away(*_: Any, **__: Any) -> Any:
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")

    monkeypatch.setattr(lxml.etree, "fromstring", away)  # where a call of the cloud would stand
    event = {"Records": [{"messageId": "m", "body": json.dumps(sweep_message(task_id))}]}
    assert events.on_sweep.main.lambda_handler(event, Context(300)) == {"batchItemFailures": [{"itemIdentifier": "m"}]}
    assert task_schedule.read(task_id).result is None


# Inspections of what no sweep could read


def refused(url: str) -> tuple[int, str, str]:
    with pytest.raises(Invalid) as caught:
        inspect(url)
    return caught.value.status, caught.value.extra["message"], caught.value.message


def test_an_inspection_tells_what_cannot_be_asked(site: Put) -> None:
    assert refused(site("/moved.rss", "http://[bad")) == (
        400,
        "Failed to fetch RSS/Atom feed.",
        "The site redirects to an address that is not valid",
    )
    define(request={"url": "http://[bad"})
    url = site("/page", "<a href=/1>x</a>")
    assert refused(url) == (400, "Invalid target URL.", "Invalid URL.")


def test_an_inspection_keeps_to_its_time_whatever_a_definition_says(site: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        define(request={"timeout": 120, "url": f"http://127.0.0.1:{silent.getsockname()[1]}/"})
        monkeypatch.setattr(inspect_task, "_FETCH_SECONDS", 1.0)
        with must_end():
            assert refused(site("/page", "x")) == (400, "Failed to fetch target URL.", "Timed out")


def test_a_task_without_a_schedule_row_gets_one(stack: Stack) -> None:
    task_id = task(timer="0 0 * * *")
    task_schedule.remove(task_id)
    wake_due_tasks(time.time())
    wake_due_tasks(time.time() + 3700)
    handle(*stack.messages("task"))
    assert task_schedule.read(task_id).next_run is not None
