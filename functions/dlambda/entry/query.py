"""The base of query models."""

from typing import Any

from pydantic import BaseModel

_schemas: dict[tuple[Any, ...], dict[str, Any]] = {}


class Query(BaseModel):
    """A query string as a model. flask-openapi3 asks for its schema at each request: it is made once."""

    @classmethod
    def model_json_schema(cls, *args: Any, **options: Any) -> dict[str, Any]:
        question = (cls, args, *sorted(options.items()))
        if question not in _schemas:
            _schemas[question] = super().model_json_schema(*args, **options)
        return _schemas[question]
