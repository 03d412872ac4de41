"""Task definitions: which URLs they serve, and what a client may send (docs/contract/tasks.md 7.1, 7.2, 7.4)."""

import fnmatch
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BeforeValidator, Field, field_validator

from dlambda.domain.rules.body import Body, Name, Priority
from dlambda.domain.rules.pattern import begins, compile_pattern
from dlambda.domain.rules.resource import Fields, Kind
from dlambda.domain.tasks.recipe import STRICT, Recipe, read_recipe
from dlambda.errors import Invalid

if TYPE_CHECKING:
    import regex


@dataclass(frozen=True)
class Definition:
    """A task definition; `definition` is what the client sent, in its dialect."""

    id: int
    name: str
    definition: Mapping[str, Any]
    description: str = ""
    enabled: bool = True
    priority: int = 0
    match_url: tuple[str, ...] = field(default=())

    @property
    def order(self) -> tuple[int, str]:
        """Sort key of lists and of matching: priority, then name, both ascending."""
        return (self.priority, self.name)

    def matches(self, url: str, patience: "Patience | None" = None) -> bool:
        """True if one of its `match_url` entries fits. `patience` is for all patterns that share it."""
        patience = patience or Patience()
        return any(_fits(entry, url, patience) for entry in self.match_url)

    def recipe(self) -> Recipe:
        """The recipe that runs. Raises `Invalid`."""
        return read_recipe(self.definition)


def find_match(definitions: Iterable[Definition], url: str) -> Definition | None:
    """The first enabled definition that serves `url`, by priority, then name; computes at most `2 * MATCH_SECONDS`."""
    serving = (
        definition for definition in sorted(definitions, key=lambda definition: definition.order) if definition.enabled
    )
    patience = Patience()
    return next((definition for definition in serving if definition.matches(url, patience)), None)


MATCH_SECONDS: Final = 1.0
_LEAST_SECONDS: Final = 0.02


class Patience:
    """The computing time for the patterns of one look-up together: what a busy machine keeps waiting loses nothing.

    Each may take a tenth of what is left, so those that never end leave some for the others, and never less than a
    busy machine needs for a good one.
    """

    __slots__ = ("_begin", "_seconds")

    def __init__(self, seconds: float = MATCH_SECONDS) -> None:
        self._begin, self._seconds = time.thread_time(), seconds

    def begins(self, pattern: "regex.Pattern[str]", url: str) -> bool:
        """True if `pattern` matches at the start of `url`; no when it cannot tell in its time."""
        seconds = self._seconds - (time.thread_time() - self._begin)
        return seconds > -self._seconds and begins(pattern, url, max(seconds / 10, _LEAST_SECONDS))


def _pattern_in(entry: str) -> str | None:
    """The regular expression in an entry between slashes; None for a glob."""
    return entry[1:-1] if len(entry) > 2 and entry.startswith("/") and entry.endswith("/") else None


def _fits(entry: str, url: str, patience: Patience) -> bool:
    pattern = _pattern_in(entry)
    if pattern is None:
        return fnmatch.fnmatchcase(url, entry)
    try:
        return patience.begins(compile_pattern(pattern), url)
    except Invalid:
        return False


# What a client sends


def _check_entries(value: object) -> object:
    if not isinstance(value, list | tuple):
        raise ValueError("match_url must be a list")  # noqa: TRY004 a ValueError is what becomes a detail
    return tuple(_check_entry(entry) for entry in value)


def _check_entry(entry: object) -> str:
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


_ENTRY: Final = {"type": "string", "minLength": 1, "pattern": r"\S"}
_EXAMPLE: Final = {"parse": {"url": {"type": "css", "expression": "a.film", "attribute": "href"}}}


class DefinitionInput(Body):
    """The fields that a client may set."""

    name: Name
    description: str = ""
    enabled: bool = True
    priority: Priority = 0
    match_url: Annotated[
        tuple[str, ...], BeforeValidator(_check_entries), Field(json_schema_extra={"items": _ENTRY})
    ] = ()
    definition: dict[str, Any] = Field(examples=[_EXAMPLE])

    @field_validator("definition")
    @classmethod
    def _runs(cls, value: dict[str, Any]) -> dict[str, Any]:
        """Checked as what would run, kept as it was sent."""
        Recipe.model_validate(value, context={STRICT: True})
        return value


def _view(id_: int, fields: Fields, notes: Fields) -> dict[str, Any]:
    return {"id": id_, **fields, "created_at": notes["created_at"], "updated_at": notes["updated_at"]}


DEFINITIONS: Final = Kind(
    feature="tasks_definitions",
    model=DefinitionInput,
    order=lambda fields: (fields["priority"], fields["name"]),
    failed="Failed to validate task definition.",
    name_taken="Task definition with name '{name}' already exists.",
    not_found="Task definition '{id}' not found.",
    not_there="Task definition '{id}' not found.",
    no_object="Invalid request body; expected JSON object.",
    change_conflicts=False,
    view=_view,
)
