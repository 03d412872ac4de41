"""`make openapi`: one OpenAPI 3.1 document from the routes and models of all groups, and AsyncAPI's of `/ws` with it.

It is a file of the system function, so that no function loads another's code; a test holds it against the groups.
"""

import importlib
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from local import asyncapi, template
from local.api_document.bodies import BODIES, SCHEMAS
from local.api_document.declared_examples import add_declared_examples
from local.api_document.defaults import explain_defaults
from local.api_document.examples import Examples
from local.api_document.groups import document_of
from local.api_document.headers import describe_headers
from local.api_document.operations import operation_id, operations
from local.api_document.simplify import (
    REFERENCE,
    refer_to_other_groups,
    replace_aliases,
    rewrite,
    simplify_parameters,
    simplify_problems,
)

TARGET = template.ROOT / "functions" / "endpoints" / "system" / "openapi.json"
_ABOUT = (
    "A download service around yt-dlp. "
    "Errors are JSON with `error`, a text for people, and `code`, a word for programs."
)

_LICENSE = {"name": "MIT", "identifier": "MIT"}

Json = dict[str, Any]


def document() -> Json:
    """The documents of all groups, as one."""
    merged: Json = {"paths": {}, "schemas": {}, "tags": [], "security": {}}
    for module in sorted({route.function.module for route in template.read().routes}):
        _take_in(merged, module.split(".")[-2], document_of(importlib.import_module(module).app))
    merged["schemas"] |= SCHEMAS
    refer_to_other_groups(merged["schemas"])
    paths, schemas = replace_aliases(merged["paths"], merged["schemas"])
    _describe(paths, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "dlambda", "version": _version(), "description": _ABOUT, "license": _LICENSE},
        "servers": [{"url": "/", "description": "the service that answers this document"}],
        "tags": merged["tags"],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": merged["security"],
        },
    }


def _describe(paths: Json, schemas: Json) -> None:
    """Adds what the routes do not say: names of operations, bodies that are read by hand, titles, examples."""
    for name, schema in schemas.items():
        schema["title"] = name
        if schema.get("default", ...) is None:
            del schema["default"]
    examples = Examples(schemas)
    for method, path, operation in operations(paths):
        operation["operationId"] = operation_id(method, path)
        simplify_parameters(operation)
        simplify_problems(operation)
        if body := BODIES.get(f"{method} {path}"):
            operation["requestBody"] = body
        describe_headers(method, path, operation)
        operation["responses"] = dict(sorted(operation["responses"].items()))
        for part in (operation.get("requestBody", {}), *operation["responses"].values()):
            for media in part.get("content", {}).values():
                if "schema" in media and "example" not in media:
                    media["example"] = examples.of(media["schema"])
    explain_defaults(paths, schemas)


def _version() -> str:
    from dlambda.deployment import current

    return current().settings.app_version


def _take_in(merged: Json, group: str, part: Json) -> None:
    """Adds one group. A schema whose name another group uses for something else is named after its group."""
    schemas: Json = part.get("components", {}).get("schemas", {})
    add_declared_examples(schemas, group)
    schemas_by_name = merged["schemas"]
    renamed = {
        name: f"{group.title().replace('_', '')}{name}"
        for name, schema in schemas.items()
        if name in schemas_by_name and schemas_by_name[name] != schema
    }
    for name, schema in schemas.items():
        schemas_by_name[renamed.get(name, name)] = _with_references(schema, renamed)
    merged["paths"] |= _with_references(part["paths"], renamed)
    merged["security"] |= part.get("components", {}).get("securitySchemes") or {}
    tag_names = {tag["name"] for tag in merged["tags"]}
    merged["tags"] += [tag for tag in part.get("tags") or () if tag["name"] not in tag_names]


def _with_references(value: Any, renamed: Mapping[str, str]) -> Any:
    """`value` with its references to renamed schemas."""
    references = {REFERENCE + name: REFERENCE + new for name, new in renamed.items()}

    def follow(part: Json) -> Json:
        reference = part.get("$ref")
        return part if not isinstance(reference, str) else {**part, "$ref": references.get(reference, reference)}

    return rewrite(value, follow)


def rendered() -> str:
    return json.dumps(document(), indent=1, default=str) + "\n"


def main(arguments: Iterable[str]) -> None:
    target = Path(next(iter(arguments), str(TARGET)))
    target.write_text(rendered(), encoding="utf-8")
    print(f"Wrote {target}")
    if target == TARGET:
        asyncapi.TARGET.write_text(asyncapi.rendered(), encoding="utf-8")
        print(f"Wrote {asyncapi.TARGET}")


if __name__ == "__main__":
    main(sys.argv[1:])
