"""Runs of tasks and memories of handlers, on the real table engine: docs/contract/tasks.md 5, 8."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any

import pytest

from dlambda.domain.tasks.sweep import Memory
from dlambda.store.tasks import feed_history, task_schedule

NOW = 1_800_000_000


pytestmark = pytest.mark.usefixtures("stack")


def together(count: int, act: Callable[[int], Any]) -> list[Any]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(act, range(count)))


def test_a_task_without_timer_is_never_due() -> None:
    task_schedule.schedule(1, "", None)
    assert task_schedule.list_due(NOW + 10**9) == []
    assert task_schedule.read(1) == task_schedule.Run(1)


def test_what_is_due_is_found_the_oldest_first() -> None:
    for task_id, due in ((1, NOW - 60), (2, NOW), (3, NOW + 60), (4, NOW - 3600)):
        task_schedule.schedule(task_id, "* * * * *", due)
    assert task_schedule.list_due(NOW) == [(4, NOW - 3600), (1, NOW - 60), (2, NOW)]


def test_a_run_is_claimed_begun_and_finished_once() -> None:
    task_schedule.schedule(1, "* * * * *", NOW)
    assert [task_schedule.claim_wake_up(1, NOW, NOW, 600) for _ in range(2)] == [True, False]
    assert [task_schedule.claim_run(1, NOW, NOW, 300) for _ in range(2)] == [True, False]
    assert [task_schedule.finish_run(1, NOW, NOW + 60) for _ in range(2)] == [True, False]
    assert not task_schedule.claim_run(1, NOW, NOW, 300)
    assert task_schedule.list_due(NOW + 60) == [(1, NOW + 60)]


def test_a_claim_that_nobody_took_up_is_claimed_again() -> None:
    task_schedule.schedule(1, "* * * * *", NOW)
    assert task_schedule.claim_wake_up(1, NOW, NOW, 600)
    assert not task_schedule.claim_wake_up(1, NOW, NOW + 600, 600)
    assert task_schedule.claim_wake_up(1, NOW, NOW + 601, 600)


def test_what_was_claimed_or_begun_before_the_start_is_nobodys(configure: Callable[..., None]) -> None:
    task_schedule.schedule(1, "* * * * *", NOW)
    assert task_schedule.claim_wake_up(1, NOW, NOW, 600)
    assert task_schedule.claim_run(1, NOW, NOW, 300)
    assert task_schedule.claim_sweep(1, NOW, NOW, 300)
    configure(started_at=NOW + 5)
    assert not task_schedule.claim_wake_up(1, NOW, NOW + 4, 600)  # the clock was set back
    assert [task_schedule.claim_wake_up(1, NOW, NOW + 9, 600) for _ in range(2)] == [True, False]
    assert [task_schedule.claim_run(1, NOW, NOW + 9, 300) for _ in range(2)] == [True, False]
    assert [task_schedule.claim_sweep(1, due, NOW + 9, 300) for due in (NOW + 1, NOW + 2)] == [True, False]


def test_a_failure_without_record_is_remembered_of_what_was_queued() -> None:
    feed_history.note_failed("Rss", "site 1", NOW)
    assert feed_history.find_many("Rss", ["site 1"], NOW) == {}
    feed_history.claim_many("Rss", ["site 1"], {}, NOW)
    feed_history.confirm("Rss", ["site 1"], {}, NOW)
    feed_history.note_failed("Rss", "site 1", NOW + 5)
    known = feed_history.find_many("Rss", ["site 1"], NOW + 9)
    assert known == {"site 1": Memory(1, failed_at=NOW + 5)}
    feed_history.claim_many("Rss", ["site 1"], known, NOW + 9)
    feed_history.confirm("Rss", ["site 1"], known, NOW + 9)
    assert feed_history.find_many("Rss", ["site 1"], NOW + 9) == {"site 1": Memory(2)}


def test_a_timer_that_is_changed_meanwhile_stays_changed() -> None:
    task_schedule.schedule(1, "* * * * *", NOW)
    task_schedule.claim_run(1, NOW, NOW, 300)
    task_schedule.schedule(1, "0 0 * * *", NOW + 5000)
    assert not task_schedule.finish_run(1, NOW, NOW + 60)
    assert task_schedule.read(1).next_run == NOW + 5000


def test_a_result_changes_no_schedule() -> None:
    task_schedule.schedule(1, "* * * * *", NOW)
    task_schedule.note(1, NOW + 0.5, {"status": "ok"})
    assert task_schedule.read(1) == task_schedule.Run(1, "* * * * *", NOW, NOW + 0.5, {"status": "ok"})


@pytest.mark.usefixtures("parallel_tables")
def test_ticks_at_once_claim_each_run_once() -> None:
    for task_id in range(1, 101):
        task_schedule.schedule(task_id, "* * * * *", NOW)

    def tick(_: int) -> list[int]:
        return [
            task_id
            for task_id, due in task_schedule.list_due(NOW)
            if task_schedule.claim_wake_up(task_id, due, NOW, 600)
        ]

    claimed = list(chain.from_iterable(together(6, tick)))
    assert sorted(claimed) == list(range(1, 101))


def test_the_cost_of_a_minute_follows_what_is_due() -> None:
    with task_schedule._Row.batch_write() as batch:
        for task_id in range(1, 301):
            due = NOW if task_id <= 3 else NOW + 86400
            batch.save(task_schedule._Row(task_id, due="due", next_run=due, timer="0 0 * * *"))
    found = task_schedule._Row.by_due.query("due", task_schedule._Row.next_run <= NOW)
    assert len(list(found)) == 3
    assert found.page_iter.total_scanned_count == 3


# What handlers remember


@pytest.mark.usefixtures("parallel_tables")
def test_two_sweeps_cannot_claim_one_entry() -> None:
    ids = [f"site {number}" for number in range(250)]
    claimed = together(4, lambda _: feed_history.claim_many("H", ids, {}, NOW))
    assert sorted(chain.from_iterable(claimed)) == sorted(ids)


def test_a_claim_is_held_until_it_is_confirmed_or_void() -> None:
    assert feed_history.claim_many("V", ["a 1"], {}, NOW) == ["a 1"]
    assert feed_history.find_many("V", ["a 1"], NOW) == {"a 1": Memory(1, held=True)}
    later = NOW + feed_history.CLAIM_SECONDS + 1
    assert feed_history.find_many("V", ["a 1"], later) == {}
    assert feed_history.claim_many("V", ["a 1"], {}, later) == ["a 1"]
    feed_history.confirm("V", ["a 1"], {}, later)
    assert feed_history.find_many("V", ["a 1"], later) == {"a 1": Memory(1)}
    assert feed_history.claim_many("V", ["a 1"], {}, later) == []


def test_attempts_count_up() -> None:
    feed_history.confirm("W", ["a 1"], {}, NOW)
    for attempts in (1, 2, 3):
        known = feed_history.find_many("W", ["a 1"], NOW)
        assert known == {"a 1": Memory(attempts)}
        assert feed_history.claim_many("W", ["a 1"], known, NOW) == ["a 1"]
        assert feed_history.claim_many("W", ["a 1"], known, NOW) == []
        feed_history.confirm("W", ["a 1"], known, NOW)


def test_memories_end() -> None:
    feed_history.confirm("X", ["a 1"], {}, NOW)
    assert feed_history.find_many("X", ["a 1"], NOW + 10**8) == {}
    assert feed_history.find_many("Y", ["a 1"], NOW) == {}


def test_a_look_up_without_success_is_forgotten_sooner() -> None:
    feed_history.keep_archive_id("T", "u1", "a 1", NOW)
    feed_history.keep_archive_id("T", "u2", None, NOW)
    assert feed_history.find_archive_ids("T", ["u1", "u2", "u3"], NOW) == {"u1": "a 1", "u2": None}
    assert feed_history.find_archive_ids("T", ["u1", "u2"], NOW + 7 * 3600) == {"u1": "a 1"}
    assert feed_history.find_archive_ids("other", ["u1"], NOW) == {}
