"""The settings that the environment describes, read and checked at the start. Nothing else reads `os.environ`.

In the cloud a variable names a secret (`DLAMBDA_SECRET_KEY_FROM`); its text is read once a process from Secrets
Manager.
A bad value stops the start with a text that names the setting.
"""

import os
import re
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from dlambda.service_access import ServiceAccess, read_access
from dlambda.settings import Settings

USER_PREFIX = "YTP_"
DEPLOYMENT_PREFIX = "DLAMBDA_"
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
EXTRACTOR_LIMIT = "max_workers_for_"
# Settings that other servers of the two APIs read without a prefix (docs/contract/hostapi.md, system.md 10); the
# prefixed ones win. The last is Lambda's own.
PLAIN_NAMES = {
    "CORS_ORIGINS": "cors_origins",
    "TRUSTED_PROXIES": "trusted_proxies",
    "TASK_CLEANUP_TIME": "task_cleanup_time",
    "REQUEST_LIMIT": "request_limit",
    "MAX_WORKERS": "task_max_workers",
    "DEFAULT_QUOTA_GB": "default_quota_gb",
    "QUOTA_RATE_MINUTES": "quota_rate_minutes",
    "AVAILABLE_GB": "available_gb",
    "AWS_LAMBDA_FUNCTION_NAME": "function_name",
}
# `local/config.py` copies the shorthand over the setting.
_SHORTHANDS = {"YTP_PORT": "PORT"}
# Blanks may be part of these.
_VERBATIM = frozenset({"auth_username", "auth_password", "admin_key", "secret_key", "oidc_client_secret"})
# What nobody is told: `GET /api/system/settings` masks it.
SECRET_SETTINGS = (_VERBATIM | {"proxies"}) - {"auth_username"}
# Settings of other servers, accepted without effect (docs/contract/system.md 10).
IGNORED_SETTINGS = frozenset(
    {
        "db_file", "debug", "debugpy_port", "flaresolverr_cache_ttl", "flaresolverr_client_timeout",
        "flaresolverr_max_timeout", "flaresolverr_url", "ignore_ui", "monitor_retention_hours",
        "pip_ignore_updates", "static_ui_path", "streamer_acodec", "temp_disabled",
    }
)  # fmt: skip

_KEY_FROM = "DLAMBDA_SECRET_KEY_FROM"
_LOGIN_FROM = "DLAMBDA_LOGIN_FROM"
_ADMIN_KEY_FROM = "DLAMBDA_ADMIN_KEY_FROM"
_OIDC_SECRET_FROM = "DLAMBDA_OIDC_SECRET_FROM"  # noqa: S105 names a variable
_MORE = "DLAMBDA_SETTINGS"
# Variables of a deployment that are no settings: names of secrets, the adapter's module, the socket that wakes pollers,
# the release, which makes a function differ from its last version.
PART_VARIABLES = frozenset(
    {_KEY_FROM, _LOGIN_FROM, _ADMIN_KEY_FROM, _OIDC_SECRET_FROM, _MORE, "DLAMBDA_SERVE", "DLAMBDA_NUDGE_SOCKET",
     "DLAMBDA_RELEASE"}
)  # fmt: skip


class SettingsError(ValueError):
    """A setting has a value that the service cannot start with."""


def is_extractor_limit(text: str) -> bool:
    """True if `text` is a number of downloads: a whole one above 0."""
    return text.strip().isdecimal() and int(text) > 0


def _values(environ: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The settings that `environ` names, unread (text), and the variable that each came from."""
    variables = {field: name for name, field in PLAIN_NAMES.items() if environ.get(name, "").strip()}
    limits: dict[str, int] = {}
    for name, text in environ.items():
        for prefix in (USER_PREFIX, DEPLOYMENT_PREFIX):
            if name.startswith(prefix):
                key = name.removeprefix(prefix).lower()
                if key.startswith(EXTRACTOR_LIMIT):
                    # An unusable override is ignored, as documented: it must not stop the start.
                    if is_extractor_limit(text):
                        limits[key.removeprefix(EXTRACTOR_LIMIT).upper()] = int(text)
                elif key in Settings.model_fields and (text if key in _VERBATIM else text.strip()):
                    shorthand = _SHORTHANDS.get(name, name)
                    variables[key] = shorthand if environ.get(shorthand) == text else name
    if environ.get("TZ", "").strip():
        variables.setdefault("tz", "TZ")  # a cloud sets TZ itself, and YTP_TZ then wins
    values: dict[str, Any] = {
        field: environ[name] if field in _VERBATIM else environ[name].strip() for field, name in variables.items()
    }
    return values | {"extractor_limits": limits}, variables


def variables_of(environ: Mapping[str, str]) -> dict[str, str]:
    """Setting -> the variable of `environ` that it is read from; those that nobody set are missing."""
    return _values(environ)[1]


def _placeholders_of(name: str, value: Any) -> set[str]:
    """The names in braces that a value refers to; none in a user name, a password or a key."""
    return set(_PLACEHOLDER.findall(value)) if isinstance(value, str) and name not in _VERBATIM else set()


def _fill_in(values: dict[str, Any], variables: Mapping[str, str]) -> None:
    """Replaces `{name}` inside texts by that setting, in place."""
    defaults = {name: field.default for name, field in Settings.model_fields.items()}

    for name, value in (defaults | values).items():
        placeholders = _placeholders_of(name, value)
        for unknown in placeholders - defaults.keys():
            raise SettingsError(f"{variables[name]}: there is no setting {{{unknown}}}")
        if placeholders:
            values[name] = _PLACEHOLDER.sub(lambda match: str(values.get(match[1], defaults[match[1]])), value)
    if "base_path" in values:
        values["base_path"] = values["base_path"].rstrip("/") + "/"


def _no_secrets(_name: str) -> str:
    raise LookupError("no secrets are stored here")


def _with_secrets(environ: Mapping[str, str], fetch: Callable[[str], str]) -> Mapping[str, str]:
    """`environ` with the texts of the secrets that its variables name. Only what a function needs is named there."""

    def text_of(variable: str) -> str:
        try:
            return fetch(environ[variable])
        except LookupError as error:
            raise SettingsError(f"{variable}: the secret '{environ[variable]}' cannot be read: {error}") from None

    texts: dict[str, str] = {}
    if environ.get(_KEY_FROM):
        key = text_of(_KEY_FROM).strip()  # a copy that was kept in a file ends with a newline
        texts["DLAMBDA_SECRET_KEY"] = key + "=" * (-len(key) % 4)  # 43 letters and digits are 32 bytes
    if environ.get(_LOGIN_FROM):
        texts["YTP_AUTH_USERNAME"], _, texts["YTP_AUTH_PASSWORD"] = text_of(_LOGIN_FROM).partition(":")
    if environ.get(_ADMIN_KEY_FROM):
        texts["YTP_ADMIN_KEY"] = text_of(_ADMIN_KEY_FROM).strip()
    if environ.get(_OIDC_SECRET_FROM):
        texts["YTP_OIDC_CLIENT_SECRET"] = text_of(_OIDC_SECRET_FROM).removesuffix(" ")  # empty secrets are refused
    return {**environ, **texts}


def read_settings(environ: Mapping[str, str], fetch: Callable[[str], str] = _no_secrets) -> Settings:
    """The settings that `environ` describes; `fetch` reads a secret by its name.

    Raises `SettingsError` with a text for the operator.
    """
    values, variables = _values(_with_secrets(environ, fetch))
    _fill_in(values, variables)
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        problems = [
            (str(problem["loc"][0]), problem["msg"].removeprefix("Value error, ")) for problem in error.errors()
        ]
        raise SettingsError("; ".join(f"{variables.get(name, name)}: {text}" for name, text in problems)) from None


def read_list(text: str) -> dict[str, str]:
    """Variables of users in one text, as a deployment lists them: `YTP_REMOVE_FILES=true; YTP_TZ=Europe/Berlin`.

    Lines may stand in place of semicolons. Raises `SettingsError` for what is none, and for secrets, which have
    parameters of their own.
    """
    variables: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in re.split(r"[;\n]", text))):
        name, equals, value = part.partition("=")
        name = name.strip()
        if not equals or not name.startswith(USER_PREFIX):
            raise SettingsError(f"{_MORE}: {part!r} is no setting, such as YTP_REMOVE_FILES=true")
        if name.removeprefix(USER_PREFIX).lower() in SECRET_SETTINGS:
            raise SettingsError(f"{_MORE}: {name} is a secret, and has a parameter of its own")
        variables[name] = value.strip()
    return variables


def read_environment(fetch: Callable[[str], str]) -> Settings:
    """The settings of this process; `DLAMBDA_SETTINGS` lists some of its variables. Raises as `read_settings`."""
    os.environ.update(read_list(os.environ.get(_MORE, "")))
    return read_settings(os.environ, fetch)


def read_service_access() -> Mapping[str, ServiceAccess]:
    """The access to single services that this process was given. Raises `SettingsError`."""
    try:
        return read_access(os.environ)
    except ValueError as error:
        raise SettingsError(str(error)) from None
