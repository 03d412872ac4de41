"""Defaults of bodies, in words.

Generators take a `default` for a value to send: with PATCH it would undo what it names, and the types of TypeScript
would ask for the field.
"""

import json
from typing import Any

from local.api_document.operations import operations
from local.api_document.simplify import names_in, rewrite

Json = dict[str, Any]

_EMPTY: tuple[Any, ...] = (None, "", [], {})


def explain_defaults(paths: Json, schemas: Json) -> None:
    """Takes `default` out of all bodies; their descriptions say what a field is when it is left out.

    With PATCH it stays as it was, and nothing is said.
    """
    for method, _, operation in operations(paths):
        explain = _without if method == "patch" else _in_words
        for name in names_in(operation.get("requestBody", {}), schemas):
            schemas[name] = rewrite(schemas[name], explain)


def _without(schema: Json) -> Json:
    return {name: value for name, value in schema.items() if name != "default" or not _is_schema(schema)}


def _in_words(schema: Json) -> Json:
    default = schema.get("default")
    if not _is_schema(schema) or default in _EMPTY:
        return _without(schema)
    note = f"default: `{json.dumps(default)}`"
    description = f"{schema['description']}; {note}" if "description" in schema else note
    return _without(schema) | {"description": description}


def _is_schema(part: Json) -> bool:
    """False for an object of fields, one of which may be named `default`."""
    return not isinstance(part.get("default"), dict) or "type" in part
