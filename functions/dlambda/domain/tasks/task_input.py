"""Tasks as clients send them, one or several at once (docs/contract/tasks.md 2)."""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator

from dlambda.domain.accounts.principal import Principal
from dlambda.domain.paths.input_rules import DEFAULT_RULES, InputRules
from dlambda.domain.paths.paths import resolve_folder, safe_template
from dlambda.domain.rules.body import MAX_NAME_LENGTH, Body, Name, check_cli, check_place, read
from dlambda.domain.tasks.schedule import check_timer, stagger_all
from dlambda.domain.web.web_address import check_web_address
from dlambda.domain.ytdlp.option_secrets import mask_options, unmask_options
from dlambda.errors import Invalid, ValidationFailed

FAILED = "Failed to validate task."
# Fields that the others of an array have from the first.
_SHARED = ("preset", "folder", "template", "cli", "auto_start", "handler_enabled", "enabled")


class TaskInput(Body):
    """The fields that a client may set."""

    name: Name
    url: str = Field(max_length=2048, json_schema_extra={"minLength": 1, "format": "uri"})
    timer: str = Field("", max_length=255)
    preset: str = Field("", max_length=255)
    folder: Annotated[str, Field(max_length=512), check_place(resolve_folder)] = ""
    template: Annotated[str, Field(max_length=1024), check_place(safe_template)] = ""
    cli: str = ""
    auto_start: bool = True
    handler_enabled: bool = True
    enabled: bool = True

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
        return check_cli(value, "Invalid command options for yt-dlp: {}", info)


def masked(fields: Mapping[str, Any]) -> dict[str, Any]:
    """`fields` with the secrets in their options masked."""
    return {**fields, "cli": mask_options(fields["cli"])}


def unmasked(fields: Mapping[str, Any], previous: Mapping[str, Any]) -> dict[str, Any]:
    """`fields` as sent, masks in them replaced by what is `previous`."""
    if "cli" not in fields:
        return dict(fields)
    return {**fields, "cli": unmask_options(fields["cli"], str(previous.get("cli") or ""))}


@dataclass(frozen=True)
class Draft:
    """An element of a request: its fields, and whether it brought a name of its own."""

    fields: Mapping[str, Any]
    named: bool

    def made_by(self, principal: Principal) -> "Draft":
        """The draft as `principal` makes it: the task and what it adds are the principal's."""
        return self.evolve(owner=principal.owner, home=principal.home)

    def evolve(self, **changes: Any) -> "Draft":
        return replace(self, fields={**self.fields, **changes})


def read_tasks(
    bodies: Sequence[object], refuse_taken: Callable[[str], None] = lambda _: None, rules: InputRules = DEFAULT_RULES
) -> list[Draft]:
    """The elements of an array in order, completed from the first. All or nothing.

    Raises `Invalid` and `ValidationFailed` in the order of docs/contract/tasks.md 2 (rows 2-6); `refuse_taken` raises
    for a first name that is in use. An element without a name bears `task-<index>` until its title is known.
    """
    first = bodies[0] if bodies else None
    if not isinstance(first, Mapping) or not first.get("url"):
        raise Invalid("First item requires 'url' field.")
    if not first.get("name"):
        raise Invalid("First item requires 'name' field.")
    leader = read(TaskInput, first, text="Failed to validate first task.", rules=rules)
    refuse_taken(leader["name"])
    followers = [_read_follower(index, body, first, rules) for index, body in enumerate(bodies[1:], start=1)]
    drafts = [Draft(leader, named=True), *followers]
    timers = stagger_all(leader["timer"], [draft.fields["timer"] for draft in drafts])
    return [draft.evolve(timer=timer) for draft, timer in zip(drafts, timers, strict=True)]


def _read_follower(index: int, body: object, first: Mapping[str, Any], rules: InputRules) -> Draft:
    if not isinstance(body, Mapping) or not body.get("url"):
        problem = {"loc": [index, "url"], "msg": "Field required", "type": "missing"}
        raise ValidationFailed(FAILED, [problem])
    inherited = {name: first[name] for name in _SHARED if first.get(name) is not None}
    own = {name: value for name, value in body.items() if value is not None}
    has_name = bool(own.get("name"))
    name = own["name"] if has_name else f"task-{index}"
    return Draft(read(TaskInput, {**inherited, **own, "name": name}, text=FAILED, rules=rules), has_name)


def titled(draft: Draft, title: str | None) -> Draft:
    """The draft under the title that its URL reports, unless it has a name of its own."""
    title = (title or "").strip()[:MAX_NAME_LENGTH].strip()
    return draft if draft.named or not title else draft.evolve(name=title)


def free_name(name: str, names: Container[str]) -> str:
    """`name`, else `name-1`, `name-2` ...: the first that is not taken. At most 255 characters."""
    candidate, number = name, 0
    while candidate in names:
        number += 1
        suffix = f"-{number}"
        candidate = name[: MAX_NAME_LENGTH - len(suffix)] + suffix
    return candidate
