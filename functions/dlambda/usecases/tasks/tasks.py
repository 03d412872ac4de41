"""Keeps tasks: list, make, change, remove, and their next run with them (docs/contract/tasks.md 2)."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

from dlambda.deployment import current
from dlambda.domain.accounts.principal import OPERATOR, Principal
from dlambda.domain.events import event
from dlambda.domain.rules.body import read, read_change
from dlambda.domain.tasks.schedule import check_timer, coming_runs, next_run
from dlambda.domain.tasks.task import TASKS, Result, Task
from dlambda.domain.tasks.task_input import FAILED, Draft, TaskInput, free_name, masked, unmasked
from dlambda.errors import AlreadyExists, Conflict, Invalid, NotFound
from dlambda.store.conflicts import retry_conflicts
from dlambda.store.rules import resources
from dlambda.store.rules.resources import Content, Document
from dlambda.store.tasks import task_schedule
from dlambda.store.tasks.task_schedule import Run
from dlambda.usecases.events.publish import publish

_STORED: Final = {*TaskInput.model_fields, "owner", "home"}


def list_tasks(owner: str = "") -> list[Task]:
    """All, by name, or those of the member `owner`; secrets in their options masked."""
    documents = [document for document in resources.list_(TASKS) if _is_visible(document, owner)]
    documents.sort(key=lambda document: str(document.shown["name"]))
    runs_by_id = task_schedule.read_many(document.id for document in documents)
    return [_task(document, runs_by_id[document.id], masked(document.shown)) for document in documents]


def _is_visible(document: Document, owner: str) -> bool:
    return owner in ("", document.shown.get("owner", ""))


def _find(id_: int, owner: str) -> Document | None:
    """The document of a task; None when there is none, and for what a member (`owner`) may not see."""
    document = resources.find(TASKS, id_)
    return document if document and _is_visible(document, owner) else None


def find_task(id_: int, owner: str = "") -> Task | None:
    """The task, its options in clear. `owner`, here and below: the member for whom others' tasks do not exist."""
    document = _find(id_, owner)
    return _task(document, task_schedule.read(id_), document.clear()) if document else None


def get_task(id_: int, text: str = "Task not found", owner: str = "") -> Task:
    """Raises `NotFound` with `text`."""
    task = find_task(id_, owner)
    if task is None:
        raise NotFound(text)
    return task


def refuse_taken_name(name: str, owner: str = "") -> None:
    """Raises `AlreadyExists`; asked before look-ups that take seconds."""
    if resources.find_by_name(TASKS, _name_key(name, owner)) is not None:
        raise _in_use(name)


def make_tasks(drafts: Sequence[Draft], maker: Principal = OPERATOR) -> list[Task]:
    """Stores the tasks of one request, in its order; a later one whose name is taken gets a number.

    They are `maker`'s. Raises `AlreadyExists` when the first one's name is taken. When one cannot be stored, none is.
    """
    first, *later_drafts = [draft.made_by(maker) for draft in drafts]
    names = _names(maker.owner)
    new_tasks = [_make(first.fields)]
    try:
        for draft in later_drafts:
            names.add(new_tasks[-1].name)
            new_tasks.append(_make_numbered(draft.fields, names))
    except Exception:
        for task in new_tasks:
            _take_back(task)
        raise
    publish(*(_change("create", task) for task in new_tasks))
    return new_tasks


def _names(owner: str) -> set[str]:
    """The names of an owner's tasks."""
    return {str(document.shown["name"]) for document in resources.list_(TASKS) if _owner_of(document) == owner}


def _owner_of(document: Document) -> str:
    return str(document.shown.get("owner", ""))


def _change(action: str, task: Task) -> event.Event:
    return event.config_update(TASKS, action, masked(task.view()), owner=task.owner)


def _make_numbered(fields: Mapping[str, Any], names: set[str]) -> Task:
    def attempt() -> Task:
        try:
            return _make({**fields, "name": free_name(fields["name"], names)})
        except AlreadyExists:
            # Somebody took it meanwhile, and perhaps more of its kind.
            names.update(_names(fields["owner"]))
            raise

    try:
        return retry_conflicts(attempt, on=AlreadyExists)
    except AlreadyExists:
        raise Invalid("Failed to create any tasks.") from None


def _take_back(task: Task) -> None:
    with suppress(NotFound, Conflict):
        _remove(task.id)


def _make(fields: Mapping[str, Any]) -> Task:
    try:
        document = resources.add(TASKS, _content(unmasked(fields, {})))
    except AlreadyExists:
        raise _in_use(fields["name"]) from None
    return _scheduled(document)


def change_task(id_: int, body: object, owner: str = "", *, whole: bool) -> Task:
    """Changes what `body` has, or everything: then what it leaves out goes back to its default.

    Raises `NotFound`, `Invalid`, `AlreadyExists`.
    """
    task = _scheduled(retry_conflicts(lambda: _replace(id_, body, owner, whole=whole)))
    publish(_change("update", task))
    return task


def _replace(id_: int, body: object, owner: str, *, whole: bool) -> Document:
    document = _find(id_, owner)
    if document is None:
        raise NotFound("Task not found")
    if not isinstance(body, dict):
        raise Invalid("Invalid request body expecting dict.")
    before = document.clear()
    new_fields = (read if whole else read_change)(TaskInput, body, text=FAILED)
    fields = {**before, **unmasked(new_fields, before)}
    try:
        return resources.replace(document, _content(fields))
    except AlreadyExists:
        raise _in_use(fields["name"]) from None


def remove_task(id_: int, owner: str = "") -> Task:
    """Removes the task and its schedule; answers what went. Raises `NotFound`."""
    task = _remove(id_, owner)
    publish(_change("delete", task))
    return task


def _remove(id_: int, owner: str = "") -> Task:
    def attempt() -> Document:
        document = _find(id_, owner)
        if document is None:
            raise NotFound(f"Task '{id_}' not found.")
        resources.remove(document)
        return document

    document = retry_conflicts(attempt)
    task = _task(document, task_schedule.read(id_), masked(document.shown))
    task_schedule.remove(id_)
    return task


def reckon(timer: str, after: float) -> int | None:
    """When `timer` is next due behind `after`, in unix seconds. Raises `Invalid` for no timer."""
    moment = next_run(timer, datetime.fromtimestamp(after, UTC), current().settings.zone)
    return int(moment.timestamp()) if moment else None


def preview_timer(timer: str, count: int) -> dict[str, Any]:
    """The answer of docs/contract/tasks.md 2, timer: when `timer` runs next, or why it is none."""
    settings, now = current().settings, current().clock.now()
    runs: list[datetime] = []
    error = None
    try:
        timer = check_timer(timer)
        runs = coming_runs(timer, now, count, settings.zone)
    except Invalid as refusal:
        error = f"Invalid timer format: {refusal}"
    return {"timer": timer, "zone": settings.tz, "runs": [run.isoformat() for run in runs], "error": error}


def mend_schedules() -> None:
    """Schedules what lost its schedule: a task whose maker died between the task and its row."""
    for task in list_tasks():
        _schedule(task.id, task.timer if task.enabled else "")


def _schedule(task_id: int, timer: str) -> Run:
    """A run that is due by the same timer stays due."""
    run = task_schedule.read(task_id)
    if run.timer == timer and (run.next_run is None) == (not timer):
        return run
    task_schedule.schedule(task_id, timer, reckon(timer, current().clock.time()))
    return task_schedule.read(task_id)


def _scheduled(document: Document) -> Task:
    fields = document.clear()
    run = _schedule(document.id, fields["timer"] if fields["enabled"] else "")
    return _task(document, run, fields)


def _content(fields: Mapping[str, Any]) -> Content:
    return Content(fields, masked(fields), _name_key(fields["name"], fields.get("owner", "")))


def _name_key(name: str, owner: str) -> str:
    """The form of a name that is unique: each member has names of its own."""
    return f"@{owner}/{name}" if owner else name


def _in_use(name: str) -> AlreadyExists:
    return AlreadyExists(f"Task with name '{name}' already exists.")


def _task(document: Document, run: Run, fields: Mapping[str, Any]) -> Task:
    stored_fields = {name: value for name, value in fields.items() if name in _STORED}
    return Task(
        id=document.id,
        created_at=_moment(document.created_at),
        updated_at=_moment(document.updated_at),
        last_run=_moment(run.last_run) if run.last_run else None,
        next_run=_moment(run.next_run) if run.next_run else None,
        last_result=_result(run.result) if run.result else None,
        **stored_fields,
    )


def _result(document: Mapping[str, Any]) -> Result:
    return Result(**{**document, "at": datetime.fromisoformat(document["at"])})


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
