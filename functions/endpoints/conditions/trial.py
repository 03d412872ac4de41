"""Tries a filter on the metadata of a URL (docs/contract/rules.md 3.2)."""

import json
from collections.abc import Mapping
from typing import Any

from dlambda.deployment import current
from dlambda.domain.rules.filters import FilterError, compile_filter
from dlambda.errors import Invalid, Required
from dlambda.usecases.lookups.look_up_info import look_up_info


def try_condition(body: object, owner: str) -> dict[str, Any]:
    """Tries it for the member `owner`, or for an admin. The filter is checked before anything is fetched.

    Raises `Invalid` with the documented texts.
    """
    fields = _fields(body)
    url, text = _text(fields, "url"), _text(fields, "condition")
    condition = compile_filter(text)
    preset = fields.get("preset")
    preset = preset.strip() if isinstance(preset, str) else ""
    info = look_up_info(url, preset or current().settings.default_preset, owner)
    data = dict(sorted(info.items(), key=_printed_length))
    return {"status": condition.matches(info), "condition": fields["condition"], "data": data}


def check_condition(body: object) -> dict[str, Any]:
    """Checks whether a filter can be read (rules.md 3.2). Raises `Invalid` for a body without one."""
    text = _text(_fields(body), "condition")
    try:
        compile_filter(text)
    except FilterError as error:
        return {"condition": text, "error": error.message, "position": error.position}
    return {"condition": text, "error": None, "position": None}


def _fields(body: object) -> Mapping[str, Any]:
    if not isinstance(body, dict):
        raise Invalid("Invalid request body expecting dict.")
    return body


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Required(f"{name} is required.")
    return value.strip()


def _printed_length(entry: tuple[str, Any]) -> int:
    return len(json.dumps(entry[1], default=str))
