"""Task definitions: which URLs they serve, and what a client may send (docs/contract/tasks.md 7.1, 7.2, 7.4)."""

import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from dlambda.domain.pattern import begins, compile_pattern
from dlambda.domain.recipe import Recipe, read_recipe
from dlambda.domain.task import detail_of
from dlambda.errors import Invalid, ValidationFailed

MAX_NAME_LENGTH = 255


@dataclass(frozen=True)
class Definition:
    """One task definition; `definition` is what the client sent, in its dialect."""

    id: int
    name: str
    definition: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime
    description: str = ""
    enabled: bool = True
    priority: int = 0
    match_url: tuple[str, ...] = field(default=())

    @property
    def order(self) -> tuple[int, str]:
        """Sort key of lists and of matching: priority, then name, both ascending."""
        return (self.priority, self.name)

    def matches(self, url: str) -> bool:
        """Whether one of its `match_url` entries fits."""
        return any(_fits(entry, url) for entry in self.match_url)

    def recipe(self) -> Recipe:
        """What runs. Raises `Invalid`."""
        return read_recipe(self.definition)

    def view(self, *, full: bool = True) -> dict[str, Any]:
        """The object of docs/contract/tasks.md 7.1; a list leaves `definition` out."""
        view: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "enabled": self.enabled,
            "priority": self.priority,
            "match_url": list(self.match_url),
            "created_at": self.created_at.isoformat(),
            "updated_at": self.updated_at.isoformat(),
        }
        return view | {"definition": dict(self.definition)} if full else view


def find_match(definitions: Iterable[Definition], url: str) -> Definition | None:
    """The first enabled definition that serves `url`, by priority, then name."""
    serving = (each for each in sorted(definitions, key=lambda each: each.order) if each.enabled)
    return next((each for each in serving if each.matches(url)), None)


def _pattern_in(entry: str) -> str | None:
    """The regular expression in an entry between slashes; None for a glob."""
    return entry[1:-1] if len(entry) > 2 and entry.startswith("/") and entry.endswith("/") else None


def _fits(entry: str, url: str) -> bool:
    pattern = _pattern_in(entry)
    if pattern is None:
        return fnmatch.fnmatchcase(url, entry)
    try:
        return begins(compile_pattern(pattern), url)
    except Invalid:
        return False


# What a client sends


def _zero_for_null(value: object) -> object:
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("Priority must be an integer.")  # noqa: TRY004 a ValueError is what becomes a detail
    if value < 0:
        raise ValueError("Priority must be >= 0.")
    return value


def _checked_entries(value: object) -> object:
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise ValueError("match_url must be a list")  # noqa: TRY004 a ValueError is what becomes a detail
    return tuple(_checked_entry(entry) for entry in value)


def _checked_entry(entry: object) -> str:
    text = entry.strip() if isinstance(entry, str) else ""
    if not text:
        raise ValueError("match_url items cannot be empty")
    pattern = _pattern_in(text)
    if pattern is not None:
        try:
            compile_pattern(pattern)
        except Invalid as error:
            raise ValueError(f"Invalid regex pattern '{pattern}': {error}") from None
    return text


class DefinitionInput(BaseModel):
    """The fields that a client may set. Validate with `read_definition`."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=MAX_NAME_LENGTH)
    description: Annotated[str, BeforeValidator(lambda value: "" if value is None else value)] = ""
    enabled: Annotated[bool, BeforeValidator(lambda value: True if value is None else value)] = True
    priority: Annotated[int, BeforeValidator(_zero_for_null)] = 0
    match_url: Annotated[tuple[str, ...], BeforeValidator(_checked_entries)] = ()
    definition: dict[str, Any]

    @field_validator("definition")
    @classmethod
    def _runs(cls, value: dict[str, Any]) -> dict[str, Any]:
        """Checked as what would run, kept as it was sent."""
        Recipe.model_validate(value)
        return value


def read_definition(body: Mapping[str, Any], *, text: str = "Failed to validate task definition.") -> DefinitionInput:
    """The fields in `body`; what is left out has its default. Raises `ValidationFailed` with `text`."""
    try:
        return DefinitionInput.model_validate(dict(body))
    except ValidationError as error:
        raise ValidationFailed(text, detail_of(error)) from None


def read_definition_patch(definition: Definition, body: Mapping[str, Any]) -> DefinitionInput:
    """All fields after a PATCH: only those sent change, `definition` as a whole."""
    sent = {name: value for name, value in body.items() if name in DefinitionInput.model_fields}
    kept = {name: getattr(definition, name) for name in DefinitionInput.model_fields if name not in sent}
    return read_definition(kept | sent, text="Failed to validate task definition patch.")
