"""The beginning of the handlers' sweep: one message for each task whose feed is to be read (docs/contract/tasks.md 5).

On one machine the messages go with the queues when the service ends; the first tick after its start sends them again.
"""

import logging
from collections.abc import Sequence
from typing import Final

from dlambda.aws import queue
from dlambda.deployment import current
from dlambda.domain.messages.queue_messages import SweepTask
from dlambda.domain.tasks.sweep import delays
from dlambda.domain.tasks.task import Result, Task
from dlambda.errors import Invalid, NotFound
from dlambda.media.handlers.client import Handler
from dlambda.media.handlers.registry import find_handler, handlers_for
from dlambda.store.tasks import task_schedule
from dlambda.usecases.rules.presets import check_preset
from dlambda.usecases.tasks.definitions import list_definitions
from dlambda.usecases.tasks.run_tasks import sweep_timer
from dlambda.usecases.tasks.task_options import archive_of_task
from dlambda.usecases.tasks.task_owner import NO_OWNER, find_owner
from dlambda.usecases.tasks.tasks import list_tasks, mend_schedules, reckon

log = logging.getLogger(__name__)

_BEGIN_SECONDS: Final = 300
_LONGEST_DELAY_SECONDS: Final = 900  # what a queue takes
NO_ARCHIVE: Final = "The options name no download archive."


def fan_out(due: int) -> None:
    """Sends a message for each task that a handler serves. Once per `due`."""
    now = current().clock.time()
    if not task_schedule.claim_run(task_schedule.SWEEP, due, now, _BEGIN_SECONDS):
        return
    mend_schedules()
    _send(_assign_handlers(list_tasks()), due)
    task_schedule.note(task_schedule.SWEEP, now, {"due": due})
    task_schedule.finish_run(
        task_schedule.SWEEP, due, reckon(sweep_timer(current().settings), max(current().clock.time(), due))
    )


def fan_out_again(due: int) -> None:
    """Sends the messages of the sweep of `due` again, but to tasks that have run since."""
    since = task_schedule.read(task_schedule.SWEEP).last_run or 0.0
    tasks = list_tasks()
    last = task_schedule.read_many(task.id for task in tasks)
    message_count = _send(_assign_handlers([task for task in tasks if (last[task.id].last_run or 0.0) < since]), due)
    log.info("The sweep that the last end of the service cut short goes on with %d tasks", message_count)


def handler_of(task: Task, handlers: Sequence[Handler]) -> Handler | None:
    """The handler that serves the task now, if any. A task without archive, or whose preset is gone, has failed."""
    if not (task.enabled and task.handler_enabled):
        return None
    handler = find_handler(handlers, task.url)
    if handler is None:
        return None
    try:
        check_preset(task.preset)
        reason = None if archive_of_task(task) else NO_ARCHIVE
    except (Invalid, NotFound) as error:
        reason = error.message
    if find_owner(task) is None:
        reason = NO_OWNER
    if reason is None:
        return handler
    failed = Result(current().clock.now(), "failed", error=reason)
    task_schedule.note(task.id, failed.at.timestamp(), failed.view())
    return None


def _assign_handlers(tasks: Sequence[Task]) -> list[tuple[Task, Handler]]:
    handlers = handlers_for(list_definitions())
    return [(task, handler) for task in tasks if (handler := handler_of(task, handlers))]


def _send(served: Sequence[tuple[Task, Handler]], due: int) -> int:
    waits = delays(
        (handler.name for _, handler in served), current().settings.task_handler_random_delay, current().random.random
    )
    for (task, _), wait in zip(served, waits, strict=True):
        queue.send(SweepTask(task.id, due), delay_seconds=min(wait, _LONGEST_DELAY_SECONDS))
    return len(served)
