"""The routes of `/api/cookies` (docs/contract/cookies.md)."""

from typing import Any

from flask import Response

from dlambda.domain.accounts.permission import Permission
from dlambda.entry.http import make_routes, problems
from dlambda.entry.principals import current_principal
from dlambda.usecases.rules import cookie_jars
from endpoints.cookies.schemas import CookiesBody, JarList, JarView, SitePath, read_jars

routes = make_routes("cookies", "Cookies of sites, looked after")

_BASE = "/api/cookies"
_ONE = f"{_BASE}/<string:site>"


@routes.after_request
def store_nothing(response: Response) -> Response:
    """Answers about cookies belong into no cache."""
    response.headers["Cache-Control"] = "no-store"
    return response


@routes.get(_BASE, permission=Permission.READ_COOKIES, responses={200: JarList})
def list_() -> dict[str, Any]:
    """The caller's jars, by site: their age, end and last success, and no value of a cookie."""
    return {"jars": cookie_jars.list_jars(current_principal().owner)}


@routes.post(_BASE, permission=Permission.WRITE_COOKIES, responses={200: JarList, **problems(400)})
def keep(body: CookiesBody) -> dict[str, Any]:
    """Keeps cookies, as a file's text or as a browser's extension has them: a jar for each site in them."""
    return {"jars": cookie_jars.keep_jars(current_principal().owner, read_jars(body.root))}


@routes.get(_ONE, permission=Permission.READ_COOKIES, responses={200: JarView, **problems(404)})
def get(path: SitePath) -> dict[str, Any]:
    """A jar of the caller."""
    return cookie_jars.get_jar(current_principal().owner, path.site)


@routes.put(_ONE, permission=Permission.WRITE_COOKIES, responses={200: JarView, **problems(400)})
def replace(path: SitePath, body: CookiesBody) -> dict[str, Any]:
    """Keeps the cookies of one site; those of others in the same text are left out."""
    [jar] = cookie_jars.keep_jars(current_principal().owner, read_jars(body.root, path.site))
    return jar


@routes.delete(_ONE, permission=Permission.WRITE_COOKIES, responses={200: JarView, **problems(404)})
def remove(path: SitePath) -> dict[str, Any]:
    """Removes a jar and answers what went."""
    return cookie_jars.remove_jar(current_principal().owner, path.site)
