"""Queries, bodies and answers of `/api/tasks*` (docs/contract/tasks.md)."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from dlambda.domain.tasks.definition import DefinitionInput
from dlambda.domain.tasks.task_input import TaskInput
from dlambda.entry.model import Model, Root
from dlambda.entry.pages import TRUNCATED, Pagination
from dlambda.entry.query import PageNumber, PageSize, Query, choice
from dlambda.entry.resource import body_schema


class TaskPath(Model):
    id: int = Field(description="given by the service")


class PageQuery(Query):
    page: PageNumber = Field(None, description="from 1; beyond the last it means the last")
    per_page: PageSize = Field(None, description="default: the setting `default_pagination`")


class DefinitionQuery(PageQuery):
    include: Annotated[str | None, choice("definition")] = Field(None, description="with the definitions themselves")


class TimerQuery(Query):
    timer: str = Field("", description="a cron text of five or six fields; empty: never")
    count: int = Field(5, ge=1, le=50, description="how many runs")


class Timer(Model):
    timer: str = Field(description="as sent, trimmed", examples=["5 */2 * * *"])
    zone: str = Field(description="the zone in which the service reads it", examples=["Europe/Berlin"])
    runs: list[str] = Field(description="the next ones, in UTC", examples=[["2026-02-17T16:05:00+00:00"]])
    error: str | None = Field(description="why it is no timer; a save is refused with the same text", examples=[None])


class RunResult(Model):
    at: str = Field(examples=["2026-02-17T16:05:00+00:00"])
    status: Literal["ok", "failed"]
    found: int = Field(description="entries that were seen")
    queued: int = Field(description="entries that were added to the queue")
    error: str | None


class TaskView(TaskInput):
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    id: int
    cookies: str = ""
    config: dict[str, Any] = Field(default_factory=dict)
    created_at: str
    updated_at: str
    last_run: str | None
    next_run: str | None
    last_result: RunResult | None


class TaskPage(Model):
    items: list[TaskView]
    pagination: Pagination
    truncated: bool | None = Field(None, description=TRUNCATED)


class TaskOrTasks(Root[TaskView | list[TaskView]]):
    """An object when exactly one task was made."""


class DefinitionView(DefinitionInput):
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    id: int
    created_at: str
    updated_at: str


class ListedDefinition(Model):
    id: int
    name: str
    description: str
    enabled: bool
    priority: int
    match_url: list[str]
    definition: dict[str, Any] | None = Field(None, description="with `include=definition`")
    created_at: str
    updated_at: str


class DefinitionPage(Model):
    items: list[ListedDefinition]
    pagination: Pagination
    truncated: bool | None = Field(None, description=TRUNCATED)


class _Unread(Root[Any]):
    """A body that is read in the use case: its errors have texts of their own. Documented as what it should be."""

    root: Any

    @model_validator(mode="wrap")
    @classmethod
    def _as_it_came(cls, body: object, _: object) -> "_Unread":
        return cls.model_construct(body)

    @classmethod
    def model_validate_json(cls, json_data: object, **_: Any) -> "_Unread":
        """A body that is a JSON text: the framework takes it for JSON once more."""
        return cls.model_construct(json_data)


class LaterTask(Model):
    """An element after the first: what it does not say, the first says."""

    model_config = ConfigDict(extra="allow")

    url: str = Field(min_length=1)


class NewTasks(_Unread):
    """A task or an array; elements after the first need only `url`."""

    root: TaskInput | list[TaskInput | LaterTask]


class TaskBody(_Unread):
    """All fields; those left out go back to their defaults."""

    root: TaskInput


class TaskPatch(_Unread):
    """The fields to change."""

    model_config = ConfigDict(json_schema_extra=body_schema(TaskInput, "TaskPatch", whole=False))


class DefinitionBody(_Unread):
    """A task definition."""

    root: DefinitionInput


class DefinitionPatch(_Unread):
    """The fields to change; `definition` is replaced as a whole."""

    model_config = ConfigDict(json_schema_extra=body_schema(DefinitionInput, "DefinitionPatch", whole=False))


class InspectRequest(Model):
    model_config = ConfigDict(json_schema_extra={"required": ["url"]})

    url: str = Field("", examples=["https://example.com/talks.rss"], json_schema_extra={"minLength": 1})
    preset: str = ""
    handler: str = Field("", description="a handler's name, in any case; empty: the first that takes the URL")
    static_only: bool = Field(False, description="only say whether a handler takes the URL; nothing is fetched")


class InspectBody(_Unread):
    """The URL to look at, and how."""

    root: InspectRequest


class Trial(Model):
    """Exactly one of `definition_id` and `document`."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    url: str = Field(min_length=1)
    preset: str = ""
    definition_id: int | None = Field(None, gt=0)
    document: dict[str, Any] | None = Field(None, description="a whole definition that is not stored")
    page: bool = Field(False, description="answer what was fetched, too")

    @model_validator(mode="after")
    def _one_of_them(self) -> "Trial":
        if (self.definition_id is None) == (self.document is None):
            raise ValueError("Exactly one of 'definition_id' and 'document' is needed.")
        return self


class TrialBody(_Unread):
    """A URL, and the definition to try on it."""

    root: Trial


class Page(Model):
    url: str = Field(description="after redirects")
    content_type: str = Field(examples=["text/html"])
    text: str = Field(description="the first 500,000 characters")
    truncated: bool


class Inspection(Model):
    matched: bool
    handler: str
    supported: bool
    items: list[dict[str, Any]]
    metadata: dict[str, Any]


class DefinitionInspection(Inspection):
    page: Page | None = Field(None, description="only when asked for")


class Message(Model):
    message: str


class ChannelFiles(Model):
    id: str
    id_type: str
    title: str
    description: str
    uploader: str
    tags: list[str]
    year: int | None
    json_file: str
    nfo_file: str
    thumbnails: dict[str, str]


class ImpersonateTargets(Model):
    targets: list[str]
