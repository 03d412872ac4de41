"""`/api/system/settings`: every setting with its value, source and meaning (docs/contract/system.md 10)."""

import os
from typing import Any

from dlambda.deployment import current
from dlambda.domain.secrets.mask import MASK, mask_addresses
from dlambda.environment import EXTRACTOR_LIMIT, SECRET_SETTINGS, USER_PREFIX, variables_of
from dlambda.settings import Settings
from dlambda.user_settings import UserSettings

_DEFAULT, _OVERRIDE = "default", "env_override"
_LIMITS = "extractor_limits"


def list_settings() -> dict[str, Any]:
    """The settings that users may set, by name; behind them the limits of single extractors."""
    settings, variables = current().settings, variables_of(os.environ)
    names = sorted(UserSettings.model_fields.keys() - {_LIMITS})
    return {
        "items": [
            *(_view(settings, name, variables.get(name, "")) for name in names),
            *(_limit(extractor, limit) for extractor, limit in sorted(settings.extractor_limits.items())),
        ]
    }


def _view(settings: Settings, name: str, variable: str) -> dict[str, Any]:
    field = UserSettings.model_fields[name]
    is_secret = name in SECRET_SETTINGS
    value = getattr(settings, name)
    # A default that names another setting is filled in: nobody set it. Secrets of the cloud are in no variable.
    is_set = name in settings.model_fields_set and (bool(variable) or "{" not in str(field.default))
    return {
        "name": name,
        "setting": variable or f"{USER_PREFIX}{name.upper()}",
        "value": MASK if is_secret and value else mask_addresses(value) if isinstance(value, str) else value,
        "default": field.default,
        "source": _OVERRIDE if is_set else _DEFAULT,
        "secret": is_secret,
        "description": field.description,
    }


def _limit(extractor: str, limit: int) -> dict[str, Any]:
    name = f"{EXTRACTOR_LIMIT}{extractor.lower()}"
    return {
        "name": name,
        "setting": f"{USER_PREFIX}{name.upper()}",
        "value": limit,
        "default": None,
        "source": _OVERRIDE,
        "secret": False,
        "description": "downloads at once of this extractor",
    }
