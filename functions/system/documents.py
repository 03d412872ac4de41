"""The API document, for programs and for people. `make openapi` writes it from all routes and models."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import render_template_string

_FOLDER = Path(__file__).parent


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
