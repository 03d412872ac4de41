"""When tasks run next, and how they last did. A row per task; row `SWEEP` is the handlers' sweep itself.

Due rows are found by a sparse index: a minute costs what is due in it, however many tasks there are. A run goes through
three conditional writes, each of which exactly one writer wins:

    claim_wake_up   a tick, before it sends the wake-up; a claim that nobody takes up ends after a while
    claim_run       the worker that got the wake-up; a doubled one finds the run claimed, or done
    finish_run      moves `next_run`; a timer that was changed meanwhile stays as it was changed

What was claimed or begun before the deployment's start is nobody's: on one machine queues and workers begin anew.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.update import Action
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from dlambda.deployment import current
from dlambda.store.table import Row

SWEEP: Final = 0
_DUE: Final = "due"
_BATCH: Final = 100


class _DueIndex(GlobalSecondaryIndex["_Row"]):
    """Rows that have a next run, by its time."""

    class Meta:
        index_name = "due"
        projection = KeysOnlyProjection()

    due = UnicodeAttribute(hash_key=True)
    next_run = NumberAttribute(range_key=True)


class _Row(Row):
    class Meta:
        table_name = "runs"

    task_id = NumberAttribute(hash_key=True)
    due = UnicodeAttribute(null=True)
    next_run = NumberAttribute(null=True)
    timer = UnicodeAttribute(null=True)
    claimed_until = NumberAttribute(null=True)
    running_until = NumberAttribute(null=True)
    sweep_due = NumberAttribute(null=True)
    sweep_until = NumberAttribute(null=True)
    last_run = NumberAttribute(null=True)
    result = BinaryAttribute(null=True, legacy_encoding=False)
    resumed_at = NumberAttribute(null=True)
    by_due = _DueIndex()


@dataclass(frozen=True, slots=True)
class Run:
    """The state of one task's runs. Times are unix seconds; `timer` is the one that `next_run` was reckoned from."""

    task_id: int
    timer: str = ""
    next_run: int | None = None
    last_run: float | None = None
    result: Mapping[str, Any] | None = None


def schedule(task_id: int, timer: str, next_run: int | None) -> None:
    """Sets when a task runs next (None: never), whatever was under way before."""
    actions: list[Action] = [_Row.claimed_until.remove(), _Row.running_until.remove(), _Row.timer.set(timer)]
    _Row(task_id).update(actions + _moved_to(next_run))


def read(task_id: int) -> Run:
    """The state of a task's runs; an empty one when there was none yet."""
    return read_many([task_id])[task_id]


def read_many(ids: Iterable[int]) -> dict[int, Run]:
    """The same of all these tasks. One request for 100."""
    task_ids = list(dict.fromkeys(ids))
    rows = {row.task_id: row for row in _Row.batch_get(task_ids, consistent_read=True)} if task_ids else {}
    return {task_id: _run(rows[task_id]) if task_id in rows else Run(task_id) for task_id in task_ids}


def list_due(now: float) -> list[tuple[int, int]]:
    """(task, when it was due), the longest overdue first. It may lag: a claim decides."""
    rows = _Row.by_due.query(_DUE, _Row.next_run <= now, page_size=_BATCH)
    return [(int(row.task_id), int(row.next_run)) for row in rows]


def claim_wake_up(task_id: int, due: int, now: float, seconds: float) -> bool:
    """True if the caller is the one who sends the wake-up for the run that was `due`."""
    free = _Row.claimed_until.does_not_exist() | (_Row.claimed_until < _oldest_end(now, seconds))
    return _Row(task_id).update_if((_Row.next_run == due) & free, [_Row.claimed_until.set(now + seconds)])


def claim_run(task_id: int, due: int, now: float, seconds: float) -> bool:
    """True if the caller is the one who does the run that was `due`."""
    free = _Row.running_until.does_not_exist() | (_Row.running_until < _oldest_end(now, seconds))
    return _Row(task_id).update_if((_Row.next_run == due) & free, [_Row.running_until.set(now + seconds)])


def finish_run(task_id: int, due: int, next_run: int | None) -> bool:
    """Ends the run that was `due`. False when the task was changed meanwhile."""
    actions: list[Action] = [_Row.claimed_until.remove(), _Row.running_until.remove()]
    return _Row(task_id).update_if(_Row.next_run == due, actions + _moved_to(next_run))


def claim_sweep(task_id: int, due: int, now: float, seconds: float) -> bool:
    """True if the sweep of `due` may work off the task's feed, for so long: False while an earlier one does.

    Asked again by the same sweep it is held for longer, also by the invocation that goes on for a dead one.
    """
    over = _Row.sweep_until < _oldest_end(now, seconds)
    free = _Row.sweep_until.does_not_exist() | over | (_Row.sweep_due == due)
    return _Row(task_id).update_if(free, [_Row.sweep_due.set(due), _Row.sweep_until.set(now + seconds)])


def release_sweep(task_id: int, due: int) -> None:
    """For when the task's feed is worked off."""
    _Row(task_id).update_if(_Row.sweep_due == due, [_Row.sweep_due.remove(), _Row.sweep_until.remove()])


def claim_resumption(started_at: float) -> bool:
    """True if the caller is the one who sends the sweep again that the start at `started_at` found cut short."""
    new = _Row.resumed_at.does_not_exist() | (_Row.resumed_at < started_at)
    return _Row(SWEEP).update_if(new & (_Row.last_run < started_at), [_Row.resumed_at.set(started_at)])


def note(task_id: int, at: float, result: Mapping[str, Any]) -> None:
    """Keeps how a run ended, for those who look at the task."""
    rendered = json.dumps(result, ensure_ascii=False).encode()
    _Row(task_id).update([_Row.last_run.set(at), _Row.result.set(rendered)])


def remove(task_id: int) -> None:
    _Row(task_id).delete()


def _oldest_end(now: float, seconds: float) -> float:
    """The end of a claim that is over, given that it was taken for so long."""
    started_at = current().settings.started_at
    return max(now, started_at + seconds) if started_at <= now else now  # else the clock was set back


def _moved_to(next_run: int | None) -> list[Action]:
    if next_run is None:
        return [_Row.due.remove(), _Row.next_run.remove()]
    return [_Row.due.set(_DUE), _Row.next_run.set(next_run)]


def _run(row: _Row) -> Run:
    return Run(
        int(row.task_id),
        row.timer or "",
        int(row.next_run) if row.due else None,
        row.last_run,
        json.loads(row.result) if row.result else None,
    )
