"""Long work on files goes on in another invocation before its own ends (usecases/files/run_job.py)."""

from dataclasses import asdict

import pytest

from dlambda.aws import bucket
from dlambda.deployment import current
from dlambda.domain.files.file_action import FileAction
from dlambda.domain.messages.queue_messages import RunJob
from dlambda.settings import HANDOVER_SECONDS
from dlambda.store.files import jobs
from dlambda.store.files.jobs import Job
from dlambda.usecases.files import act_on_files
from dlambda.usecases.files.copy_by_plan import _BATCH
from dlambda.usecases.files.run_job import run_job
from tests.functions.permissions import acting_as
from tests.stack import Stack

pytestmark = pytest.mark.usefixtures("stack", "permitted")
COUNT = 2 * _BATCH + 1


def run(job_id: str, *, checks: int) -> RunJob | None:
    """An invocation whose time is up at the check after so many."""
    left = iter([HANDOVER_SECONDS + 1] * checks)

    def seconds_left() -> float:
        return next(left, 0.0)

    with acting_as("on_files"):
        return run_job(job_id, seconds_left=seconds_left)


def test_a_move_of_many_files_goes_on_with_those_that_are_missing(stack: Stack) -> None:
    for number in range(COUNT):
        bucket.put_bytes(f"files/from/{number}", b"x")
    bucket.put_bytes("files/to/there", b"y")
    action = FileAction("move", "from", "to")
    body = {"owner": "", "actions": [asdict(action)], "results": [], "next": 0}
    job = jobs.add(Job("move-1", act_on_files.KIND, body), current().clock.time(), held=False)

    assert run(job.id, checks=1) == RunJob(job.id)
    copied = {stored.key: stored.modified for stored in bucket.list_("files/to/from/")}
    assert len(copied) == _BATCH
    assert run(job.id, checks=100) is None

    done = jobs.find(job.id)
    assert done is not None
    assert (done.is_done, [result["ok"] for result in done.body["results"]]) == (True, [True])
    moved = {stored.key: stored.modified for stored in bucket.list_("files/to/from/")}
    assert (len(moved), list(bucket.list_("files/from/"))) == (COUNT, [])
    assert {key: moved[key] for key in copied} == copied
