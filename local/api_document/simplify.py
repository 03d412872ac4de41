"""Takes out of the document what generators of clients stumble over, and what means nothing to any reader."""

from collections.abc import Callable
from typing import Any

Json = dict[str, Any]

REFERENCE = "#/components/schemas/"
_ELEMENTS = {
    ("Configuration", "presets"): "PresetView",
    ("Configuration", "dl_fields"): "DownloadFieldView",
    ("Configuration", "queue"): "ItemView",
}
_NOTES = {"title", "description"}


def rewrite(value: Any, change: Callable[[Json], Json]) -> Any:
    """`value` with `change` applied to each of its objects, the inner ones first."""
    if isinstance(value, list):
        return [rewrite(part, change) for part in value]
    if not isinstance(value, dict):
        return value
    return change({name: rewrite(part, change) for name, part in value.items()})


def names_in(part: Json, schemas: Json) -> set[str]:
    """The names of the schemas that `part` is made of."""
    names: set[str] = set()
    todo: list[Any] = [part]

    def collect(inner: Json) -> Json:
        reference = inner.get("$ref")
        name = reference.removeprefix(REFERENCE) if isinstance(reference, str) else ""
        if name and name not in names:
            names.add(name)
            todo.append(schemas[name])
        return inner

    while todo:
        rewrite(todo.pop(), collect)
    return names


def replace_aliases(paths: Json, schemas: Json) -> tuple[Json, Json]:
    """`paths` and `schemas` where a schema that is nothing but another one's name gives way to that one.

    A generator takes the alias and its target for two classes of one name, and leaves both out.
    """
    targets = {
        REFERENCE + name: schema["$ref"] for name, schema in schemas.items() if schema.keys() <= {"$ref", *_NOTES}
        if "$ref" in schema
    }  # fmt: skip

    def follow(part: Json) -> Json:
        reference = part.get("$ref")
        return {**part, "$ref": targets[reference]} if isinstance(reference, str) and reference in targets else part

    remaining = {name: schema for name, schema in schemas.items() if REFERENCE + name not in targets}
    return rewrite(paths, follow), rewrite(remaining, follow)


def refer_to_other_groups(schemas: Json) -> None:
    """Names the elements of arrays that hold what another group answers: only the document of all groups can."""
    for (schema, field), name in _ELEMENTS.items():
        schemas[schema]["properties"][field]["items"] = {"$ref": REFERENCE + name}


def simplify_problems(operation: Json) -> None:
    """The framework says that it answers arrays of errors; what it calls answers one."""
    for answer in operation["responses"].values():
        for media in answer.get("content", {}).values():
            elements = media.get("schema", {}).get("items", {})
            if elements.get("$ref") == f"{REFERENCE}Problem":
                media["schema"] = elements


def simplify_parameters(operation: Json) -> None:
    """A parameter is there or it is not: never null."""
    for parameter in operation.get("parameters", ()):
        schema = parameter["schema"]
        if schema.get("default", ...) is None:
            del schema["default"]
        alternatives = [part for part in schema.get("anyOf", ()) if part != {"type": "null"}]
        if len(alternatives) == 1:
            del schema["anyOf"]
            schema |= alternatives[0]
