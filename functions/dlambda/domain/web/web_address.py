"""Web addresses: the checks before anything is looked up (docs/contract/system.md 8, rows 1-4).

Whether the host may be reached is a second question, asked when it is fetched: `dlambda.media.sandbox.guard`.
"""

import re
import unicodedata
from urllib.parse import SplitResult, urlsplit

from dlambda.errors import Invalid, Required

# Two addresses that were pasted into one field. A blank alone may belong to the name of a file.
_SECOND_ADDRESS = re.compile(r"\s[a-z][a-z0-9+.-]*://", re.IGNORECASE)
# Control characters, and what ends a line or a paragraph. Parsers drop some of them, which joins what they part.
_REFUSED = frozenset({"Cc", "Zl", "Zp"})


def check_web_address(url: str) -> SplitResult:
    """The parts of `url`. Raises `Required` or `Invalid` with the documented reason."""
    if not url:
        raise Required("URL is required.")
    if _SECOND_ADDRESS.search(url) or any(unicodedata.category(char) in _REFUSED for char in url):
        raise Invalid("Invalid URL.")
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 reading it is the check: a port that is no number raises
    except ValueError:
        raise Invalid("Invalid URL.") from None
    if parts.scheme.lower() not in {"http", "https"}:
        raise Invalid("Invalid scheme usage. Only HTTP or HTTPS allowed.")
    if not parts.hostname:
        raise Invalid("Invalid hostname.")
    return parts


def is_web_address(url: str) -> bool:
    """True if `url` is http or https with a host."""
    try:
        check_web_address(url)
    except Invalid:  # `Required` is one
        return False
    return True
