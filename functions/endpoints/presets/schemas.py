"""Queries and answers of `/api/presets`."""

from pydantic import Field

from dlambda.domain.rules.preset import PresetInput
from dlambda.entry.resource import ResourceQuery


class PresetQuery(ResourceQuery):
    sort: str | None = Field(None, description="comma list of id, name, priority, default, created_at, updated_at")
    order: str | None = Field(None, description="`asc` or `desc`, one for all or one per sort field")
    filter: str | None = Field(None, description="`name` alone: a plain list of `{name}` in place of a page")
    exclude_defaults: str | None = Field(None, description="not empty: without the system's presets")


class PresetView(PresetInput):
    id: int = Field(examples=[112])
    default: bool = Field(description="comes with the service and cannot be changed")
    has_cookies: bool
