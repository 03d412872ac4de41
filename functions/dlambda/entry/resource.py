"""The routes that every kind of resource has: list, create, read, change, replace, remove (docs/contract/rules.md 1).

    routes = make_resource_routes(DL_FIELDS, "Extra inputs of the download form", shown=DownloadFieldView)

Every single object comes with its version as `ETag`; who sends it back in `If-Match` changes that version or nothing.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import request
from pydantic import BaseModel, ConfigDict, Field, create_model

from dlambda.domain.accounts.permission import Permission, holds
from dlambda.domain.rules.resource import Fields, Kind
from dlambda.entry.http import make_routes, problems
from dlambda.entry.model import Model, Root
from dlambda.entry.pages import TRUNCATED, PageRequest, Pagination, fitting_items, pagination, read_page
from dlambda.entry.principals import current_principal
from dlambda.entry.query import PageNumber, PageSize, Query
from dlambda.entry.routes import Routes
from dlambda.errors import PreconditionFailed
from dlambda.store.rules.resources import Document
from dlambda.usecases.rules import resources

Answer = dict[str, Any] | tuple[dict[str, Any], int, dict[str, str]]
Check = Callable[[Fields], dict[str, Any]]
Arrange = Callable[[Sequence[Document], Mapping[str, str]], Sequence[Document]]
Shorten = Callable[[Sequence[Document], str], list[dict[str, Any]] | None]
_TAG = re.compile(r'(?:W/)?"(\d{1,15})"')


class ResourcePath(Model):
    id: int = Field(description="given by the service")


class ResourceQuery(Query):
    page: PageNumber = Field(None, description="from 1; beyond the last it means the last")
    per_page: PageSize = Field(None, description="default: the setting `default_pagination`")


def no_check(_: Fields) -> dict[str, Any]:
    return {}


def as_listed(documents: Sequence[Document], _: Mapping[str, str]) -> Sequence[Document]:
    return documents


def as_pages(_: Sequence[Document], __: str) -> None:
    return None


def make_resource_routes(
    kind: Kind,
    description: str,
    *,
    model: type[BaseModel],
    query: type[ResourceQuery] = ResourceQuery,
    check: Check = no_check,
    arrange: Arrange = as_listed,
    shorten: Shorten = as_pages,
    reads: Permission = Permission.READ_RULES,
    writes: Permission = Permission.WRITE_RULES,
) -> Routes:
    """`model` documents the object as it is answered. `check` corrects or refuses what no model can judge alone.

    `arrange` gets all documents in their order, and the query: for lists that can be sorted or filtered. `shorten` may
    answer a query string with a plain list in place of a page. `reads`, `writes`: permissions that the routes need; who
    may not write gets no secret in clear.
    """
    routes = make_routes(kind.feature, description)
    _add_collection(routes, (reads, writes), kind, model, query, check, arrange, shorten)
    _add_single(routes, (reads, writes), kind, model, check)
    return routes


def _add_collection(
    routes: Routes,
    permissions: tuple[Permission, Permission],
    kind: Kind,
    model: type[BaseModel],
    query_model: type[ResourceQuery],
    check: Check,
    arrange: Arrange,
    shorten: Shorten,
) -> None:
    reads, writes = permissions
    base = f"/api/{kind.feature}"
    page_model = _page_model(model)
    body_model = _any_body(kind, whole=True)

    @routes.get(base, permission=reads, responses={200: page_model, **problems(400)})
    def list_(query: query_model) -> Answer | list[dict[str, Any]]:  # type: ignore[valid-type]
        """All of them, a page at a time, secrets masked."""
        asked_page = read_page(query.page, query.per_page)  # type: ignore[attr-defined]
        documents: Sequence[Document] = resources.list_documents(kind)
        short = shorten(documents, request.query_string.decode("latin-1"))
        if short is not None:
            return short
        return _page_of(kind, arrange(documents, request.args), asked_page)

    @routes.post(base, permission=writes, responses={200: model, **problems(400)})
    def create(body: body_model) -> Answer:  # type: ignore[valid-type]
        """Makes a new one."""
        return _answer(kind, resources.create(kind, body.root, check))  # type: ignore[attr-defined]


def _page_model(model: type[BaseModel]) -> type[BaseModel]:
    return create_model(
        f"{model.__name__}Page",
        __base__=Model,
        items=(list[model], ...),  # type: ignore[valid-type]
        pagination=(Pagination, ...),
        truncated=(bool | None, Field(None, description=TRUNCATED)),
    )


def _page_of(kind: Kind, documents: Sequence[Document], paging: PageRequest) -> dict[str, Any]:
    """A page of documents; the last one for a page behind it."""
    last = max(1, -(-len(documents) // paging.per_page))
    page = min(paging.page, last) if documents else paging.page
    documents_of_page = documents[(page - 1) * paging.per_page : page * paging.per_page]
    items = [resources.view(kind, document) for document in documents_of_page]
    return fitting_items(items) | {"pagination": pagination(page, paging.per_page, len(documents))}


def _add_single(
    routes: Routes, permissions: tuple[Permission, Permission], kind: Kind, model: type[BaseModel], check: Check
) -> None:
    reads, writes = permissions
    single = f"/api/{kind.feature}/<int:id>"
    part_model, whole_model = _any_body(kind, whole=False), _any_body(kind, whole=True)
    conflict_status = 409 if kind.change_conflicts else 400
    changes: dict[int | str, Any] = {200: model, **problems(400, 404, conflict_status, 412)}

    @routes.get(single, permission=reads, responses={200: model, **problems(404)})
    def read(path: ResourcePath) -> Answer:
        """Answers one document, to those who may change it with its secrets in clear."""
        return _answer(kind, resources.get_document(kind, path.id), clear=holds(current_principal(), writes))

    @routes.patch(single, permission=writes, responses=changes)
    def change(path: ResourcePath, body: part_model) -> Answer:  # type: ignore[valid-type]
        """Changes what is sent. A mask sent back means unchanged."""
        document = resources.change(kind, path.id, body.root, whole=False, if_match=_if_match(), check=check)  # type: ignore[attr-defined]
        return _answer(kind, document)

    @routes.put(single, permission=writes, responses=changes)
    def replace(path: ResourcePath, body: whole_model) -> Answer:  # type: ignore[valid-type]
        """Sets everything; what is left out goes back to its default."""
        document = resources.change(kind, path.id, body.root, whole=True, if_match=_if_match(), check=check)  # type: ignore[attr-defined]
        return _answer(kind, document)

    @routes.delete(single, permission=writes, responses={200: model, **problems(400, 404, 412)})
    def remove(path: ResourcePath) -> Answer:
        """Removes one and answers what went."""
        return resources.view(kind, resources.remove(kind, path.id, if_match=_if_match()))


def _any_body(kind: Kind, *, whole: bool) -> type[Root[Any]]:
    """A body that the use case reads itself: its errors have texts of their own. Documented as what it should be."""
    name = kind.model.__name__ if whole else f"{kind.model.__name__}Change"

    def describe(schema: dict[str, Any]) -> None:
        schema.update(body_schema(kind.model, name, whole=whole))

    return type(name, (Root[Any],), {"model_config": ConfigDict(json_schema_extra=describe), "__module__": __name__})


def body_schema(model: type[BaseModel], name: str, *, whole: bool) -> dict[str, Any]:
    """The schema `name` of a body that is read by hand; not `whole`: of the fields to change."""
    described = model.model_json_schema() | {"title": name}
    schema: dict[str, Any] = _without_references(described, described.pop("$defs", {}))
    if not whole:
        schema.pop("required", None)
    return schema


def _without_references(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """`schema` with what it refers to put in place: a reference inside a hand-made schema leads nowhere."""
    if isinstance(schema, list):
        return [_without_references(part, definitions) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _without_references(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    return {name: _without_references(part, definitions) for name, part in schema.items()}


def _answer(kind: Kind, document: Document, *, clear: bool = False) -> Answer:
    return resources.view(kind, document, clear=clear), 200, {"ETag": f'"{document.version}"'}


def _if_match() -> int | None:
    """The version that the client knows; None when it names none. Raises `PreconditionFailed` for what is none."""
    header = request.headers.get("If-Match", "").strip()
    if header in ("", "*"):
        return None
    match = _TAG.fullmatch(header)
    if match is None:
        raise PreconditionFailed("It was changed meanwhile.")
    return int(match[1])
