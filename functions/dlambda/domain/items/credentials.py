"""Metadata without what yt-dlp was let in with: cookies and headers may be a preset's, and secret (rules.md 2)."""

from collections.abc import Mapping
from typing import Any, Final

from dlambda.domain.ytdlp.option_secrets import PLAIN_HEADERS

_COOKIES: Final = frozenset({"cookies", "h_cookies"})
_LISTS: Final = frozenset({"formats", "requested_formats", "requested_downloads", "entries"})


def without_credentials(info: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of `info` and of its formats and entries, without cookies and with headers that say nothing alone."""
    return {name: _show(name, value) for name, value in info.items() if name not in _COOKIES}


def _show(name: str, value: Any) -> Any:
    if name == "http_headers" and isinstance(value, Mapping):
        return {header: text for header, text in value.items() if str(header).lower() in PLAIN_HEADERS}
    if name in _LISTS and not isinstance(value, str | Mapping) and value is not None:
        return [without_credentials(part) if isinstance(part, Mapping) else part for part in value]
    return value
