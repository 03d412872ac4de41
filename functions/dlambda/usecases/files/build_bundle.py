"""Builds a ZIP into the bucket: the parts that are sent stay, and the next invocation goes on behind them."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Self

from dlambda.aws import bucket
from dlambda.aws.multipart import Multipart
from dlambda.deployment import current
from dlambda.errors import NotFound
from dlambda.store.files import jobs
from dlambda.store.files.jobs import Job
from dlambda.usecases.files.bundle_files import CONTENT_TYPE, NOTHING, bundle_key, end_bundle
from dlambda.usecases.files.job_time import CheckTime, TimeIsUp
from dlambda.usecases.files.zip_writer import FileChanged, Progress, ZipWriter, sources_of

# One that got no further than the one before it leaves nothing to go on from, and the next one would end as it did.
_STARTS = 3
_UNFINISHED = "The ZIP could not be built. Try again with fewer files."
_SAVE_SECONDS = 10.0
_PART_BYTES = 8 * 1024 * 1024
_MOST_PARTS = 9_000


@dataclass(frozen=True, slots=True)
class _State:
    """The state from which the next invocation goes on: an upload with `parts` parts, and the progress of reading."""

    upload_id: str
    part_bytes: int
    parts: int
    progress: Progress

    def save(self, job_id: str) -> None:
        fields = {"upload_id": self.upload_id, "part_bytes": self.part_bytes, "parts": self.parts}
        bucket.put_json(_state_key(job_id), {**fields, "progress": self.progress.render()})

    @classmethod
    def load(cls, job_id: str) -> Self | None:
        """None before the first part."""
        try:
            document: dict[str, Any] = bucket.get_json(_state_key(job_id))
        except NotFound:
            return None
        progress = Progress.read(document.pop("progress"))
        return cls(**document, progress=progress)


def build_bundle(job: Job, check_time: CheckTime) -> Job:
    """Writes the ZIP, from where it was left, without files that are gone meanwhile.

    Raises `Conflict` when another worker took the job, and `TimeIsUp`, as `check_time` does between parts.
    """
    state = _State.load(job.id)
    parts = state.parts if state else 0
    starts = 1 if parts > job.body.get("parts", 0) else job.body.get("starts", 0) + 1
    if starts > _STARTS:
        return _give_up(job, state, _UNFINISHED)
    job = jobs.save(job, {**job.body, "starts": starts, "parts": parts}, current().clock.time())
    building = _Building(job, check_time)
    try:
        has_files = building.build(state)
    except FileChanged:
        _forget(job.id, _State.load(job.id))
        building = _Building(building.job, check_time)
        has_files = building.build(None)
    bucket.delete([_state_key(job.id)])
    return end_bundle(building.job, error="" if has_files else NOTHING)


class _Building:
    """An invocation's work on a ZIP; holds the job meanwhile."""

    def __init__(self, job: Job, check_time: CheckTime) -> None:
        self.job = job
        self._check_time = check_time
        self._saved_at = current().clock.monotonic()

    def build(self, state: _State | None) -> bool:
        """False when no file is left. Raises `FileChanged`, `Conflict`, `TimeIsUp`."""
        key = bundle_key(self.job.id)
        resumed = self._resume(state) if state else None
        if resumed is None:
            writer = ZipWriter(Progress(sources_of(self.job.body["files"], self.job.body.get("home", ""))))
            part_bytes = max(_PART_BYTES, -(-writer.size_bytes // _MOST_PARTS))
            first = writer.read(part_bytes)
            if len(first) < part_bytes:
                if writer.progress.sources:
                    bucket.put_bytes(key, first, CONTENT_TYPE)
                return bool(writer.progress.sources)
            upload = Multipart(key, CONTENT_TYPE)
            upload.send(1, first)
            state = _State(upload.id, part_bytes, 1, writer.progress)
            state.save(self.job.id)
            resumed = upload, state
        self._send_rest(*resumed)
        return True

    def _resume(self, state: _State) -> tuple[Multipart, _State] | None:
        """None when its parts are not there any more."""
        upload = Multipart(bundle_key(self.job.id), CONTENT_TYPE, upload_id=state.upload_id)
        try:
            upload.read_parts(state.part_bytes)
        except NotFound:
            return None
        if upload.parts < state.parts:
            upload.abort()
            return None
        upload.drop_behind(state.parts)
        return upload, state

    def _send_rest(self, upload: Multipart, state: _State) -> None:
        """Sends a part while the next one is read. What was saved last is what was sent."""
        with ThreadPoolExecutor(1) as pool:
            under_way: tuple[Future[None], _State] | None = None
            for part, read_state in _read_parts(state):
                state = self._await(under_way, state)
                under_way = pool.submit(upload.send, read_state.parts, part), read_state
            if under_way:  # the last part, with which it is complete
                under_way[0].result()
        upload.complete()

    def _await(self, under_way: tuple[Future[None], _State] | None, state: _State) -> _State:
        """Waits for the part under way; the state after it, which is saved now and then, and when the time is up."""
        if under_way:
            under_way[0].result()
            state = under_way[1]
        try:
            self._check_time()
        except TimeIsUp:
            state.save(self.job.id)
            raise
        if current().clock.monotonic() - self._saved_at > _SAVE_SECONDS:
            state.save(self.job.id)
            self.job = jobs.save(self.job, self.job.body, current().clock.time())
            self._saved_at = current().clock.monotonic()
        return state


def _read_parts(state: _State) -> Iterator[tuple[bytes, _State]]:
    """The parts that are to be sent, each with the state once it is."""
    writer, number = ZipWriter(state.progress), state.parts
    while part := writer.read(state.part_bytes):
        number += 1
        yield part, replace(state, parts=number, progress=writer.progress)


def _give_up(job: Job, state: _State | None, error: str) -> Job:
    _forget(job.id, state)
    return end_bundle(job, error=error)


def _forget(job_id: str, state: _State | None) -> None:
    if state:
        Multipart(bundle_key(job_id), CONTENT_TYPE, upload_id=state.upload_id).abort()
    bucket.delete([_state_key(job_id)])


def _state_key(job_id: str) -> str:
    return f"info/jobs/{job_id}"
