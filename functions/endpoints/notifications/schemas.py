"""Answers of `/api/notifications`."""

from pydantic import BaseModel, Field

from dlambda.domain.rules.body import Name
from dlambda.domain.rules.notification import CallInput


class LastDelivery(BaseModel):
    at: str = Field(examples=["2026-02-17T16:00:00+00:00"])
    status_code: int | None = Field(description="null when there was no answer, and for services that have none")
    ok: bool
    error: str | None


class TargetView(BaseModel):
    id: int = Field(examples=[3])
    name: Name
    on: list[str] = Field(description="events; empty: all")
    presets: list[str] = Field(description="presets; empty: all")
    enabled: bool
    request: CallInput
    has_secret: bool
    last_delivery: LastDelivery | None


class Events(BaseModel):
    events: list[str]


class Nothing(BaseModel):
    pass
