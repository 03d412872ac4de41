"""The OpenAPI document of one group, from what its routes declare (`dlambda/entry/routes.py`).

No function imports flask-openapi3, whose models would be a tenth of each start.
"""

from typing import Any

from flask_openapi3 import APIBlueprint, Info, OpenAPI, Tag

from dlambda.domain.accounts.permission import Permission
from dlambda.entry.auth import COOKIE
from dlambda.entry.http import problems
from dlambda.entry.problem import Problem
from dlambda.entry.routes import GroupApp, Routes, permission_of

# Ways to say who asks, as OpenAPI names them.
_SECURITY_SCHEMES: dict[str, Any] = {
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "ytp_..."},
    "basic": {"type": "http", "scheme": "basic"},
    "apikey": {"type": "apiKey", "in": "query", "name": "apikey"},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


def document_of(app: GroupApp) -> dict[str, Any]:
    """The document of a group's app. A route's permission is its `x-permission`; a public one needs no security."""
    documented = OpenAPI(
        app.import_name,
        info=Info(title="dlambda", version="0"),
        security_schemes=_SECURITY_SCHEMES,
        validation_error_status=400,
        validation_error_model=Problem,
        doc_ui=False,
        static_folder=None,
    )
    for group in app.blueprints.values():
        if isinstance(group, Routes):
            documented.register_api(_blueprint(group))
    document: dict[str, Any] = documented.api_doc
    return document


def _blueprint(group: Routes) -> APIBlueprint:
    blueprint = APIBlueprint(
        group.name,
        group.import_name,
        abp_tags=[Tag(name=group.name, description=group.description)],
        abp_security=group.security,
        abp_responses=problems(401, 403, 500),
    )
    for declaration in group.declarations:
        options = dict(declaration.options)
        permission = permission_of(declaration.view)
        if permission is not None:
            options["openapi_extensions"] = {"x-permission": permission.value}
        if permission is Permission.PUBLIC:
            options.setdefault("security", [])
        blueprint._collect_openapi_info(declaration.rule, declaration.view, method=declaration.method, **options)  # noqa: SLF001
    return blueprint
