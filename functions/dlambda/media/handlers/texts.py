"""Texts of sites, made fit to be kept: addresses, encodings, half characters."""

import codecs
import json
from typing import Any, Final
from urllib.parse import urljoin

from w3lib.encoding import html_to_unicode, http_content_type_encoding

_BYTE_ORDER_MARKS: Final = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def resolve(base: str, link: str) -> str:
    """The absolute form of a link; "" when there is none, or when it is no address at all (`http://[bad`)."""
    try:
        link.encode()
        return urljoin(base, link) if link else ""
    except ValueError:
        return ""


def whole(value: Any) -> Any:
    """`value` (of JSON) with half characters (lone surrogates) replaced: no store takes them."""
    if isinstance(value, str):
        return value if _is_whole(value) else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [whole(part) for part in value]
    if isinstance(value, dict):
        return {whole(name): whole(part) for name, part in value.items()}
    return value


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def parse_json(body: bytes, content_type: str) -> Any:
    """Raises `ValueError` or `RecursionError` for what is no JSON."""
    return whole(json.loads(in_utf8(body, content_type)))


def in_utf8(body: bytes, content_type: str) -> bytes:
    """`body` in UTF-8 where the header names its encoding, and the bytes themselves say nothing else."""
    charset = charset_of(content_type)
    if charset is None or body.startswith(_BYTE_ORDER_MARKS):
        return body
    try:
        body.decode()
    except UnicodeDecodeError:
        return body.decode(charset, "replace").encode()
    return body


def page_text(body: bytes, content_type: str) -> str:
    """A page's characters, in the encoding that its header names, or that it names itself."""
    return str(html_to_unicode(content_type if charset_of(content_type) else None, body)[1])


def charset_of(content_type: str) -> str | None:
    """The name under which Python knows the encoding in a content type."""
    name = http_content_type_encoding(content_type)
    try:
        # `hex` and its like are codecs too, but none of text.
        return name if name and isinstance(b"".decode(name), str) else None
    except (LookupError, ValueError):
        return None
