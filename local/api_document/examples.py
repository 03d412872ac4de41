"""An example for each body and answer: it fits the schema, and uses the examples and defaults that fields name."""

from collections.abc import Mapping
from typing import Any

from local.api_document.simplify import REFERENCE

Json = dict[str, Any]

_DEEPEST = 20
_BY_NAME = {
    "url": "https://example.com/watch?v=1",
    "id": "8f14e45f-ceea-467f-9b3d-0f2a6e4c1b7d",
    "_id": "8f14e45f-ceea-467f-9b3d-0f2a6e4c1b7d",
    "ids": ["8f14e45f-ceea-467f-9b3d-0f2a6e4c1b7d"],
    "items": ["youtube dQw4w9WgXcQ"],
    "title": "A title",
    "name": "a-name",
    "preset": "default",
    "folder": "videos",
    "path": "videos/a.mp4",
    "error": "What went wrong.",
    "code": "NOT_FOUND",
    "message": "What happened.",
    "version": "1.2.3",
}
_OF_FORMAT = {"uri": "https://example.com/watch?v=1", "date-time": "2026-02-17T16:00:00+00:00"}


class Examples:
    """Makes examples from the component schemas of one document."""

    def __init__(self, schemas: Mapping[str, Json]) -> None:
        self._schemas = schemas

    def of(self, schema: Json, name: str = "", depth: int = 0) -> Any:
        """A value that fits `schema`, which is the field `name` of something."""
        if "$ref" in schema:
            target = self._schemas[schema["$ref"].removeprefix(REFERENCE)]
            return self.of(target, name, depth + 1)
        if schema.get("examples"):
            return schema["examples"][0]
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return schema["enum"][0]
        if schema.get("default") is not None:
            return schema["default"]
        for alternatives in ("anyOf", "oneOf", "allOf"):
            if schema.get(alternatives):
                return self.of(schema[alternatives][0], name, depth + 1)
        return self._of_type(schema, name, depth)

    def _of_type(self, schema: Json, name: str, depth: int) -> Any:
        kind = schema.get("type")
        if kind == "object" or "properties" in schema:
            return self._of_object(schema, depth)
        if kind == "array":
            if isinstance(_BY_NAME.get(name), list) and schema.get("items", {}).get("type") == "string":
                return _BY_NAME[name]
            return [] if depth > _DEEPEST else [self.of(schema.get("items", {}), "", depth + 1)]
        if kind == "string":
            fallback = _BY_NAME.get(name)
            return _OF_FORMAT.get(schema.get("format", "")) or (fallback if isinstance(fallback, str) else "text")
        return {"integer": schema.get("minimum", 1), "number": schema.get("minimum", 1.5), "boolean": True}.get(
            str(kind)
        )

    def _of_object(self, schema: Json, depth: int) -> Json:
        if depth > _DEEPEST:
            return {}
        example = {name: self.of(part, name, depth + 1) for name, part in schema.get("properties", {}).items()}
        value_schema = schema.get("additionalProperties")
        if not example and isinstance(value_schema, dict) and value_schema:
            example["key"] = self.of(value_schema, "key", depth + 1)
        return example
