"""Several files as one ZIP, fetched by its token (files.md 3): built into the bucket from the request on
(`build_bundle`), or on one machine streamed by the gateway when it is fetched (`streamed_bundle`).
"""

from collections.abc import Sequence

from dlambda.aws import bucket, queue
from dlambda.aws.stored import Stored
from dlambda.deployment import current
from dlambda.domain.files.listing import MARKER
from dlambda.domain.files.sidecar import Sidecars
from dlambda.domain.messages.queue_messages import RunJob
from dlambda.domain.paths.home import from_home
from dlambda.domain.paths.paths import object_key
from dlambda.errors import Invalid, NotFound
from dlambda.store.files import jobs
from dlambda.store.files.jobs import Job
from dlambda.usecases.files.find_file import files_below, find_file, sidecars_of

KIND = "zip"
CONTENT_TYPE = "application/zip"
TOKEN_SECONDS = 600
WAIT_SECONDS = 20.0
PREFIX = "zips/"
_POLL_SECONDS = 0.2
NOTHING = "No valid files."


def order_bundle(paths: Sequence[object], owner: str = "", home: str = "") -> tuple[str, list[str]]:
    """Starts a ZIP of the files, their sidecars and what lies in folders; answers its token and the files.

    Paths begin at `home`, the folder of the member (`owner`) whose the ZIP is; both are empty for admins.

    Raises `Invalid` when nothing of it exists.
    """
    files = list(dict.fromkeys(file for path in paths if isinstance(path, str) for file in _expand(path, home)))
    if not files:
        raise Invalid(NOTHING)
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


def end_bundle(job: Job, error: str = "") -> Job:
    """Ends the job: its ZIP is there, or `error` says why not."""
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
                raise Invalid(NOTHING)
            return bundle_key(token)
        if now > until:
            return None
        current().clock.sleep(_POLL_SECONDS)
