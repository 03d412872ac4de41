"""Headers that some operations read or answer with beside their own parameters."""

from typing import Any

from dlambda.entry.idempotency import CREATING

Json = dict[str, Any]

# Groups made by `dlambda.entry.resource`: each object has a version.
_VERSIONED = ("presets", "conditions", "dl_fields", "notifications")
_IDEMPOTENCY_KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "chosen by the client: a repeat within a day gets the first answer, and creates nothing",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
_REPEATS = {"409": "the first request with this Idempotency-Key is running", "422": "it came with another body before"}
_IF_MATCH: Json = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "the `ETag` of the version that was read: another version is left alone, and answers 412",
    "schema": {"type": "string", "pattern": r'^\s*((W/)?"\d{1,15}"|\*)?\s*$'},
    "example": '"1"',
}
_ETAG: Json = {"ETag": {"description": "the version of the object", "schema": {"type": "string"}, "example": '"1"'}}
_LOCATION: Json = {"Location": {"description": "where it is", "schema": {"type": "string", "format": "uri-reference"}}}


def describe_headers(method: str, path: str, operation: Json) -> None:
    """Adds the header parameters of `operation`, and the headers of its answers."""
    responses = operation["responses"]
    if method == "post" and path in CREATING:
        _add(operation, _IDEMPOTENCY_KEY)
        for status, description in _REPEATS.items():
            responses.setdefault(status, {"description": description, "content": responses["401"]["content"]})
    if path.removeprefix("/api/").partition("/")[0] in _VERSIONED and "{id}" in path:
        if method != "get":
            _add(operation, _IF_MATCH)
        if method != "delete":
            responses["200"]["headers"] = _ETAG
    if "302" in responses:
        responses["302"]["headers"] = _LOCATION


def _add(operation: Json, parameter: Json) -> None:
    operation["parameters"] = [*operation.get("parameters", ()), parameter]
