"""The base of query models, and how models document what is read by hand."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, WithJsonSchema

from dlambda.entry.model import Model


class Query(Model):
    """A query string as a model: of a field that is sent twice the first counts."""


def like(model: type[BaseModel], **more: Any) -> Callable[[dict[str, Any]], None]:
    """A `json_schema_extra`: the body is read by hand, and documented as `model`. Made when the document is."""

    def describe(schema: dict[str, Any]) -> None:
        schema.update(model.model_json_schema(), **more)

    return describe


def documented(schema: dict[str, Any]) -> WithJsonSchema:
    """The type for the document of a text that is read by hand, since each of its errors has a documented text."""
    return WithJsonSchema(schema)


def choice(*words: str) -> WithJsonSchema:
    """The type of a text that is one of `words`; other accepted forms, such as capitals, are not documented."""
    return WithJsonSchema({"type": "string", "enum": [*words]})


PageNumber = Annotated[str | None, WithJsonSchema({"type": "integer", "minimum": 1})]
PageSize = Annotated[str | None, WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 1000})]
