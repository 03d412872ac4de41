"""The routes of a group, each of which says which permission its callers need (docs/contract/accounts.md 2).

    @routes.get("/api/history", permission=Permission.READ_ITEMS, responses={200: ItemPage})
    def list_items(query: ListQuery) -> Answer: ...

A view names the models of what it reads: `path`, `query`, `body`. A route without a permission is for admins alone, and
`tests/functions/test_permissions.py` fails. What the API's document says of a route stays with it as a `Declaration`.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import cache, wraps
from typing import Any, NamedTuple, TypeVar, get_type_hints

from flask import Blueprint, Flask, request
from pydantic import BaseModel, ValidationError

from dlambda.entry.direct import DirectRoute
from dlambda.entry.problem import refuse

View = TypeVar("View", bound=Callable[..., Any])


class Declaration(NamedTuple):
    """A route for the API's document; `options` are those of flask-openapi3."""

    method: str
    rule: str
    view: Callable[..., Any]
    options: dict[str, Any]


class Routes(Blueprint):
    """Adds routes to a group's app. `security`: how callers may say who they are, as OpenAPI lists it."""

    def __init__(self, name: str, description: str, security: list[dict[str, list[str]]]) -> None:
        super().__init__(name, name)
        self.description, self.security = description, security
        self.declarations: list[Declaration] = []
        self.direct_routes: list[DirectRoute] = []

    def get(self, rule: str, *, permission: StrEnum | None = None, **options: Any) -> Callable[[View], View]:
        return self._declare("GET", rule, permission, options)

    def post(self, rule: str, *, permission: StrEnum | None = None, **options: Any) -> Callable[[View], View]:
        return self._declare("POST", rule, permission, options)

    def put(self, rule: str, *, permission: StrEnum | None = None, **options: Any) -> Callable[[View], View]:
        return self._declare("PUT", rule, permission, options)

    def patch(self, rule: str, *, permission: StrEnum | None = None, **options: Any) -> Callable[[View], View]:
        return self._declare("PATCH", rule, permission, options)

    def delete(self, rule: str, *, permission: StrEnum | None = None, **options: Any) -> Callable[[View], View]:
        return self._declare("DELETE", rule, permission, options)

    def _declare(
        self, method: str, rule: str, permission: StrEnum | None, options: dict[str, Any]
    ) -> Callable[[View], View]:
        endpoint = options.pop("endpoint", None)
        direct = options.pop("direct", None)

        def declare(view: View) -> View:
            required_permission = permission or permission_of(view)
            if required_permission is not None:
                view.permission = required_permission  # type: ignore[attr-defined]  # the wrapper takes it along
            if direct:
                self.direct_routes.append(DirectRoute(rule.partition("<")[0], required_permission, direct))
            if options.pop("doc_ui", True):
                self.declarations.append(Declaration(method, rule, view, options))
            self.add_url_rule(rule, endpoint, _reading(view), methods=[method])
            return view

        return declare


class GroupApp(Flask):
    """A group's app. `direct_routes`: of its routes, those that answer without it as well."""

    direct_routes: Sequence[DirectRoute] = ()

    def ensure_sync(self, func: View) -> View:
        """No route and no hook is a coroutine; Flask would look at each of them at each request."""
        return func


def permission_of(view: Callable[..., Any]) -> StrEnum | None:
    """Returns the permission that a route declares; None when it declares none."""
    return getattr(view, "permission", None)


@cache  # a view of two routes is one endpoint
def _reading(view: Callable[..., Any]) -> Callable[..., Any]:
    """The view behind its models. What fits none is refused with a 400."""
    hints = get_type_hints(view)
    models: list[tuple[str, type[BaseModel]]] = [(name, hints[name]) for name in _PARTS if name in hints]

    @wraps(view)
    def answer(**path: Any) -> Any:
        try:
            parts = {name: model.model_validate(_PARTS[name](path)) for name, model in models}
        except ValidationError as error:
            refuse(error)
        return view(**parts)

    return answer


# In the order in which they are refused.
_PARTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "path": lambda path: path,
    "query": lambda _: request.args.to_dict(),
    "body": lambda _: request.get_json(silent=True),
}
