"""Works on a job of files in the background: actions on files, or a ZIP."""

from collections.abc import Callable
from typing import Final

from dlambda.deployment import current
from dlambda.errors import Conflict
from dlambda.store.files import jobs
from dlambda.store.files.jobs import Job
from dlambda.usecases.files import act_on_files, bundle_files

_WORK: Final[dict[str, Callable[[Job], Job]]] = {
    act_on_files.KIND: act_on_files.run_actions,
    bundle_files.KIND: bundle_files.build_bundle,
}


def run_job(job_id: str) -> None:
    """Does the job unless it is done or another worker has it. What fails is given back, for the message's next try.

    Raises `Conflict` when another worker took the job meanwhile, and what the job raises.
    """
    job = jobs.acquire(job_id, current().clock.time())
    if job is None:
        return
    try:
        _WORK[job.kind](job)
    except Conflict:
        raise
    except Exception:
        jobs.release(job.id, current().clock.time())
        raise
