"""Long work on files goes on in another invocation before its own ends (usecases/files/run_job.py)."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import pytest

from dlambda.aws import bucket, s3_client
from dlambda.deployment import current
from dlambda.domain.files.file_action import FileAction
from dlambda.domain.messages.queue_messages import RunJob
from dlambda.settings import HANDOVER_SECONDS
from dlambda.store.files import jobs
from dlambda.store.files.jobs import Job
from dlambda.usecases.files import act_on_files, bundle_files
from dlambda.usecases.files.bundle_files import bundle_key
from dlambda.usecases.files.copy_by_plan import _BATCH
from dlambda.usecases.files.run_job import run_job
from dlambda.usecases.files.sweep_files import wake_jobs
from tests.functions.permissions import acting_as
from tests.stack import Stack

pytestmark = pytest.mark.usefixtures("stack", "permitted")
COUNT = 2 * _BATCH + 1
FILM_BYTES = 9_000_000


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


@contextmanager
def watched(operation: str) -> Iterator[list[Any]]:
    """Notes the query strings of an operation of the bucket."""
    requests: list[Any] = []

    def note(params: dict[str, Any], **_: object) -> None:
        requests.append(params["query_string"])

    events = s3_client.client().meta.events
    events.register(f"before-call.s3.{operation}", note)
    try:
        yield requests
    finally:
        events.unregister(f"before-call.s3.{operation}", note)


def film(number: int) -> bytes:
    """Each has another length: this engine's ETag follows from the length and the second of writing."""
    return f"film {number}, ".encode().ljust(10, b"-") * (FILM_BYTES // 10) + b"." * number


@pytest.fixture
def zip_job() -> Job:
    """A ZIP of three films, that is 27 MB or four parts."""
    for number in range(3):
        bucket.put_bytes(f"files/{number}.mp4", film(number))
    body = {"owner": "", "home": "", "files": [f"{number}.mp4" for number in range(3)], "expires_at": 0}
    return jobs.add(Job("zip-1", bundle_files.KIND, body), current().clock.time(), held=False)


def film_of(content: bytes) -> str:
    """The film that a file has; a text, since pytest compares long bytes for minutes."""
    number = int(content.split(b",")[0].removeprefix(b"film "))
    return f"film {number}" if content == film(number) else f"film {number}, damaged"


def contents(job: Job) -> dict[str, str]:
    """The films of a ZIP that is done."""
    ended_job = jobs.find(job.id)
    assert ended_job is not None
    assert (ended_job.is_done, ended_job.body["error"]) == (True, "")
    with zipfile.ZipFile(io.BytesIO(bucket.get_bytes(bundle_key(job.id)))) as archive:
        assert archive.testzip() is None
        return {name: film_of(archive.read(name)) for name in archive.namelist()}


def test_a_zip_goes_on_behind_the_parts_that_were_sent(stack: Stack, zip_job: Job) -> None:
    with watched("UploadPart") as parts:
        for _ in range(2):
            assert run(zip_job.id, checks=1) == RunJob(zip_job.id)
        assert run(zip_job.id, checks=100) is None
    assert [part["partNumber"] for part in parts] == [1, 2, 3, 4]
    assert contents(zip_job) == {f"{number}.mp4": f"film {number}" for number in range(3)}
    assert [stored.key for stored in bucket.list_("info/")] == []


def test_so_it_does_when_a_file_went_meanwhile(stack: Stack, zip_job: Job) -> None:
    assert run(zip_job.id, checks=1) == RunJob(zip_job.id)
    bucket.delete(["files/2.mp4"])
    assert run(zip_job.id, checks=100) is None
    assert contents(zip_job) == {"0.mp4": "film 0", "1.mp4": "film 1"}


def test_one_with_a_part_of_a_file_that_has_changed_begins_anew(stack: Stack, zip_job: Job) -> None:
    assert run(zip_job.id, checks=1) == RunJob(zip_job.id)
    bucket.put_bytes("files/1.mp4", film(7))
    assert run(zip_job.id, checks=100) is None
    assert contents(zip_job) == {"0.mp4": "film 0", "1.mp4": "film 7", "2.mp4": "film 2"}


def test_a_zip_of_an_invocation_that_was_killed_goes_on_from_what_was_saved(stack: Stack, zip_job: Job) -> None:
    def kill(params: dict[str, Any], **_: object) -> None:
        if params["query_string"]["partNumber"] == 3:
            raise KeyboardInterrupt

    events = s3_client.client().meta.events
    events.register("before-call.s3.UploadPart", kill)
    try:
        with pytest.raises(KeyboardInterrupt):
            run(zip_job.id, checks=100)
    finally:
        events.unregister("before-call.s3.UploadPart", kill)
    jobs.release_all(current().clock.time())
    with watched("CreateMultipartUpload") as begun:
        assert run(zip_job.id, checks=100) is None
    assert begun == []
    assert len(contents(zip_job)) == 3


def test_a_job_that_is_gone_is_looked_for_once(stack: Stack) -> None:
    now = current().clock.time()
    jobs.add(Job("gone-1", bundle_files.KIND), now, held=False)
    jobs._Row("gone-1").delete()
    assert jobs.list_open() == ["gone-1"]
    with acting_as("on_schedule"):
        wake_jobs(now)
    assert (jobs.list_open(), stack.messages("files")) == ([], [])


def test_a_job_whose_message_is_lost_is_woken(stack: Stack, zip_job: Job) -> None:
    with acting_as("on_schedule"):
        wake_jobs(current().clock.time())
    assert stack.messages("files") == [{"type": "job", "id": zip_job.id}]
