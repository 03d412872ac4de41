"""Errors as ytptube explains them: `params` and `detail` beside `code` (docs/contract/dialects.md 6).

The page of August shows a sentence of its own for each `code`, with `params` in its gaps and `detail` behind it. Names
that it can translate begin with `api.`; others are shown as they are.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from dlambda.domain.dialects.dialect import Answer, Asked

_FIELD: Final = re.compile(r"([a-z_]+) (?:is|must)\b|(URL) is\b")
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
    "logs": "api.resources.file",
    "system": "api.resources.session",
    "auth": "api.resources.session",
}
_DEFINITIONS: Final = "/api/tasks/definitions"


def explained(asked: Asked, answer: Answer) -> Answer:
    """Adds what the sentence of the error's `code` has gaps for, and the root's text, unless that is the sentence."""
    body = answer.body
    if not isinstance(body, dict) or "error" not in body or "code" not in body:
        return answer
    added: dict[str, Any] = {"detail": body["error"]}
    if body["code"] in {"NOT_FOUND", "ALREADY_EXISTS"}:
        added["params"] = {"resource": _resource(asked.path)}
    elif body["code"] in {"INVALID", "REQUIRED"}:
        added["params"] = {"field": _field(str(body["error"]))}
    return replace(answer, body={**added, **body})


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
