"""The API document, for programs and for people. `make openapi` writes it from all routes and models."""

import json
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Response, render_template_string

from dlambda.domain.web.http_date import http_date
from dlambda.errors import NotFound

_FOLDER = Path(__file__).parent
_PAGES = _FOLDER / "pages"
_KEPT_SECONDS = 3600
_TYPES = {
    "README.md": "text/markdown",
    "FAQ.md": "text/markdown",
    "API.md": "text/markdown",
    "openapi.json": "application/json",
    "sc_short.jpg": "image/jpeg",
    "sc_simple.jpg": "image/jpeg",
}
NAMES = ", ".join(f'"{name}"' for name in _TYPES)


def document(name: str) -> Response:
    """A packaged document (docs/contract/system.md 7). Raises `NotFound`, also for one that is missing."""
    path = _FOLDER / name if name == "openapi.json" else _PAGES / name
    if name not in _TYPES or not path.is_file():
        raise NotFound("Doc file not found.", extra={"file": name})
    response = Response(path.read_bytes(), content_type=_TYPES[name])
    response.headers["Cache-Control"] = f"public, max-age={_KEPT_SECONDS}"
    response.headers["Expires"] = http_date(time.time() + _KEPT_SECONDS)
    response.headers["Pragma"] = "public"
    return response


@lru_cache(maxsize=1)
def openapi() -> bytes:
    return (_FOLDER / "openapi.json").read_bytes()


def reference() -> str:
    """A page that needs nothing but itself: no script, nothing fetched from elsewhere."""
    template = (_FOLDER / "reference.html").read_text(encoding="utf-8")
    return render_template_string(template, api=_by_group(json.loads(openapi())))


def _by_group(document: dict[str, Any]) -> dict[str, Any]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            row = {"method": method.upper(), "path": path, **operation}
            groups.setdefault((operation.get("tags") or ["other"])[0], []).append(row)
    tags = {tag["name"]: tag.get("description", "") for tag in document.get("tags", ())}
    return {"info": document["info"], "groups": groups, "tags": tags}
