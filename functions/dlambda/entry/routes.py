"""The routes of a group, each of which says which permission its callers need (docs/contract/accounts.md 2).

    @routes.get("/api/history", permission=Permission.READ_ITEMS, responses={200: ItemPage})

A route without one is for admins alone, and `tests/functions/test_permissions.py` fails.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

from flask_openapi3 import APIBlueprint, OpenAPI
from flask_openapi3.types import ParametersTuple
from flask_openapi3.utils import parse_parameters

from dlambda.domain.accounts.permission import Permission

View = TypeVar("View", bound=Callable[..., Any])
Add = Callable[..., Callable[[View], View]]
_DOCUMENTED = "x-permission"


class Routes(APIBlueprint):
    """Adds routes to a group's app; `permission` goes into the API's document as `x-permission`."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._undocumented: list[tuple[str, Callable[..., Any], dict[str, Any]]] = []

    def _collect_openapi_info(self, rule: str, func: Callable[..., Any], **options: Any) -> ParametersTuple:
        """Collects what requests need. What the document says waits for `document`: it would take half of a start."""
        self._undocumented.append((rule, func, options))
        return parse_parameters(func, doc_ui=False)

    def document(self) -> None:
        """Collects what the document says of these routes."""
        for rule, func, options in self._undocumented:
            super()._collect_openapi_info(rule, func, **options)
        self._undocumented.clear()

    def get(self, rule: str, *, permission: StrEnum | None = None, **options: Any) -> Callable[[View], View]:
        return _declare(super().get, rule, permission, options)

    def post(self, rule: str, *, permission: StrEnum | None = None, **options: Any) -> Callable[[View], View]:
        return _declare(super().post, rule, permission, options)

    def put(self, rule: str, *, permission: StrEnum | None = None, **options: Any) -> Callable[[View], View]:
        return _declare(super().put, rule, permission, options)

    def patch(self, rule: str, *, permission: StrEnum | None = None, **options: Any) -> Callable[[View], View]:
        return _declare(super().patch, rule, permission, options)

    def delete(self, rule: str, *, permission: StrEnum | None = None, **options: Any) -> Callable[[View], View]:
        return _declare(super().delete, rule, permission, options)


class GroupApp(OpenAPI):
    """A group's app. Its document is made when somebody asks for `api_doc`."""

    def ensure_sync(self, func: View) -> View:
        """No route and no hook is a coroutine; Flask would look at each of them at each request."""
        return func

    def generate_spec_json(self) -> None:
        """Makes the document."""
        groups = [group for group in self.blueprints.values() if isinstance(group, Routes)]
        for group in groups:
            group.document()
            self.paths |= group.paths
            self.components_schemas |= group.components_schemas
        self.tags = list({tag.name: tag for group in groups for tag in group.tags}.values())
        super().generate_spec_json()  # type: ignore[no-untyped-call]


def _declare(add: Add[View], rule: str, permission: StrEnum | None, options: dict[str, Any]) -> Callable[[View], View]:
    def declare(view: View) -> View:
        required_permission = permission or permission_of(view)
        if required_permission is not None:
            view.permission = required_permission  # type: ignore[attr-defined]  # the framework's wrapper takes it along
            options["openapi_extensions"] = {_DOCUMENTED: required_permission.value}
        if required_permission is Permission.PUBLIC:
            options.setdefault("security", [])
        return add(rule, **options)(view)

    return declare


def permission_of(view: Callable[..., Any]) -> StrEnum | None:
    """Returns the permission that a route declares; None when it declares none."""
    return getattr(view, "permission", None)
