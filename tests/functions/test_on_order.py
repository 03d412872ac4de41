"""Workers of the key API, in this process: hand-overs, deaths, and that every task ends (docs/contract/hostapi.md)."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import endpoints
from dlambda.aws import bucket
from dlambda.domain.messages.queue_messages import FulfilOrder
from dlambda.domain.orders.order import Kind, Order, State
from dlambda.domain.orders.order_request import parse_order_request
from dlambda.media.workers.warm_process import warm_processes
from dlambda.settings import HANDOVER_SECONDS
from dlambda.store.items import leases
from dlambda.store.orders import orders, quota_usage
from dlambda.usecases.orders.fulfil_order import Outcome, fulfil_order
from dlambda.usecases.orders.order_folder import workdir_of
from tests.e2e.playback import decode
from tests.functions.permissions import acting_as
from tests.origin.media import media_folder
from tests.stack import forget_settings

ROOMY = 10_000.0
CLIP = (media_folder() / "clip.mp4").read_bytes


@pytest.fixture
def elsewhere(stack, monkeypatch, tmp_path):
    """Workers whose own folder does not last, as in the cloud."""
    monkeypatch.setenv("DLAMBDA_WORK_DURABLE", "false")
    monkeypatch.setenv("DLAMBDA_WORK_DIR", str(tmp_path / "work"))
    forget_settings()
    yield
    forget_settings()


def place(kind, url, **fields):
    url, options = parse_order_request(kind, {"url": url, **fields})
    made = Order(f"{time.time_ns():016d}"[-16:], kind, url, "owner", "robot", time.time(), options)
    orders.add(made)
    return made.id


def work(order_id, seconds=ROOMY):
    """One invocation that may run for `seconds` before it must hand over."""
    end = time.monotonic() + seconds + HANDOVER_SECONDS
    with acting_as("on_order"):
        return fulfil_order(order_id, seconds_left=lambda: end - time.monotonic())


def until_bytes(order_id):
    """The time of an invocation that ends when more bytes have come than buffers hold."""

    def seconds_left():
        percent = leases.find_progress([order_id]).get(order_id, {}).get("percent")
        return 0.0 if (percent or 0) > 10 else ROOMY

    return seconds_left


def result(order_id):
    order = orders.find(order_id)
    assert order.state is State.COMPLETED, order
    return bucket.get_bytes(f"orders/{order_id}/{order.file}")


def test_a_download_is_handed_over_to_a_worker_elsewhere(elsewhere, origin):
    order_id = place(Kind.GET_VIDEO, origin.url("slow/600000/clip-handover.mp4"))
    assert fulfil_order(order_id, seconds_left=until_bytes(order_id)) is Outcome.UNFINISHED
    assert orders.find(order_id).state is State.PROCESSING
    assert sum(each.size_bytes for each in bucket.list_(f"resume/{order_id}/chunks/")) > 0
    assert not workdir_of(order_id).exists()
    assert work(order_id) is Outcome.ENDED
    assert result(order_id) == CLIP()
    assert list(bucket.list_("resume/")) == []


@pytest.mark.slow
def test_a_recording_is_handed_over_twice_without_a_gap(elsewhere, origin):
    order_id = place(Kind.GET_LIVE_VIDEO, origin.url("live/handover+60/1/0/index.m3u8"), duration=12)
    for _ in range(2):
        assert work(order_id, 3.5) is Outcome.UNFINISHED
        assert not workdir_of(order_id).exists()
    assert work(order_id) is Outcome.ENDED
    assert orders.find(order_id).warnings == ()
    found = decode(result(order_id))
    assert found.video_frames / 30 == pytest.approx(12, abs=0.5)


@pytest.mark.slow
def test_a_recording_survives_a_worker_that_vanished_with_its_folder(elsewhere, origin, monkeypatch):
    """Segments were carried to the bucket while they came."""
    order_id = place(Kind.GET_LIVE_VIDEO, origin.url("live/vanished+60/1/0/index.m3u8"), duration=9)

    class Vanished(BaseException):
        pass

    end = time.monotonic() + 4

    def seconds_left():
        if time.monotonic() > end:
            raise Vanished
        return ROOMY

    with pytest.raises(Vanished):
        fulfil_order(order_id, seconds_left=seconds_left)
    warm_processes().close()  # its process is gone with it
    shutil.rmtree(workdir_of(order_id))
    lease = leases.acquire(order_id, "sweep", time.time() + leases.LEASE_SECONDS + 1)
    leases.release(lease)
    assert work(order_id) is Outcome.ENDED
    assert orders.find(order_id).warnings == ()
    assert decode(result(order_id)).video_frames / 30 == pytest.approx(9, abs=0.5)


def test_a_doubled_message_does_nothing(stack, origin):
    order_id = place(Kind.GET_INFO, origin.url("clip-doubled.mp4"))
    assert [work(order_id), work(order_id)] == [Outcome.ENDED, Outcome.LEFT]
    assert json.loads(result(order_id))["title"]
    assert work("unknown0unknown0") is Outcome.LEFT


def test_an_order_without_a_place_waits_on(stack, origin, configure):
    configure(task_max_workers=1)
    first, second = (place(Kind.GET_INFO, origin.url(f"clip-place-{n}.mp4")) for n in range(2))
    orders.start(orders.find(first), leases.acquire(first, "w", time.time()), time.time(), places=1)
    assert work(second) is Outcome.LEFT
    assert orders.find(second).state is State.WAITING


def test_an_order_that_kills_its_workers_ends(stack, origin):
    order_id = place(Kind.GET_INFO, origin.url("clip-killer.mp4"))
    for number in range(6):
        lease = leases.acquire(order_id, f"w{number}", time.time() + 100 * number)
        orders.start(orders.find(order_id), lease, time.time(), places=1)
    leases.release(lease)
    assert work(order_id) is Outcome.ENDED
    assert orders.find(order_id).error == "The worker ended unexpectedly, again and again."


def test_bytes_that_no_quota_counts_any_more_make_room(stack, origin, configure):
    size = len(CLIP())
    configure(available_gb=1.5 * size / 1e9)
    limits = quota_usage.Limits(2 * size, int(1.5 * size), 600)
    quota_usage.raise_to(quota_usage.Meter.of("k", "a"), size, time.time() - 3600, limits)
    order_id = place(Kind.GET_VIDEO, origin.url("clip-room.mp4"))
    assert work(order_id) is Outcome.ENDED
    assert result(order_id) == CLIP()


def test_an_error_that_nobody_foresaw_ends_the_order(stack, origin, monkeypatch):
    from events.on_order.main import lambda_handler

    order_id = place(Kind.GET_INFO, origin.url("clip-bug.mp4"))
    monkeypatch.setattr("dlambda.usecases.orders.bring_media.extract", lambda *_, **__: 1 / 0)

    class Context:
        def get_remaining_time_in_millis(self):
            return 900_000

    waiting_id = place(Kind.GET_INFO, origin.url("clip-next.mp4"))
    record = {"messageId": "m", "body": FulfilOrder(order_id).to_json()}
    answer = lambda_handler({"Records": [record]}, Context())
    assert answer == {"batchItemFailures": []}
    assert stack.messages("order") == [{"id": waiting_id}]
    assert (orders.find(order_id).state, orders.find(order_id).error) == (State.ERROR, "Internal Server Error")
    assert orders.read_places() == set()


def test_the_log_says_whose_progress_could_not_be_told(stack, origin, monkeypatch, caplog):
    order_id = place(Kind.GET_VIDEO, origin.url("slow/400000/clip-untold.mp4"))
    end = time.monotonic() + 4 + HANDOVER_SECONDS

    def seconds_left():
        monkeypatch.setattr(leases, "_KEEP_SECONDS", 10**130)  # a number that no table takes
        return end - time.monotonic()

    assert fulfil_order(order_id, seconds_left=seconds_left) is Outcome.UNFINISHED
    said = [record for record in caplog.records if record.exc_info]
    assert said
    assert {record.order_id for record in said} == {order_id}


def test_a_convertible_source_without_the_wanted_stream_ends(stack, origin):
    order_id = place(Kind.GET_VIDEO, origin.url("audio.mp3"), output_format="webm")
    assert work(order_id) is Outcome.ENDED
    assert orders.find(order_id).error == "The source has no video."


def test_no_function_loads_the_libraries_of_its_workers():
    """PyAV, Pillow and yt-dlp (40 MB, a third of a second) are for processes of their own, also in the one process that
    serves all groups.
    """
    functions = Path(endpoints.__path__[0]).parent
    modules = [
        ".".join(path.relative_to(functions).with_suffix("").parts)
        for package in ("endpoints", "events")
        for path in sorted(functions.glob(f"{package}/*/main.py"))
    ]
    assert {"endpoints.player.main", "events.on_files.main", "events.on_intake.main"} <= set(modules)
    code = f"""
import importlib, json, sys
loaded = {{}}
for module in {modules}:
    importlib.import_module(module)
    loaded[module] = [name for name in ("av", "PIL", "yt_dlp") if name in sys.modules]
print(json.dumps(loaded))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = json.loads(done.stdout.splitlines()[-1])
    assert loaded == {module: [] for module in modules}
