"""Renames, moves, deletes and makes folders, as a job that survives a crash (docs/contract/files.md 3 and 5).

Object stores have neither folders nor renames: a move is a copy and a delete of every object. So it goes in two
steps, all copies, then all deletes, by a plan that is stored first. A worker that comes after a crash goes on by it; a
copy that fails takes back those before it. At no moment is a file nowhere.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from dlambda.aws import bucket, queue
from dlambda.aws.stored import Stored
from dlambda.deployment import current
from dlambda.domain.files.file_action import FileAction, Refused, checked_folder, sources_of, target_of
from dlambda.domain.messages.queue_messages import RunJob
from dlambda.domain.paths.home import from_home, text_from_home
from dlambda.domain.paths.paths import object_key
from dlambda.errors import AppError, Conflict, Invalid
from dlambda.store.files import jobs
from dlambda.store.files.jobs import Job
from dlambda.usecases.files.claim_paths import Claims
from dlambda.usecases.files.copy_by_plan import copy_by_plan, take_back
from dlambda.usecases.files.find_file import files_below
from dlambda.usecases.files.folders import is_folder, make_folder
from dlambda.usecases.files.follow_files import files_gone, files_moved
from dlambda.usecases.files.job_time import CheckTime, TimeIsUp, has_time
from dlambda.usecases.files.plan_move import Plan, Transfer, plan_move, plan_rename
from dlambda.usecases.files.take_names import give_names_back, refuse_downloading, take_names

KIND = "actions"
WAIT_SECONDS = 20.0
_POLL_SECONDS = 0.25
# What is done within the request: beyond it, another function takes the job over.
_SMALL_OBJECTS = 100
_SMALL_BYTES = 1024**3
_RENEW_SECONDS = 10.0
Result = dict[str, Any]


def act_on_files(actions: Sequence[FileAction], owner: str = "") -> Job:
    """Does all actions, each on its own; answers the job, which is done unless it takes longer than 20 s.

    `owner`: the member who asks; empty for admins.
    """
    now = current().clock.time()
    body = {
        "owner": owner,
        "actions": [asdict(action) for action in actions],
        "results": [],
        "next": 0,
    }
    small = all(_is_small(action) for action in actions)
    job = jobs.add(Job(current().new_uuid().hex, KIND, body), now, held=small)
    if small:
        with suppress(Conflict):  # a worker that just started has it
            return run_actions(job)
    else:
        queue.send(RunJob(job.id))
    while not job.is_done and current().clock.time() < now + WAIT_SECONDS:
        current().clock.sleep(_POLL_SECONDS)
        job = jobs.find(job.id) or job
    return job


def job_view(job: Job) -> Result:
    """A job as clients see it."""
    return {"job": job.id, "done": job.is_done, "results": job.body["results"]}


def _is_small(action: FileAction) -> bool:
    """True if it takes moments: a file, or a folder with little in it."""
    if action.verb == "directory":
        return True
    try:
        return all(_is_small_at(path, action) for path in sources_of(action))
    except (Refused, Invalid):
        return True  # it is refused when its turn comes


def _is_small_at(path: str, action: FileAction) -> bool:
    file = bucket.find(object_key(path))
    if file is not None:
        return action.verb == "delete" or file.size_bytes <= _SMALL_BYTES
    count = size = 0
    for entry in bucket.list_(object_key(path) + "/"):
        count, size = count + 1, size + entry.size_bytes
        if count > _SMALL_OBJECTS or size > _SMALL_BYTES:
            return False
    return True


def run_actions(job: Job, check_time: CheckTime = has_time) -> Job:
    """Goes through the actions that are not done yet. Raises `Conflict` when another worker took the job.

    Calls `check_time` between steps; it raises `TimeIsUp` before the invocation ends. Whatever is raised, the job keeps
    its claims: somebody goes on with it.
    """
    body = dict(job.body)
    claims = Claims(job.id)
    while body["next"] < len(body["actions"]):
        action = FileAction(**body["actions"][body["next"]])
        check_time()
        run = _Run(job, action, body, claims, check_time)
        try:
            results = run.results()
        except (Refused, AppError) as problem:
            if isinstance(problem, Conflict):
                raise
            results = [_result(action, action.shown_path, text_from_home(action.home, str(problem)))]
        job = run.job
        body = {**body, "results": [*body["results"], *results], "next": body["next"] + 1, "plan": None}
        if body["next"] < len(body["actions"]):
            job = jobs.save(job, body, current().clock.time())
    bucket.delete([_plan_key(job.id)])
    finished_job = jobs.end(job, body, current().clock.time())
    claims.release()
    return finished_job


def _result(action: FileAction, path: str, error: str | None = None, **fields: Any) -> Result:
    return {"path": path, "action": action.verb, "ok": error is None, "status": error is None, "error": error, **fields}


class _Run:
    """The run of one action of a job."""

    def __init__(
        self, job: Job, action: FileAction, body: Mapping[str, Any], claims: Claims, check_time: CheckTime
    ) -> None:
        self.job = job
        self._check_time = check_time
        self._claims = claims
        self._action = action
        self._body = dict(body)
        self._saved_at = current().clock.monotonic()

    def results(self) -> list[Result]:
        """Does it. Raises `Refused` or `AppError` with the text for the user, `Busy` when it has to wait for others."""
        if self._body.get("plan"):
            plan = _read_plan(bucket.get_json(_plan_key(self.job.id)))
            self._claims.claim_again(plan)
            return self._move(plan)
        self._claims.claim_for(self._action)
        if self._action.verb == "directory":
            return self._make(self._existing())
        path = self._existing()
        if self._action.verb == "delete":
            return self._delete(path)
        if self._action.verb == "rename":
            return self._move(plan_rename(path, self._action.argument))
        return self._move(plan_move(path, self._action.argument, self._action.home))

    def _existing(self) -> str:
        """The path of what is there. Raises `Refused`."""
        path = self._there()
        if path is not None:
            return path
        missing = f"path '{target_of(self._action)}' does not exist."
        raise Refused("Path does not exist." if self._action.verb == "delete" else missing)

    def _there(self) -> str | None:
        """The first of the paths that the action may mean at which something lies."""
        return next((path for path in sources_of(self._action) if self._is_there(path)), None)

    @staticmethod
    def _is_there(path: str) -> bool:
        return bucket.find(object_key(path)) is not None or is_folder(path)

    def _make(self, path: str) -> list[Result]:
        folder = checked_folder(path, self._action.argument, self._action.home)
        if is_folder(folder):
            raise Refused("Directory already exists.")
        refuse_downloading([folder])
        try:
            make_folder(folder)
        except Conflict:
            raise Refused("Invalid directory path.") from None
        return [_result(self._action, self._action.shown_path, new_dir=self._show(folder))]

    def _delete(self, path: str) -> list[Result]:
        keys = [object_key(path)] if bucket.find(object_key(path)) else [entry.key for entry in files_below(path)]
        bucket.delete(keys)
        files_gone([key.removeprefix(object_key("")) for key in keys])
        return [_result(self._action, self._action.shown_path, deleted=True)]

    def _move(self, plan: Plan) -> list[Result]:
        if not self._body.get("plan"):
            take_names(plan)
            bucket.put_json(_plan_key(self.job.id), _write_plan(plan))
            self._save({"plan": True})
        copied = self._copy(plan)
        bucket.delete(object_key(transfer.source) for transfer in plan.transfers)
        files_moved(plan.transfers, copied)
        counts: dict[str, Any] = {"sidecar_count": len(plan.sidecars)} if plan.sidecars else {}
        main = _result(self._action, self._action.shown_path, new_path=self._show(plan.target), **counts)
        return [main, *(self._sidecar_result(transfer) for transfer in plan.sidecars)]

    def _sidecar_result(self, transfer: Transfer) -> Result:
        return _result(self._action, self._show(transfer.source), new_path=self._show(transfer.target))

    def _show(self, path: str) -> str:
        """A path as whoever asked names it."""
        return from_home(self._action.home, path)

    def _copy(self, plan: Plan) -> dict[str, Stored]:
        """Copies all; takes all back on a failure."""
        try:
            return copy_by_plan(plan, self._hold_on)
        except (Conflict, TimeIsUp):
            raise  # another worker has the job by now, or soon, and needs the copies
        except Exception:
            # The copies must not stay beside the sources, which are all there as long as the job is ours.
            self._save({})
            take_back(plan)
            give_names_back(plan)
            raise

    def _hold_on(self) -> None:
        self._check_time()
        if current().clock.monotonic() - self._saved_at > _RENEW_SECONDS:
            self._save({})
            self._claims.renew()

    def _save(self, changes: Mapping[str, Any]) -> None:
        self._body |= changes
        self.job = jobs.save(self.job, self._body, current().clock.time())
        self._saved_at = current().clock.monotonic()


def _plan_key(job_id: str) -> str:
    return f"info/jobs/{job_id}"


def _write_plan(plan: Plan) -> dict[str, Any]:
    return {
        "source": plan.source,
        "target": plan.target,
        "transfers": [[transfer.source, transfer.target] for transfer in plan.transfers],
        "sidecars": [[transfer.source, transfer.target] for transfer in plan.sidecars],
    }


def _read_plan(document: Mapping[str, Any]) -> Plan:
    return Plan(
        document["source"],
        document["target"],
        tuple(Transfer(*pair) for pair in document["transfers"]),
        tuple(Transfer(*pair) for pair in document["sidecars"]),
    )
