"""A worker process under a lease (usecases/workers/leased_run.py), with real workers and the real tables."""

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from dlambda.media.workers.download import DownloadSpec, Message, Progress, Running, start_download
from dlambda.media.ytdlp.resume import can_continue
from dlambda.settings import HANDOVER_SECONDS
from dlambda.store.items import leases
from dlambda.usecases.workers.leased_run import HandOver, LeasedRun
from tests.functions.working import until
from tests.origin.server import Origin
from tests.stack import Stack

pytestmark = pytest.mark.usefixtures("stack")
ID = "leased"
SLOW = "slow/400000/clip-leased.mp4"


class Listener:
    """A `Work` that counts; `on_tick` is called with each `check`."""

    def __init__(self, on_tick: Callable[["Listener", Running], None] = lambda *_: None) -> None:
        self.bytes = 0.0
        self.heartbeats = 0
        lease = leases.acquire(ID, "w1", time.time())
        assert lease
        self.run = LeasedRun(lease, self.seconds_left, self.progress, {"item_id": ID})
        self.seconds = HANDOVER_SECONDS * 10
        self._on_tick = on_tick

    def seconds_left(self) -> float:
        return self.seconds

    def progress(self) -> dict[str, Any]:
        return {"bytes": self.bytes}

    def note(self, messages: Sequence[Message]) -> None:
        for message in messages:
            if isinstance(message, Progress):
                self.bytes = max(self.bytes, message.downloaded_bytes or 0)

    def heartbeat(self) -> None:
        self.heartbeats += 1
        self.run.renew()

    def check(self, running: Running) -> None:
        self._on_tick(self, running)


@pytest.fixture
def begin(stack: Stack, origin: Origin, tmp_path: Path) -> Callable[[str], Running]:
    """Starts a worker that downloads a path of the origin."""

    def start(path: str) -> Running:
        params = {"outtmpl": {"default": "%(title)s.%(ext)s"}}
        workdir = tmp_path / "leased"
        return start_download(DownloadSpec(ID, origin.url(path), params, workdir, allow_internal=True))

    return start


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_result_comes_with_heartbeats_that_store_the_progress(begin: Callable[[str], Running]) -> None:
    listener = Listener()
    result = listener.run.follow(begin(SLOW), listener)
    assert result is not None
    assert (result.ok, result.filepath) == (True, "clip-leased.mp4")
    assert listener.heartbeats > 0
    assert 0 < leases.find_progress([ID])[ID]["bytes"] <= listener.bytes


def test_a_worker_is_stopped_when_the_time_is_up_and_can_go_on(begin: Callable[[str], Running], tmp_path: Path) -> None:
    def shorten(listener: Listener, _: Running) -> None:
        if listener.bytes:
            listener.seconds = HANDOVER_SECONDS - 1

    running = begin(SLOW)
    listener = Listener(shorten)
    assert listener.run.follow(running, listener) is None
    assert not is_alive(running.pid)
    assert can_continue(tmp_path / "leased")
    leases.renew(listener.run.lease, time.time())  # it is still held: the caller gives it back


def test_a_cancel_is_learned_by_a_heartbeat_and_nothing_is_handed_over(begin: Callable[[str], Running]) -> None:
    def cancel(listener: Listener, running: Running) -> None:
        if listener.seconds == 0:
            running.stop(0)
        elif listener.run.is_cancelled:
            listener.seconds = 0  # the time is up in the moment when the cancel arrives
        else:
            assert leases.want(ID, leases.CANCEL)

    listener = Listener(cancel)
    result = listener.run.follow(begin(SLOW), listener)
    assert result is not None
    assert result.stopped


def test_an_error_of_its_user_stops_the_worker(begin: Callable[[str], Running]) -> None:
    def fail(listener: Listener, _: Running) -> None:
        raise KeyError(listener.bytes)

    running = begin(SLOW)
    listener = Listener(fail)
    with pytest.raises(KeyError):
        listener.run.follow(running, listener)
    assert not is_alive(running.pid)


def test_a_lost_lease_stops_the_worker(begin: Callable[[str], Running]) -> None:
    listener = Listener()
    leases.acquire(ID, "w2", time.time() + leases.LEASE_SECONDS + 1)
    running = begin(SLOW)
    with pytest.raises(leases.Lost):
        listener.run.follow(running, listener)
    assert not is_alive(running.pid)


def test_between_the_parts_of_an_upload_the_lease_is_renewed_now_and_then() -> None:
    listener = Listener()
    calls = 0

    def is_stored() -> bool:
        nonlocal calls
        calls += 1
        listener.run.renew_if_due()
        return bool(leases.find_progress([ID]))

    until(is_stored)
    assert calls > 1


def test_a_thread_renews_the_lease_while_a_block_runs() -> None:
    listener = Listener()
    with listener.run.renewing():
        until(lambda: leases.find_progress([ID]))


def test_a_block_whose_lease_was_lost_fails_at_its_end() -> None:
    listener = Listener()
    leases.acquire(ID, "w2", time.time() + leases.LEASE_SECONDS + 1)
    reached_end = False
    with pytest.raises(leases.Lost), listener.run.renewing():
        until(lambda: listener.run._is_lost)
        reached_end = True
    assert reached_end


@pytest.mark.parametrize(("seconds", "is_up"), [(HANDOVER_SECONDS / 4 - 1, True), (HANDOVER_SECONDS / 4 + 1, False)])
def test_a_conversion_is_given_up_shortly_before_the_end(seconds: float, is_up: bool) -> None:
    listener = Listener()
    listener.seconds = seconds
    if not is_up:
        listener.run.check()
        return
    with pytest.raises(HandOver) as raised:
        listener.run.check()
    assert not raised.value.is_saved
