"""The minute's tick: wakes a worker for each task that is due (docs/contract/tasks.md 4, 8).

Two ticks at once claim each run once between them. A wake-up that is lost is sent again when its claim is over; the
worker that begins a run is again one alone.
"""

import logging
from typing import Final

from dlambda.aws import queue
from dlambda.deployment import current
from dlambda.domain.messages.queue_messages import BeginSweep, ResumeSweep, RunTask
from dlambda.domain.tasks.schedule import check_timer
from dlambda.errors import Invalid
from dlambda.settings import Settings
from dlambda.store.tasks import task_schedule
from dlambda.store.tasks.task_schedule import Run
from dlambda.usecases.tasks.tasks import reckon

log = logging.getLogger(__name__)

CLAIM_SECONDS: Final = 600
_SEND_AFTER: Final = 100


def wake_due_tasks(now: float) -> int:
    """Sends a wake-up for each run that is due and that nobody claimed; answers how many."""
    sweep = task_schedule.read(task_schedule.SWEEP)
    _schedule_sweep(sweep, now)
    _resume_sweep(sweep)
    message_count = 0
    claimed: list[BeginSweep | RunTask] = []
    for task_id, due in task_schedule.list_due(now):
        if task_schedule.claim_wake_up(task_id, due, now, CLAIM_SECONDS):
            claimed.append(BeginSweep(due) if task_id == task_schedule.SWEEP else RunTask(task_id, due))
        if len(claimed) == _SEND_AFTER:
            queue.send_many(claimed)
            message_count, claimed = message_count + len(claimed), []
    queue.send_many(claimed)
    return message_count + len(claimed)


def _schedule_sweep(sweep: Run, now: float) -> None:
    """The sweep's own row follows the setting `tasks_handler_timer`."""
    timer = sweep_timer(current().settings)
    if sweep.timer != timer:
        task_schedule.schedule(task_schedule.SWEEP, timer, reckon(timer, now))


def _resume_sweep(sweep: Run) -> None:
    """The first tick after a start of the deployment: the sweep before it may have lost messages."""
    started_at = current().settings.started_at
    if sweep.result and (sweep.last_run or 0.0) < started_at and task_schedule.claim_resumption(started_at):
        queue.send(ResumeSweep(sweep.result["due"]))


def sweep_timer(settings: Settings) -> str:
    """The setting, or its default when it is no timer."""
    default = str(Settings.model_fields["tasks_handler_timer"].default)
    try:
        return check_timer(settings.tasks_handler_timer) or default
    except Invalid as error:
        log.error("tasks_handler_timer is no timer, '%s' is used: %s", default, error.message)  # noqa: TRY400 the text is all
        return default
