"""Headers that answers with media share, wherever their bytes come from."""

import re
from collections.abc import Iterable, Mapping

from werkzeug.http import is_resource_modified

from local.gateway.asgi import NOSNIFF, Scope, header

Pairs = list[tuple[bytes, bytes]]

# Content that a browser runs nothing of; anything else may not act as a page of this origin. A sandbox would keep its
# viewer from a PDF.
_PASSIVE = re.compile(rb"(?:video|audio|image)/(?!.*\bxml\b)[^;]*(?:;.*)?|application/pdf(?:;.*)?")
# By their names in a WSGI environment.
_CONDITIONS = {"HTTP_IF_NONE_MATCH": b"if-none-match", "HTTP_IF_MODIFIED_SINCE": b"if-modified-since"}
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
    conditions = {name: header(scope, sent).decode("latin-1") for name, sent in _CONDITIONS.items()}
    if not any(conditions.values()):
        return False
    return not is_resource_modified(conditions, etag.decode("latin-1"), last_modified=modified.decode("latin-1"))
