"""Tries a filter on the metadata of a URL (docs/contract/rules.md 3.2)."""

import json
from collections.abc import Mapping
from typing import Any

from dlambda.deployment import current
from dlambda.domain.rules.filters import compile_filter
from dlambda.errors import Invalid, Required
from dlambda.usecases.lookups.look_up_info import look_up_info


def try_condition(body: object, owner: str) -> dict[str, Any]:
    """Tries it for the member `owner`, or for an admin. The filter is checked before anything is fetched.

    Raises `Invalid` with the documented texts.
    """
    if not isinstance(body, dict):
        raise Invalid("Invalid request body expecting dict.")
    url, text = _text(body, "url"), _text(body, "condition")
    condition = compile_filter(text)
    preset = body.get("preset")
    preset = preset.strip() if isinstance(preset, str) else ""
    info = look_up_info(url, preset or current().settings.default_preset, owner)
    data = dict(sorted(info.items(), key=_printed_length))
    return {"status": condition.matches(info), "condition": body["condition"], "data": data}


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Required(f"{name} is required.")
    return value.strip()


def _printed_length(entry: tuple[str, Any]) -> int:
    return len(json.dumps(entry[1], default=str))
