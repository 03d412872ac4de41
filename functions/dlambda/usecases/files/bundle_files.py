"""Several files as one ZIP, fetched by its token (files.md 3): built into the bucket from the request on, or on one
machine streamed by the gateway when it is fetched (`streamed_bundle`).
"""

from collections.abc import Iterator, Sequence

from dlambda.aws import bucket, objects, queue
from dlambda.aws.stored import Stored
from dlambda.deployment import current
from dlambda.domain.files.listing import MARKER
from dlambda.domain.files.sidecar import Sidecars
from dlambda.domain.messages.queue_messages import RunJob
from dlambda.domain.paths.home import from_home
from dlambda.domain.paths.paths import object_key
from dlambda.errors import Invalid, NotFound
from dlambda.media.machine.zipping import CONTENT_TYPE, zip_stream
from dlambda.store.files import jobs
from dlambda.store.files.jobs import Job
from dlambda.usecases.files.find_file import files_below, find_file, sidecars_of

KIND = "zip"
TOKEN_SECONDS = 600
WAIT_SECONDS = 20.0
PREFIX = "zips/"
_POLL_SECONDS = 0.2
_RENEW_SECONDS = 20.0
_NOTHING = "No valid files."
# A worker that was killed or ran out of time leaves nothing to go on from, so the next one starts anew.
_STARTS = 3
_UNFINISHED = "The ZIP could not be built. Try again with fewer files."


def order_bundle(paths: Sequence[object], owner: str = "", home: str = "") -> tuple[str, list[str]]:
    """Starts a ZIP of the files, their sidecars and what lies in folders; answers its token and the files.

    Paths begin at `home`, the folder of the member (`owner`) whose the ZIP is; both are empty for admins.

    Raises `Invalid` when nothing of it exists.
    """
    files = list(dict.fromkeys(file for path in paths if isinstance(path, str) for file in _expand(path, home)))
    if not files:
        raise Invalid(_NOTHING)
    now = current().clock.time()
    token = str(current().new_uuid())
    body = {"owner": owner, "home": home, "files": files, "expires_at": now + TOKEN_SECONDS}
    if is_streamed():
        jobs.add(Job(token, KIND, body, done_at=now), now, held=False)
    else:
        jobs.add(Job(token, KIND, body), now, held=False)
        queue.send(RunJob(token))
    return token, [from_home(home, file) for file in files]


def _expand(path: str, home: str) -> list[str]:
    try:
        file = find_file(path, home=home)
    except NotFound:
        return []
    if file.moved:
        return []
    if file.stored is None:
        return [_path(entry) for entry in files_below(file.path) if not _path(entry).endswith(f"/{MARKER}")]
    return [file.path, *_files_in(sidecars_of(file.path))]


def _path(entry: Stored) -> str:
    return entry.key.removeprefix(object_key(""))


def _files_in(groups: Sidecars) -> list[str]:
    return [entry["file"] for entries in groups.values() for entry in entries]


def bundle_key(token: str) -> str:
    return f"{PREFIX}{token}.zip"


def is_streamed() -> bool:
    """True if the gateway has the files, and makes ZIPs of them while it sends them."""
    return bucket.places_files() and current().settings.media_public_url == "request"


def build_bundle(job: Job) -> Job:
    """Writes the ZIP without files that are gone meanwhile. Raises `Conflict` when another worker took the job."""
    starts = job.body.get("starts", 0) + 1
    if starts > _STARTS:
        return _end(job, error=_UNFINISHED)
    building = _Building(jobs.save(job, {**job.body, "starts": starts}, current().clock.time()))
    files = [bucket.find(object_key(path)) for path in job.body["files"]]
    expected = sum(file.size_bytes for file in files if file is not None)
    objects.write(bundle_key(job.id), zip_stream(building.entries()), CONTENT_TYPE, expected)
    if not building.count:
        bucket.delete([bundle_key(job.id)])
        return _end(building.job, error=_NOTHING)
    return _end(building.job)


class _Building:
    """The files of a job one after the other; holds the job meanwhile."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.count = 0
        self._renewed_at = current().clock.monotonic()

    def entries(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """The files that are still there when their turn comes."""
        for path in self.job.body["files"]:
            try:
                chunks = objects.read(object_key(path))
            except NotFound:
                continue
            self.count += 1
            yield from_home(self.job.body.get("home", ""), path), self._hold(chunks)

    def _hold(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            if current().clock.monotonic() - self._renewed_at > _RENEW_SECONDS:
                self.job, self._renewed_at = (
                    jobs.save(self.job, self.job.body, current().clock.time()),
                    current().clock.monotonic(),
                )
            yield chunk


def _end(job: Job, error: str = "") -> Job:
    now = current().clock.time()
    # Whoever waited for a large one has the whole time still before them.
    return jobs.end(job, {**job.body, "error": error, "expires_at": now + TOKEN_SECONDS}, now)


def await_bundle(token: str, owner: str = "") -> str | None:
    """The ready ZIP's key, or None when it is not ready after 20 s. Raises `Invalid` with a text for the user.

    `owner`: the member who asks, for whom others' tokens do not exist.
    """
    until = current().clock.time() + WAIT_SECONDS
    while True:
        job = jobs.find(token)
        now = current().clock.time()
        is_there = job is not None and job.kind == KIND and job.is_visible_to(owner)
        if job is None or not is_there or (job.is_done and job.body["expires_at"] < now):
            raise Invalid("Invalid or expired download token.")
        if job.is_done:
            if job.body.get("error"):
                raise Invalid(job.body["error"])
            if is_streamed() and not any(bucket.find(object_key(path)) for path in job.body["files"]):
                raise Invalid(_NOTHING)
            return bundle_key(token)
        if now > until:
            return None
        current().clock.sleep(_POLL_SECONDS)
