"""Actions behind the routes of `/api/tasks*` that take more than one call."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from pydantic import ValidationError

from dlambda.domain.accounts.principal import Principal
from dlambda.domain.rules.body import detail_of, read
from dlambda.domain.tasks.definition import DEFINITIONS, Definition, DefinitionInput
from dlambda.domain.tasks.task import Task
from dlambda.domain.tasks.task_input import masked, read_tasks
from dlambda.entry.pages import PageRequest, fitting_items, pagination
from dlambda.errors import AppError, Invalid, NotFound, OperationFailed, ValidationFailed
from dlambda.usecases.rules.input_rules import input_rules
from dlambda.usecases.tasks.definitions import get_definition
from dlambda.usecases.tasks.source_info import with_look_ups
from dlambda.usecases.tasks.tasks import get_task, make_tasks, refuse_taken_name
from endpoints.tasks.schemas import InspectRequest, Trial

T = TypeVar("T")


def page_of(things: Sequence[T], paging: PageRequest, view: Callable[[T], dict[str, Any]]) -> dict[str, Any]:
    """A page of a list; beyond the last it is the last."""
    last = max(1, -(-len(things) // paging.per_page))
    page = min(paging.page, last) if things else paging.page
    things_of_page = things[(page - 1) * paging.per_page : page * paging.per_page]
    return {
        **fitting_items([view(thing) for thing in things_of_page]),
        "pagination": pagination(page, paging.per_page, len(things)),
    }


def make(body: object, principal: Principal) -> dict[str, Any] | list[dict[str, Any]]:
    """Stores the tasks of a body; an object when exactly one was made."""
    bodies = body if isinstance(body, list) else [body]
    if not bodies or not isinstance(body, list | dict):
        raise Invalid("Invalid request body. Expecting dict or list of dicts.")
    refuse_taken = partial(refuse_taken_name, owner=principal.owner)
    drafts = read_tasks(bodies, refuse_taken, input_rules())
    views = [masked(task.view()) for task in make_tasks(with_look_ups(drafts), principal)]
    return views[0] if len(views) == 1 else views


def inspect(body: object, owner: str) -> dict[str, Any]:
    """`docs/contract/tasks.md` 2, inspect."""
    from dlambda.usecases.tasks import inspect_task  # loads the handlers, and lxml with them

    fields = body if isinstance(body, dict) else {}
    inspection = _read_inspection({name: value for name, value in fields.items() if value is not None})
    try:
        return inspect_task.inspect(
            inspection.url.strip(),
            inspection.preset.strip(),
            inspection.handler.strip(),
            static_only=inspection.static_only,
            owner=owner,
        )
    except AppError:
        raise
    except Exception as error:
        raise OperationFailed("Failed to inspect handler.", extra={"message": type(error).__name__}) from error


def _read_inspection(fields: dict[str, Any]) -> InspectRequest:
    try:
        return InspectRequest.model_validate(fields)
    except ValidationError as error:
        raise ValidationFailed("Failed to validate inspection request.", detail_of(error)) from None


def try_definition(body: object, owner: str) -> dict[str, Any]:
    """`docs/contract/tasks.md` 7.2, inspect: one definition on one URL."""
    from dlambda.usecases.tasks import inspect_task  # as above

    if not isinstance(body, dict):
        raise Invalid(DEFINITIONS.no_object)
    text = "Failed to validate definition inspection request."
    try:
        trial = Trial.model_validate(body)
    except ValidationError as error:
        raise ValidationFailed(text, detail_of(error)) from None
    definition = _definition(trial, text)
    if definition.match_url and not definition.matches(trial.url):
        raise Invalid("URL does not match the selected task definition.")
    try:
        return inspect_task.inspect_definition(definition, trial.url, trial.preset, owner, with_page=trial.page)
    except AppError:
        raise
    except Exception as error:
        raise OperationFailed("Failed to inspect task definition.") from error


def _definition(trial: Trial, text: str) -> Definition:
    if trial.definition_id is not None:
        try:
            return get_definition(trial.definition_id)
        except NotFound:
            raise NotFound("Task definition not found.") from None
    fields = read(DefinitionInput, trial.document or {}, text=text)
    return Definition(id=0, **fields)


def existing(id_: int, owner: str) -> Task:
    """The task for `mark` and `metadata`, whose text differs."""
    return get_task(id_, f"Task '{id_}' does not exist.", owner)
