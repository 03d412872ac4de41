"""Each route needs one permission, and each role has its own: docs/contract/accounts.md 2."""

import importlib
from collections.abc import Iterator

import pytest

from dlambda.domain.accounts.permission import Permission
from dlambda.domain.orders.key import Permission as KeyPermission
from dlambda.entry.routes import permission_of
from local import template

MODULES = sorted({route.function.module for route in template.read().routes})


def routes() -> Iterator[tuple[str, str, str]]:
    """(method, rule, module) of each route of the service."""
    for module in MODULES:
        app = importlib.import_module(module).app
        for rule in app.url_map.iter_rules():
            for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
                yield method, rule.rule, module


@pytest.mark.parametrize(("method", "rule", "module"), list(routes()))
def test_a_route_declares_its_permission(method: str, rule: str, module: str) -> None:
    app = importlib.import_module(module).app
    endpoints = {
        each.endpoint for each in app.url_map.iter_rules() if each.rule == rule and method in (each.methods or ())
    }
    for endpoint in endpoints:
        needed = permission_of(app.view_functions[endpoint])
        assert isinstance(needed, Permission | KeyPermission), f"{method} {rule} says permission=Permission...."
