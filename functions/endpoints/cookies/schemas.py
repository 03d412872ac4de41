"""Bodies and answers of `/api/cookies` (docs/contract/cookies.md)."""

from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field

from dlambda.deployment import current
from dlambda.domain.rules.cookie_jar import CookieJar, file_of_browser, jars_of
from dlambda.entry.model import Model, Root
from dlambda.entry.query import documented, like
from dlambda.errors import Invalid, Required

_USES = ("always", "needed")
_ROW = ".example.com\tTRUE\t/\tTRUE\t1798761600\tsession\t0123456789"


class SitePath(Model):
    site: str = Field(description="a registered name, such as `example.com`, or an IP address")


_BROWSER_COOKIE: Final = {
    "type": "object",
    "description": "a cookie as `cookies.getAll` of a browser's extension has it; other keys are left alone",
    "required": ["domain", "name", "value"],
    "properties": {
        "domain": {"type": "string", "examples": [".example.com"]},
        "name": {"type": "string", "examples": ["session"]},
        "value": {"type": "string", "examples": ["0123456789"]},
        "path": {"type": "string", "default": "/"},
        "secure": {"type": "boolean", "default": False},
        "hostOnly": {"type": "boolean", "default": False, "description": "not for names below the domain"},
        "expirationDate": {"type": "number", "description": "seconds since 1970; none: the end of the session"},
    },
}
_COOKIES: Final = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": _BROWSER_COOKIE}],
    "description": "the text of a Netscape cookie file, or a browser's cookies",
    "examples": [_ROW],
}


class CookiesOfSites(Model):
    cookies: Annotated[Any, documented(_COOKIES)]
    use: Literal["always", "needed"] = Field(
        "always", description="`needed`: only when a failure asks for them", examples=["always"]
    )
    shared: bool = Field(False, description="of admins: for the items of all accounts", examples=[False])


class CookiesBody(Root[Any]):
    """Read by hand: its errors have texts of their own."""

    model_config = ConfigDict(json_schema_extra=like(CookiesOfSites))


class JarView(Model):
    """The cookies of a site, without their values."""

    site: str = Field(examples=["example.com"])
    count: int = Field(examples=[12])
    use: Literal["always", "needed"]
    shared: bool = Field(examples=[False])
    state: Literal["ok", "expiring", "expired", "refused"] = Field(description="`expiring`: within three days")
    updated_at: float = Field(description="when they were sent, seconds since 1970")
    age_seconds: int = Field(examples=[86400])
    expires_at: float | None = Field(description="when the first one that matters ends; null: none has an end")
    last_success_at: float | None
    last_refused_at: float | None


class JarList(Model):
    jars: list[JarView]


def read_jars(body: object, site: str = "") -> list[CookieJar]:
    """The jars that a body describes; with a `site` that one alone. Raises `Invalid` with the documented texts."""
    if not isinstance(body, dict):
        raise Invalid("Invalid request body expecting dict.")
    cookies, use, shared = body.get("cookies"), body.get("use", "always"), body.get("shared", False)
    if use not in _USES:
        raise Invalid("use must be 'always' or 'needed'.")
    if not isinstance(shared, bool):
        raise Invalid("shared must be true or false.")
    if isinstance(cookies, list) and all(isinstance(cookie, dict) for cookie in cookies):
        cookies = file_of_browser(cookies)
    if not isinstance(cookies, str) or not cookies.strip():
        raise Required("cookies is required: the text of a cookie file, or a list of a browser's cookies.")
    jars = jars_of(cookies, current().clock.time(), use=use, shared=shared)
    if site:
        jars = [jar for jar in jars if jar.site == site.lower()]
        if not jars:
            raise Invalid(f"None of these cookies belongs to {site.lower()}.")
    return jars
