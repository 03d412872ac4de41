"""Works on a job of files in the background: actions on files, or a ZIP."""

from collections.abc import Callable
from typing import Final

from dlambda.deployment import current
from dlambda.domain.messages.queue_messages import RunJob
from dlambda.errors import Conflict
from dlambda.store.files import jobs
from dlambda.store.files.jobs import Job
from dlambda.usecases.files import act_on_files, bundle_files
from dlambda.usecases.files.build_bundle import build_bundle
from dlambda.usecases.files.job_time import CheckTime, TimeIsUp

_WORK: Final[dict[str, Callable[[Job, CheckTime], Job]]] = {
    act_on_files.KIND: act_on_files.run_actions,
    bundle_files.KIND: build_bundle,
}


def run_job(job_id: str, *, seconds_left: Callable[[], float]) -> RunJob | None:
    """Does the job unless it is done or another worker has it. Answers the message for what is left over.

    `seconds_left`: how long this invocation may run on. What fails is given back, for the message's next try. Raises
    `Conflict` when another worker took the job meanwhile, and what the job raises.
    """

    def check_time() -> None:
        if seconds_left() < current().settings.handover_seconds:
            raise TimeIsUp

    job = jobs.acquire(job_id, current().clock.time())
    if job is None:
        return None
    try:
        _WORK[job.kind](job, check_time)
    except TimeIsUp:
        jobs.release(job.id, current().clock.time())
        return RunJob(job.id)
    except Conflict:
        raise
    except Exception:
        jobs.release(job.id, current().clock.time())
        raise
    return None
