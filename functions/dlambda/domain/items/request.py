"""Requests to download something, as clients send them (docs/contract/downloads.md 2.1)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from dlambda.domain.accounts.principal import Principal
from dlambda.domain.paths.input_rules import DEFAULT_RULES, InputRules
from dlambda.domain.paths.paths import resolve_folder, safe_template
from dlambda.domain.secrets.mask import MASK
from dlambda.domain.web.urls import check_syntax, item_url
from dlambda.domain.ytdlp.cookie_file import check_cookies
from dlambda.domain.ytdlp.options import check_options, find_option, read_options
from dlambda.errors import Invalid, Required

_CLI_MINIMUM = 3  # of what is no flag
# A record is limited to 400 KB; URLs stand in it several times, and extraction adds to it.
_MAX_COOKIES_BYTES = 200_000
_MAX_OTHER_BYTES = 40_000


@dataclass(frozen=True, slots=True)
class Request:
    """A request item, checked as far as it can be without a look-up. Unknown keys are dropped.

    `folder` lies below `home`, the folder that its `owner` is confined to; both are empty for admins.
    """

    url: str
    preset: str = ""
    folder: str = ""
    cookies: str = field(default="", repr=False)
    template: str = ""
    cli: str = ""
    auto_start: bool = True
    extras: Mapping[str, Any] = field(default_factory=dict)
    requeued: bool = False
    owner: str = ""
    home: str = ""

    def made_by(self, principal: Principal) -> Self:
        """The request as `principal` makes it: what comes of it is the principal's. A guest's is held for an admin."""
        auto_start = self.auto_start and not principal.holds_adds
        return replace(self, owner=principal.owner, home=principal.home, auto_start=auto_start)

    def evolve(self, **changes: Any) -> Self:
        return replace(self, **changes)


def read_request(value: object, rules: InputRules = DEFAULT_RULES) -> Request:
    """Reads one element of a body. Raises `Required` or `Invalid` with the documented text, the element as `data`."""
    if not isinstance(value, Mapping):
        raise Invalid("Invalid request body. Expecting an item or a list of items.", extra={"data": value})
    try:
        return _read(value, rules)
    except Invalid as error:
        error.extra.setdefault("data", dict(value))
        raise


def _read(value: Mapping[str, Any], rules: InputRules) -> Request:
    url = value.get("url")
    if not isinstance(url, str) or not url.strip():
        raise Required("url param is required.")
    url = item_url(url)
    check_syntax(url)
    cli = _text(value, "cli")
    cli = cli if len(cli) >= _CLI_MINIMUM or find_option(cli) else ""
    check_cli(cli, rules)
    extras = value.get("extras")
    extras = dict(extras) if isinstance(extras, Mapping) and extras else {}
    _check_size(value, extras)
    cookies = _text(value, "cookies")
    if cookies != MASK:
        check_cookies(cookies)
    return Request(
        url=url,
        preset=_text(value, "preset"),
        folder=resolve_folder(_text(value, "folder"), rules),
        cookies=cookies,
        template=safe_template(_text(value, "template"), rules),
        cli=cli,
        auto_start=value["auto_start"] if isinstance(value.get("auto_start"), bool) else True,
        extras=extras,
        requeued=value.get("requeued") is True,
    )


def check_cli(cli: str, rules: InputRules = DEFAULT_RULES) -> None:
    """Options that don't parse get the documented text; one that is refused is named as it is."""
    try:
        read_options(cli, allow_internal=rules.allow_internal_urls)
    except Invalid as error:
        raise Invalid(f"Failed to parse command options for yt-dlp. {error.message}") from None
    check_options(cli, allow_internal=rules.allow_internal_urls)


def _check_size(value: Mapping[str, Any], extras: Mapping[str, Any]) -> None:
    texts = [_text(value, key) for key in ("url", "preset", "folder", "template", "cli")]
    size = sum(len(text.encode()) for text in texts) + len(json.dumps(extras))
    if size > _MAX_OTHER_BYTES or len(_text(value, "cookies").encode()) > _MAX_COOKIES_BYTES:
        raise Invalid("The item is too large.")


def _text(value: Mapping[str, Any], key: str) -> str:
    """Texts are trimmed; what is no text is ignored."""
    text = value.get(key)
    return text.strip() if isinstance(text, str) else ""
