"""The document that every screen of the page begins with."""

from urllib.parse import urlsplit

from flask import Response, render_template_string, request

from dlambda.aws import bucket
from dlambda.deployment import current
from dlambda.entry import dialects
from dlambda.errors import NotFound
from endpoints.page import built

_HTML = "text/html"


def refuse_other(path: str) -> None:
    """Raises `NotFound` below `api/` and below the path of a dialect: no page is there, whether it is built or not."""
    if dialects.is_asked() or path.startswith("api/"):
        raise NotFound("Not Found")


def answer(path: str) -> Response:
    """The shell for the address `path`, below the base path.

    A person gets it with 404 at an unknown address, too, where the page says so. Raises `NotFound` for everybody else.
    """
    manifest = built.manifest()
    is_screen = path.split("/", maxsplit=1)[0] in manifest.screens
    if not is_screen and _HTML not in request.accept_mimetypes.values():
        raise NotFound("Not Found")
    socket = current().hosting.socket_url
    html = render_template_string(
        built.read("index.html").decode(), base=request.script_root, socket=socket, manifest=manifest
    )
    response = Response(html, 200 if is_screen else 404, content_type=f"{_HTML}; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Content-Security-Policy"] = _policy()
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.add_etag()
    response.make_conditional(request)
    return response


def _policy() -> str:
    """The page's policy: all is of this origin, but for media and events where a deployment answers them elsewhere."""
    media = _origin(bucket.media_origin())
    # Browsers differ in whether 'self' means a WebSocket as well.
    socket = _origin(current().hosting.socket_url) or f"{'wss' if request.is_secure else 'ws'}://{request.host}"
    sources = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "font-src": "'self'",
        "img-src": f"'self' data: blob: {media}",
        "media-src": f"'self' blob: {media}",
        "connect-src": f"'self' {socket} {media}",
        "worker-src": "'self' blob:",
        "manifest-src": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
    }
    return "; ".join(f"{name} {value}".rstrip() for name, value in sources.items())


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
