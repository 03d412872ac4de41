"""Answers of `/api/notifications`."""

from pydantic import ConfigDict, Field

from dlambda.domain.rules.body import Name
from dlambda.domain.rules.notification import CallInput
from dlambda.entry.model import Model


class LastDelivery(Model):
    at: str = Field(examples=["2026-02-17T16:00:00+00:00"])
    status_code: int | None = Field(description="null when there was no answer, and for services that have none")
    ok: bool
    error: str | None


class CallView(CallInput):
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


class TargetView(Model):
    id: int = Field(examples=[3])
    name: Name
    on: list[str] = Field(description="events; empty: all")
    presets: list[str] = Field(description="presets; empty: all")
    enabled: bool
    request: CallView
    has_secret: bool
    last_delivery: LastDelivery | None


class EventNames(Model):
    events: list[str]


class Nothing(Model):
    pass
