"""The routes of `/api/tasks` (docs/contract/tasks.md 2)."""

from typing import Any

from flask import Response, jsonify

from dlambda.domain.accounts.permission import Permission
from dlambda.domain.tasks.task_input import masked
from dlambda.entry.http import make_routes, problems
from dlambda.entry.pages import read_page
from dlambda.entry.principals import current_principal
from dlambda.errors import Invalid
from dlambda.usecases.tasks import mark_task, tasks
from dlambda.usecases.tasks.write_task_files import write_task_files
from endpoints.tasks import actions
from endpoints.tasks.schemas import (
    ChannelFiles,
    InspectBody,
    Inspection,
    Message,
    NewTasks,
    PageQuery,
    TaskBody,
    TaskOrTasks,
    TaskPage,
    TaskPatch,
    TaskPath,
    TaskView,
    Timer,
    TimerQuery,
)

routes = make_routes("tasks", "URLs that are looked at again and again")

Answer = dict[str, Any] | Response


@routes.get("/api/tasks", permission=Permission.READ_TASKS, responses={200: TaskPage, **problems(400)})
def list_(query: PageQuery) -> Answer:
    """A page of tasks, by name."""
    paging = read_page(query.page, query.per_page)
    return actions.page_of(tasks.list_tasks(current_principal().owner), paging, lambda task: task.view())


@routes.post("/api/tasks", permission=Permission.WRITE_TASKS, responses={200: TaskOrTasks, **problems(400, 409)})
def make(body: NewTasks) -> Answer:
    """Makes one task or several; those after the first take from it what they do not say."""
    return jsonify(actions.make(body.root, current_principal()))


@routes.get("/api/tasks/timer", permission=Permission.READ_TASKS, responses={200: Timer, **problems(400)})
def preview_timer(query: TimerQuery) -> Answer:
    """When a timer would run next, or why it is none."""
    return tasks.preview_timer(query.timer, query.count)


@routes.get("/api/tasks/<int:id>", permission=Permission.READ_TASKS, responses={200: TaskView, **problems(404)})
def get(path: TaskPath) -> Answer:
    """Answers a task."""
    return tasks.get_task(path.id, owner=current_principal().owner).view()


@routes.patch(
    "/api/tasks/<int:id>", permission=Permission.WRITE_TASKS, responses={200: TaskView, **problems(400, 404, 409)}
)
def change(path: TaskPath, body: TaskPatch) -> Answer:
    """Changes what is sent."""
    return masked(tasks.change_task(path.id, body.root, current_principal().owner, whole=False).view())


@routes.put(
    "/api/tasks/<int:id>", permission=Permission.WRITE_TASKS, responses={200: TaskView, **problems(400, 404, 409)}
)
def replace(path: TaskPath, body: TaskBody) -> Answer:
    """Sets everything; what is left out goes back to its default."""
    return masked(tasks.change_task(path.id, body.root, current_principal().owner, whole=True).view())


@routes.delete("/api/tasks/<int:id>", permission=Permission.WRITE_TASKS, responses={200: TaskView, **problems(404)})
def remove(path: TaskPath) -> Answer:
    """Removes a task and its schedule; answers what went."""
    return tasks.remove_task(path.id, current_principal().owner).view()


@routes.post("/api/tasks/inspect", permission=Permission.READ_TASKS, responses={200: Inspection, **problems(400)})
def inspect(body: InspectBody) -> Answer:
    """Shows the entries that a handler would find at a URL. Nothing is queued."""
    return actions.inspect(body.root, current_principal().owner)


@routes.post(
    "/api/tasks/<int:id>/mark", permission=Permission.WRITE_TASKS, responses={200: Message, **problems(400, 404)}
)
def mark(path: TaskPath) -> Answer:
    """Marks all that the source has now as downloaded."""
    return {"message": mark_task.mark(actions.existing(path.id, current_principal().owner))}


@routes.delete(
    "/api/tasks/<int:id>/mark", permission=Permission.WRITE_TASKS, responses={200: Message, **problems(400, 404)}
)
def unmark(path: TaskPath) -> Answer:
    """Takes the marks of all that the source has now away."""
    return {"message": mark_task.unmark(actions.existing(path.id, current_principal().owner))}


@routes.post("/api/tasks/<id>/mark", permission=Permission.WRITE_TASKS, doc_ui=False)
@routes.delete("/api/tasks/<id>/mark", permission=Permission.WRITE_TASKS, doc_ui=False)
def mark_nothing() -> Answer:
    """Refuses an id that is no number (contract README, Codes)."""
    raise Invalid("No task id.")


@routes.post(
    "/api/tasks/<int:id>/metadata",
    permission=Permission.WRITE_TASKS,
    responses={200: ChannelFiles, **problems(400, 404)},
)
def write_metadata(path: TaskPath) -> Answer:
    """Writes info, NFO and images of the task's channel for media centres."""
    owner = current_principal().owner
    return write_task_files(actions.existing(path.id, owner), owner)
