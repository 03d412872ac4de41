"""Runs a task by its own timer: its URL is added like any other (docs/contract/tasks.md 4)."""

import logging
from dataclasses import asdict
from typing import Final

from dlambda.deployment import current
from dlambda.domain.events.event import Event, Name
from dlambda.domain.events.event import log as log_event
from dlambda.domain.items.request import Request, read_request
from dlambda.domain.tasks.task import TIMER_SOURCE, Result, Task
from dlambda.errors import AppError, Invalid
from dlambda.store.tasks import task_schedule
from dlambda.usecases.events.publish import publish
from dlambda.usecases.items.add_items import add_items, check_request
from dlambda.usecases.rules.input_rules import input_rules
from dlambda.usecases.tasks.task_owner import NO_OWNER, find_owner, request_of
from dlambda.usecases.tasks.tasks import find_task, reckon

log = logging.getLogger(__name__)

BEGIN_SECONDS: Final = 300


def run_task(task_id: int, due: int) -> None:
    """Does the run that was `due`, once: a second message finds it done."""
    task = find_task(task_id)
    if task is None:
        task_schedule.remove(task_id)
        return
    timer = task.timer if task.enabled else ""
    if task_schedule.read(task_id).timer != timer:
        task_schedule.schedule(
            task_id, timer, reckon(timer, current().clock.time())
        )  # it was changed and its maker died
        return
    if not task_schedule.claim_run(task_id, due, current().clock.time(), BEGIN_SECONDS):
        return
    result = dispatch(task) if find_owner(task) else Result(current().clock.now(), "failed", error=NO_OWNER)
    task_schedule.finish_run(task_id, due, reckon(timer, max(current().clock.time(), due)))
    task_schedule.note(task_id, result.at.timestamp(), result.view())


def dispatch(task: Task) -> Result:
    """Adds the task's URL to the queue and tells everyone; a failure is a result too."""
    now = current().clock.now()
    preset = task.preset or current().settings.default_preset
    try:
        status, queued = _add(_check(request_of(task, TIMER_SOURCE, preset)))
    except AppError as error:
        message = f"Failed to execute '{task.name}'. '{error.message}'"
        publish(Event(Name.LOG_ERROR, {"preset": preset}, "Task failed", message, owner=task.owner))
        return Result(now, "failed", error=error.message)
    message = f"Task '{task.name}' dispatched at '{now.isoformat(timespec='seconds')}'."
    publish(
        Event(Name.TASK_DISPATCHED, status | {"preset": preset}, f"Task '{task.name}' dispatched", message),
        log_event(Name.LOG_SUCCESS, "Task completed", message, owner=task.owner, preset=preset, lowPriority=True),
    )
    if status["status"] == "error":
        return Result(now, "failed", found=1, error=status["msg"])
    return Result(now, "ok", found=1, queued=queued)


def _check(request: Request) -> Request:
    """Raises `Invalid` for options, a folder or a template that are not allowed (any more)."""
    return read_request(asdict(request), input_rules()).evolve(owner=request.owner, home=request.home)


def _add(request: Request) -> tuple[dict[str, str | None], int]:
    """The answer of the add, and how many records it made. Raises `NotFound` for an unknown preset."""
    try:
        check_request(request)
    except Invalid as error:
        return {"status": "error", "msg": error.message}, 0
    (outcome,) = add_items([request])
    return {"status": "ok", "msg": outcome.message}, 1 if outcome.item else 0
