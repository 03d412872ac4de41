"""Bodies and answers of `/api/conditions`."""

from typing import Any

from pydantic import ConfigDict, Field

from dlambda.domain.rules.condition import ConditionInput
from dlambda.entry.model import Model, Root
from dlambda.entry.query import like


class ConditionView(ConditionInput):
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    id: int = Field(examples=[5])


class TestInput(Model):
    url: str = Field(examples=["https://video.example/watch?v=1"])
    condition: str = Field(description="a filter", examples=["yt:duration > 600"])
    preset: str = Field("", description="whose options the extraction gets; default: the setting `default_preset`")


class TestBody(Root[Any]):
    """Read by hand, in the documented order of its checks."""

    model_config = ConfigDict(json_schema_extra=like(TestInput))


class TestAnswer(Model):
    status: bool = Field(description="whether the metadata passes")
    condition: str
    data: dict[str, Any] = Field(description="the metadata, the shortest values first")


class CheckInput(Model):
    condition: str = Field(description="a filter", examples=["duration > 10m & !is_live"])


class CheckBody(Root[Any]):
    """Read by hand, in the documented order of its checks."""

    model_config = ConfigDict(json_schema_extra=like(CheckInput))


class FilterCheck(Model):
    condition: str
    error: str | None = Field(description="why it cannot be read", examples=["Expected ATOM"])
    position: int | None = Field(description="of the mistake, in characters from 0; null: no place is to blame")
