"""Cookies that yt-dlp notes on a format, as a request header carries them (docs/contract/ytdlp.md 5, `h_cookies`)."""

from collections.abc import Mapping
from typing import Any

_ATTRIBUTES = frozenset(
    {"domain", "path", "expires", "secure", "httponly", "samesite", "max-age", "version", "comment", "port", "priority"}
)


def header_cookies(cookies: object) -> str:
    """`name=value; name2=value2`, without the attributes that stand between them; empty for none."""
    if not isinstance(cookies, str):
        return ""
    parts = (part.strip() for part in cookies.split(";"))
    pairs = (part for part in parts if "=" in part)
    return "; ".join(pair for pair in pairs if pair.partition("=")[0].strip().lower() not in _ATTRIBUTES)


def with_header_cookies(formats: object) -> object:
    """The list of formats, each that has cookies with `h_cookies`."""
    if not isinstance(formats, list):
        return formats
    return [_with(format_) if isinstance(format_, Mapping) else format_ for format_ in formats]


def _with(format_: Mapping[str, Any]) -> dict[str, Any]:
    cookies = header_cookies(format_.get("cookies"))
    return {**format_, "h_cookies": cookies} if cookies else dict(format_)
