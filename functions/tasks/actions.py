"""What the routes of `/api/tasks*` do when it is more than one call."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from dlambda.domain.rules.body import detail_of, read
from dlambda.domain.tasks.definition import DEFINITIONS, Definition, DefinitionInput
from dlambda.domain.tasks.task import Task, masked, read_tasks
from dlambda.entry.pages import PageRequest, pagination
from dlambda.errors import AppError, Invalid, NotFound, OperationFailed, ValidationFailed
from dlambda.usecases.tasks import inspect_task
from dlambda.usecases.tasks.definitions import get_definition
from dlambda.usecases.tasks.source_info import with_look_ups
from dlambda.usecases.tasks.tasks import get_task, make_tasks, refuse_taken_name
from tasks.schemas import InspectRequest, Trial

T = TypeVar("T")


def page_of(things: Sequence[T], wanted: PageRequest, view: Callable[[T], dict[str, Any]]) -> dict[str, Any]:
    """A page of a list; beyond the last it is the last."""
    last = max(1, -(-len(things) // wanted.per_page))
    page = min(wanted.page, last) if things else wanted.page
    chosen = things[(page - 1) * wanted.per_page : page * wanted.per_page]
    return {"items": [view(each) for each in chosen], "pagination": pagination(page, wanted.per_page, len(things))}


def make(body: object) -> dict[str, Any] | list[dict[str, Any]]:
    """Stores the tasks of a body; an object when exactly one was made."""
    bodies = body if isinstance(body, list) else [body]
    if not bodies or not isinstance(body, list | dict):
        raise Invalid("Invalid request body. Expecting dict or list of dicts.")
    drafts = read_tasks(bodies, refuse_taken_name)
    made = [masked(task.view()) for task in make_tasks(with_look_ups(drafts))]
    return made[0] if len(made) == 1 else made


def inspect(body: object) -> dict[str, Any]:
    """`docs/contract/tasks.md` 2, inspect."""
    given = body if isinstance(body, dict) else {}
    wanted = _read_inspection({name: value for name, value in given.items() if value is not None})
    try:
        return inspect_task.inspect(
            wanted.url.strip(), wanted.preset.strip(), wanted.handler.strip(), static_only=wanted.static_only
        )
    except AppError:
        raise
    except Exception as error:
        raise OperationFailed("Failed to inspect handler.", extra={"message": type(error).__name__}) from error


def _read_inspection(given: dict[str, Any]) -> InspectRequest:
    try:
        return InspectRequest.model_validate(given)
    except ValidationError as error:
        raise ValidationFailed("Failed to validate inspection request.", detail_of(error)) from None


def try_definition(body: object) -> dict[str, Any]:
    """`docs/contract/tasks.md` 7.2, inspect: one definition on one URL."""
    if not isinstance(body, dict):
        raise Invalid(DEFINITIONS.no_object)
    text = "Failed to validate definition inspection request."
    try:
        wanted = Trial.model_validate(body)
    except ValidationError as error:
        raise ValidationFailed(text, detail_of(error)) from None
    definition = _definition(wanted, text)
    if definition.match_url and not definition.matches(wanted.url):
        raise Invalid("URL does not match the selected task definition.")
    try:
        return inspect_task.inspect_definition(definition, wanted.url, wanted.preset)
    except AppError:
        raise
    except Exception as error:
        raise OperationFailed("Failed to inspect task definition.") from error


def _definition(wanted: Trial, text: str) -> Definition:
    if wanted.definition_id is not None:
        try:
            return get_definition(wanted.definition_id)
        except NotFound:
            raise NotFound("Task definition not found.") from None
    fields = read(DefinitionInput, wanted.document or {}, text=text)
    return Definition(id=0, **fields)


def existing(id_: int) -> Task:
    """The task for `mark` and `metadata`, whose text differs."""
    return get_task(id_, f"Task '{id_}' does not exist.")
