"""Values for the gaps in the sentence of an error's `code`, which clients translate (docs/contract/system.md 3). Pure.

Names that the newest API's pages can translate begin with `api.`; others are shown as they are.
"""

import re
from collections.abc import Mapping
from typing import Final

_FIELD: Final = re.compile(r"([a-z_]+) (?:is|must)\b|(URL|Command) is\b")
_FIELDS: Final = frozenset(
    {"url", "name", "file", "json", "ids", "type", "page", "per_page", "order", "limit", "mode", "status", "preset",
     "args", "command", "duration", "token"}
)  # fmt: skip
_RESOURCES: Final[Mapping[str, str]] = {
    "history": "api.resources.item",
    "presets": "api.resources.preset",
    "conditions": "api.resources.condition",
    "dl_fields": "api.resources.downloadField",
    "notifications": "api.resources.notificationTarget",
    "tasks": "api.resources.task",
    "file": "api.resources.file",
    "download": "api.resources.file",
    "player": "api.resources.file",
    "docs": "api.resources.file",
    "logs": "api.resources.file",
    "system": "api.resources.session",
    "auth": "api.resources.session",
}
_DEFINITIONS: Final = "/api/tasks/definitions"


def params_of(path: str, code: str, text: str) -> dict[str, str] | None:
    """`{"resource"}` by the noun of `path`, or `{"field"}` that `text` begins with; None for codes without gaps."""
    if code in {"NOT_FOUND", "ALREADY_EXISTS"}:
        return {"resource": _resource(path)}
    if code in {"INVALID", "REQUIRED"}:
        return {"field": _field(text)}
    return None


def _resource(path: str) -> str:
    if path.startswith(_DEFINITIONS):
        return "api.resources.taskDefinition"
    noun = path.split("/")[2] if path.startswith("/api/") else path
    return _RESOURCES.get(noun, noun)


def _field(text: str) -> str:
    """The field that a text begins with; `request` for others."""
    match = _FIELD.match(text)
    field = (match[1] or match[2]).lower() if match else "request"
    return f"api.fields.{field}" if field in _FIELDS else field
