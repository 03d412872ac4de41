"""The API document, for programs and for people. `make openapi` writes it from all routes and models.

People read it in Swagger UI, whose files come from a package: the page loads nothing from elsewhere, and its policy
forbids it.
"""

import json
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlencode

from flask import Response, render_template_string, request

from dlambda.deployment import current
from dlambda.domain.web.http_date import http_date
from dlambda.errors import NotFound

_FOLDER = Path(__file__).parent
_PAGES = _FOLDER / "pages"
_REFERENCE = _FOLDER / "reference"
_ASSETS = {
    "reference.js": "text/javascript",
    "reference.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
}
_SERVER = b'"servers": [\n  {\n   "url": %s'
_ADDRESS = b'"address": %s'
_HOST = b'"default": %s'
_GENERATED = ("openapi.json", "asyncapi.json")
# Swagger UI sets styles of elements, and shows pictures that are part of its style sheet.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_KEPT_SECONDS = 3600
_TYPES = {
    "README.md": "text/markdown",
    "FEATURES.md": "text/markdown",
    "FAQ.md": "text/markdown",
    "API.md": "text/markdown",
    "SECURITY.md": "text/markdown",
    "openapi.json": "application/json",
    "asyncapi.json": "application/json",
    "sc_short.jpg": "image/jpeg",
    "sc_simple.jpg": "image/jpeg",
}
NAMES = ", ".join(f'"{name}"' for name in _TYPES)


def document(name: str) -> Response:
    """A packaged document (docs/contract/system.md 7). Raises `NotFound`, also for one that is missing."""
    path = (_FOLDER if name in _GENERATED else _PAGES) / name
    if name not in _TYPES or not path.is_file():
        raise NotFound("Doc file not found.", extra={"file": name})
    body = path.read_bytes()
    for text, value in _here().items() if name in _GENERATED else ():
        body = body.replace(text, value, 1)
    response = Response(body, content_type=_TYPES[name])
    response.headers["Cache-Control"] = f"public, max-age={_KEPT_SECONDS}"
    response.headers["Expires"] = http_date(current().clock.time() + _KEPT_SECONDS)
    response.headers["Pragma"] = "public"
    return response


def _here() -> dict[bytes, bytes]:
    """Texts of the generated documents, of a service at the root of one host -> of this one, below its base path."""
    root, host = request.script_root, request.host
    return {
        _SERVER % b'"/"': _SERVER % json.dumps(root or "/").encode(),
        _ADDRESS % b'"/ws"': _ADDRESS % json.dumps(f"{root}/ws").encode(),
        _HOST % b'"127.0.0.1:8080"': _HOST % json.dumps(host).encode(),
    }


def reference() -> Response:
    """The page that shows the document, with search and requests that can be tried."""
    template = (_REFERENCE / "reference.html").read_text(encoding="utf-8")
    # Who sends the password in the address has no header for what the page loads.
    query = f"?{urlencode({'apikey': request.args['apikey']})}" if "apikey" in request.args else ""
    docs = f"{request.script_root}/api/docs"
    response = Response(render_template_string(template, docs=docs, query=query), mimetype="text/html")
    response.headers["Content-Security-Policy"] = _POLICY
    return response


def asset(name: str) -> Response | None:
    """A script or style of that page; None for another name."""
    if name not in _ASSETS:
        return None
    folder = _REFERENCE if name.startswith("reference.") else _viewer() / name.rpartition(".")[2]
    response = Response((folder / name).read_bytes(), content_type=f"{_ASSETS[name]}; charset=utf-8")
    response.headers["Cache-Control"] = f"public, max-age={_KEPT_SECONDS}"
    return response


@lru_cache(maxsize=1)
def _viewer() -> Path:
    """The folder with Swagger UI's files. The package is not imported: it would load the framework's plugins."""
    spec = find_spec("flask_openapi3_swagger")
    if spec is None or spec.origin is None:
        raise NotFound("Doc file not found.")
    return Path(spec.origin).parent / "templates" / "swagger"
