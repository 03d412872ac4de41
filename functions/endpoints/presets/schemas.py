"""Queries and answers of `/api/presets`."""

from pydantic import ConfigDict, Field

from dlambda.domain.rules.preset import PresetInput
from dlambda.entry.resource import ResourceQuery


class PresetQuery(ResourceQuery):
    """`filter=name` is not among these: its answer is another one, and for one client alone (rules.md 2.1)."""

    sort: str | None = Field(None, description="comma list of id, name, priority, default, created_at, updated_at")
    order: str | None = Field(None, description="`asc` or `desc`, one for all or one per sort field")
    exclude_defaults: str | None = Field(None, description="not empty: without the system's presets")


class PresetView(PresetInput):
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    id: int = Field(examples=[112])
    default: bool = Field(description="comes with the service and cannot be changed")
    has_cookies: bool
