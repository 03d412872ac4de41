"""Bodies of HTML forms, where a route takes them beside JSON (docs/contract/downloads.md 4.4)."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any, Final

from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from dlambda.entry.json_text import read_json

_TAKING: Final = frozenset({("POST", "/api/history")})
_TYPES: Final = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
_WORDS: Final[Mapping[str, bool]] = {"true": True, "1": True, "on": True, "false": False, "0": False}
_MOST_PARTS: Final = 1000


def takes_forms(method: str, path: str) -> bool:
    return (method, path.rstrip("/")) in _TAKING


def read_form(body: bytes, content_type: str) -> dict[str, Any] | list[dict[str, Any]] | None:
    """An item to download, or one for each `url`; None for what is no form with an `url`.

    `auto_start` is read as a boolean and `extras` as JSON: a form knows texts alone.
    """
    kind, options = parse_options_header(content_type)
    if kind not in _TYPES:
        return None
    parser = FormDataParser(max_form_parts=_MOST_PARTS)
    _, form, _ = parser.parse(BytesIO(body), kind, len(body), options)
    urls = form.poplist("url")
    if not urls:
        return None
    common_fields = {name: _read(name, value) for name, value in form.items()}
    items = [{"url": url, **common_fields} for url in urls]
    return items[0] if len(items) == 1 else items


def _read(name: str, value: str) -> Any:
    if name == "auto_start":
        return _WORDS.get(value.strip().lower(), value)
    if name != "extras":
        return value
    try:
        return read_json(value)
    except ValueError:
        return value
