"""The routes of the web page (docs/contract/page.md)."""

from flask import Response
from werkzeug.exceptions import MethodNotAllowed

from dlambda.domain.accounts.permission import Permission
from dlambda.entry.http import binary, make_routes, problems, text
from dlambda.entry.problem import render
from dlambda.errors import NotFound
from endpoints.page import files, shell
from endpoints.page.schemas import PagePath

routes = make_routes("page", "The web page")

_TEXTS = text("text/html", "text/javascript", "text/css")
_FILE = {"content": _TEXTS["content"] | binary("image/*")["content"]}


@routes.app_errorhandler(MethodNotAllowed)
def unknown(_: MethodNotAllowed) -> Response:
    """Every address leads here that no other group has; what changes something is sent to none of them."""
    return render(NotFound("Not Found"))


@routes.get("/", permission=Permission.PUBLIC, responses={200: text("text/html"), **problems(503)})
def root() -> Response:
    """The web page."""
    shell.refuse_other("")
    return shell.answer("")


@routes.get("/<path:path>", permission=Permission.PUBLIC, responses={200: _FILE, 304: None, **problems(404, 503)})
def file(path: PagePath) -> Response:
    """A screen of the web page, or a file that it loads; compressed as the client likes."""
    shell.refuse_other(path.path)
    return files.answer(path.path) or shell.answer(path.path)
