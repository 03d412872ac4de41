"""Tasks: a URL that is looked at again and again (docs/contract/tasks.md 1, 2).

What the own timer and the handlers' sweep do with a task: `domain.schedule`, `domain.sweep`.
"""

import re
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from dlambda.domain.schedule import check_timer, next_run, stagger_all
from dlambda.domain.web_address import check_web_address
from dlambda.errors import Invalid, NotFound, ValidationFailed

MAX_NAME_LENGTH = 255
CheckOptions = Callable[[str], object]
"""Raises `Invalid` with the reason when a text is no command line of yt-dlp."""


@dataclass(frozen=True)
class Result:
    """How the last run ended: `found` entries seen, `queued` of them handed over."""

    at: datetime
    status: Literal["ok", "failed"]
    found: int = 0
    queued: int = 0
    error: str | None = None

    def view(self) -> dict[str, Any]:
        return {
            "at": self.at.isoformat(),
            "status": self.status,
            "found": self.found,
            "queued": self.queued,
            "error": self.error,
        }


@dataclass(frozen=True)
class Task:
    """One task. Times are UTC; `next_run` is None when it has no timer of its own or is disabled."""

    id: int
    name: str
    url: str
    created_at: datetime
    updated_at: datetime
    timer: str = ""
    preset: str = ""
    folder: str = ""
    template: str = ""
    cli: str = ""
    auto_start: bool = True
    handler_enabled: bool = True
    enabled: bool = True
    last_run: datetime | None = None
    next_run: datetime | None = None
    last_result: Result | None = None

    def scheduled(self, now: datetime, zone: tzinfo) -> "Task":
        """The task with its next run behind `now`."""
        return replace(self, next_run=next_run(self.timer, now, zone) if self.enabled else None)

    def view(self) -> dict[str, Any]:
        """The object of docs/contract/tasks.md 1."""
        return {
            "id": self.id,
            **{name: getattr(self, name) for name in TaskInput.model_fields},
            "cookies": "",
            "config": {},
            "created_at": self.created_at.isoformat(),
            "updated_at": self.updated_at.isoformat(),
            "last_run": _text(self.last_run),
            "next_run": _text(self.next_run),
            "last_result": self.last_result.view() if self.last_result else None,
        }

    def extras(self, handler: str) -> dict[str, Any]:
        """What the items of this task carry. The timer's run prints the id as text, a handler's does not."""
        source_id: str | int = str(self.id) if handler == TIMER_SOURCE else self.id
        return {"source_name": self.name, "source_id": source_id, "source_handler": handler}


TIMER_SOURCE = "Tasks"


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


# What a client sends


def _no_null(value: object) -> object:
    return "" if value is None else value


def _true_for_null(value: object) -> object:
    return True if value is None else value


OptionalText = BeforeValidator(_no_null)
Switch = Annotated[bool, BeforeValidator(_true_for_null)]


class TaskInput(BaseModel):
    """The fields that a client may set. Validate with `read_task`, which turns errors into the documented ones."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    name: str = Field(max_length=MAX_NAME_LENGTH)
    url: str = Field(max_length=2048)
    timer: Annotated[str, OptionalText] = Field("", max_length=255)
    preset: Annotated[str, OptionalText] = ""
    folder: Annotated[str, OptionalText] = Field("", max_length=512)
    template: Annotated[str, OptionalText] = Field("", max_length=1024)
    cli: Annotated[str, OptionalText] = ""
    auto_start: Switch = True
    handler_enabled: Switch = True
    enabled: Switch = True

    @field_validator("name", mode="before")
    @classmethod
    def _name_is_text(cls, value: object) -> object:
        if not isinstance(value, str):
            raise ValueError("Name must be a string.")  # noqa: TRY004 a ValueError is what becomes a detail
        if not value.strip():
            raise ValueError("Name cannot be empty.")
        return value

    @field_validator("url")
    @classmethod
    def _url_is_a_web_address(cls, value: str) -> str:
        if not value:
            raise ValueError("URL cannot be empty.")
        try:
            check_web_address(value)
        except Invalid as error:
            raise ValueError(f"Invalid URL format: {error}") from None
        return value

    @field_validator("timer")
    @classmethod
    def _timer_is_cron(cls, value: str) -> str:
        try:
            return check_timer(value)
        except Invalid as error:
            raise ValueError(f"Invalid timer format: {error}") from None

    @field_validator("cli")
    @classmethod
    def _cli_is_a_command_line(cls, value: str, info: ValidationInfo) -> str:
        if not value:
            return value
        check: CheckOptions = (info.context or {})["check_options"]
        try:
            check(value)
        except Invalid as error:
            raise ValueError(f"Invalid command options for yt-dlp: {error}") from None
        return value


def read_task(
    body: Mapping[str, Any], check_options: CheckOptions, *, text: str = "Failed to validate task."
) -> TaskInput:
    """The fields in `body`; what is left out has its default. Raises `ValidationFailed` with `text`."""
    try:
        return TaskInput.model_validate(dict(body), context={"check_options": check_options})
    except ValidationError as error:
        raise ValidationFailed(text, detail_of(error)) from None


def read_patch(task: Task, body: Mapping[str, Any], check_options: CheckOptions) -> TaskInput:
    """All fields after a PATCH of `task`: only those that were sent change, and only those can be wrong."""
    sent = {name: value for name, value in body.items() if name in TaskInput.model_fields}
    kept = {name: getattr(task, name) for name in TaskInput.model_fields if name not in sent}
    valid = {"name": "kept", "url": "http://kept"}
    changes = read_task(valid | sent, check_options)
    return changes.model_copy(update=kept)


def detail_of(error: ValidationError) -> list[dict[str, Any]]:
    """`detail` of docs/contract/tasks.md 0."""
    return [
        {"loc": list(problem["loc"]), "msg": problem["msg"], "type": problem["type"]}
        for problem in error.errors(include_url=False, include_context=False, include_input=False)
    ]


# Several at once

_SHARED = ("preset", "folder", "template", "cli", "auto_start", "handler_enabled", "enabled")


@dataclass(frozen=True)
class Draft:
    """One element of a request: its fields, and whether it brought a name of its own."""

    fields: TaskInput
    named: bool


def read_tasks(bodies: Sequence[object], check_options: CheckOptions) -> list[Draft]:
    """The elements of an array in order, completed from the first. All or nothing.

    Raises `Invalid` and `ValidationFailed` in the order of docs/contract/tasks.md 2 (rows 2-4 and 6). An element
    without a name bears `task-<index>` until its title is known.
    """
    first = bodies[0] if bodies else None
    if not isinstance(first, Mapping) or not first.get("url"):
        raise Invalid("First item requires 'url' field.")
    if not first.get("name"):
        raise Invalid("First item requires 'name' field.")
    leader = read_task(first, check_options, text="Failed to validate first task.")
    drafts = [Draft(leader, named=True)]
    for index, body in enumerate(bodies[1:], start=1):
        drafts.append(_read_follower(index, body, first, check_options))
    timers = stagger_all(leader.timer, [draft.fields.timer for draft in drafts])
    return [
        replace(draft, fields=draft.fields.model_copy(update={"timer": timer}))
        for draft, timer in zip(drafts, timers, strict=True)
    ]


def _read_follower(index: int, body: object, first: Mapping[str, Any], check_options: CheckOptions) -> Draft:
    if not isinstance(body, Mapping) or not body.get("url"):
        problem = {"loc": [index, "url"], "msg": "Field required", "type": "missing"}
        raise ValidationFailed("Failed to validate task.", [problem])
    inherited = {name: first[name] for name in _SHARED if first.get(name) is not None}
    own = {name: value for name, value in body.items() if value is not None}
    named = bool(own.get("name"))
    name = own["name"] if named else f"task-{index}"
    return Draft(read_task(inherited | own | {"name": name}, check_options), named)


def titled(draft: Draft, title: str | None) -> Draft:
    """The draft under the title that its URL reports, unless it has a name of its own."""
    title = (title or "").strip()[:MAX_NAME_LENGTH].strip()
    if draft.named or not title:
        return draft
    return replace(draft, fields=draft.fields.model_copy(update={"name": title}))


def free_name(name: str, taken: Container[str]) -> str:
    """`name`, else `name-1`, `name-2` ...: the first that is not taken. At most 255 characters."""
    candidate, number = name, 0
    while candidate in taken:
        number += 1
        suffix = f"-{number}"
        candidate = name[: MAX_NAME_LENGTH - len(suffix)] + suffix
    return candidate


_HANDLE = re.compile(r"/@[^/]+")


def without_handle(url: str, channel_id: str | None) -> str:
    """`url` with the `@handle` segment of its path replaced by `channel/<channel_id>`; the same when none is known.

    A handle may be taken over by somebody else; the channel's id stays.
    """
    path = urlsplit(url).path
    if not channel_id or not _HANDLE.search(path):
        return url
    return url.replace(path, _HANDLE.sub(f"/channel/{channel_id}", path, count=1), 1)


def has_handle(url: str) -> bool:
    """Whether a look-up of the channel's id is worth it."""
    return bool(_HANDLE.search(urlsplit(url).path))


def task_not_found(id_: int) -> NotFound:
    return NotFound(f"Task '{id_}' not found.")
