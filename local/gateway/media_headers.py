"""Headers that answers with media share, wherever their bytes come from."""

import re
from collections.abc import Iterable, Mapping

from werkzeug.http import is_resource_modified

from local.gateway.asgi import NOSNIFF, Scope, header

Pairs = list[tuple[bytes, bytes]]

# Content that a browser runs nothing of; anything else may not act as a page of this origin. A sandbox would keep its
# viewer from a PDF.
_PASSIVE = re.compile(rb"(?:video|audio|image)/(?!.*\bxml\b)[^;]*(?:;.*)?|application/pdf(?:;.*)?")
_NAMED = ("content-type", "content-disposition", "cache-control", "content-language")


def protection(content_type: bytes) -> Pairs:
    """The headers that keep a browser from running the content."""
    is_passive = _PASSIVE.fullmatch(content_type.lower())
    return [NOSNIFF] if is_passive else [NOSNIFF, (b"content-security-policy", b"sandbox")]


def named_by_url(parameters: Iterable[tuple[str, str]]) -> Mapping[bytes, bytes]:
    """The headers that a URL names in `response-...` parameters; its signature, which was checked, covers them."""
    values = {}
    for name, value in parameters:
        if (named := name.removeprefix("response-")) in _NAMED and named != name and value.isprintable():
            values[named.encode()] = value.encode("latin-1", "replace")
    return values


def is_unchanged(scope: Scope, etag: bytes, modified: bytes) -> bool:
    """RFC 9110 13.2: If-None-Match counts before If-Modified-Since."""
    conditions = {
        f"HTTP_{name.upper()}": header(scope, name.replace("_", "-").encode()).decode("latin-1")
        for name in ("if_none_match", "if_modified_since")
    }
    return not is_resource_modified(conditions, etag.decode("latin-1"), last_modified=modified.decode("latin-1"))
