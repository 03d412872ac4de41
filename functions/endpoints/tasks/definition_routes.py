"""The routes of `/api/tasks/definitions` (docs/contract/tasks.md 7.2)."""

from typing import Any

from dlambda.domain.accounts.permission import Permission
from dlambda.domain.tasks.definition import DEFINITIONS
from dlambda.entry.http import make_routes, problems
from dlambda.entry.pages import read_page
from dlambda.entry.principals import current_principal
from dlambda.media.workers.ytdlp_queries import list_browsers
from dlambda.store.rules.resources import Document
from dlambda.usecases.rules import resources
from dlambda.usecases.tasks import definitions
from endpoints.tasks import actions
from endpoints.tasks.schemas import (
    DefinitionBody,
    DefinitionInspection,
    DefinitionPage,
    DefinitionPatch,
    DefinitionQuery,
    DefinitionView,
    ImpersonateTargets,
    TaskPath,
    TrialBody,
)

routes = make_routes("task definitions", "How pages without a feed are read")

_BASE = "/api/tasks/definitions"
_ONE = f"{_BASE}/<int:id>"
Answer = dict[str, Any] | tuple[dict[str, Any], int]


def _view(document: Document) -> dict[str, Any]:
    return resources.view(DEFINITIONS, document)


@routes.get(_BASE, permission=Permission.READ_RULES, responses={200: DefinitionPage, **problems(400)})
def list_(query: DefinitionQuery) -> Answer:
    """A page of definitions, by priority, then name."""
    paging = read_page(query.page, query.per_page)
    left_out = set() if query.include == "definition" else {"definition"}
    return actions.page_of(
        resources.list_documents(DEFINITIONS),
        paging,
        lambda document: {name: value for name, value in _view(document).items() if name not in left_out},
    )


@routes.post(_BASE, permission=Permission.WRITE_RULES, responses={201: DefinitionView, **problems(400)})
def make(body: DefinitionBody) -> Answer:
    """Stores a definition."""
    return _view(resources.create(DEFINITIONS, body.root)), 201


@routes.get(_ONE, permission=Permission.READ_RULES, responses={200: DefinitionView, **problems(404)})
def get(path: TaskPath) -> Answer:
    """Answers a definition, as it was sent."""
    return _view(resources.get_document(DEFINITIONS, path.id))


@routes.put(_ONE, permission=Permission.WRITE_RULES, responses={200: DefinitionView, **problems(400, 404)})
def replace(path: TaskPath, body: DefinitionBody) -> Answer:
    """Sets everything; what is left out goes back to its default."""
    return _view(resources.change(DEFINITIONS, path.id, body.root, whole=True))


@routes.patch(_ONE, permission=Permission.WRITE_RULES, responses={200: DefinitionView, **problems(400, 404)})
def change(path: TaskPath, body: DefinitionPatch) -> Answer:
    """Changes what is sent; `definition` as a whole."""
    return _view(definitions.patch(path.id, body.root))


@routes.delete(_ONE, permission=Permission.WRITE_RULES, responses={200: DefinitionView, **problems(404)})
def remove(path: TaskPath) -> Answer:
    """Removes a definition and answers what went."""
    return _view(resources.remove(DEFINITIONS, path.id))


@routes.get(f"{_BASE}/impersonate-targets", permission=Permission.READ_RULES, responses={200: ImpersonateTargets})
def targets() -> Answer:
    """Browsers that a fetch can be made to look like, the usual ones first; none where `curl_cffi` is missing."""
    return {"targets": list_browsers()}


@routes.post(
    f"{_BASE}/inspect", permission=Permission.USE_YTDLP, responses={200: DefinitionInspection, **problems(400, 404)}
)
def try_(body: TrialBody) -> Answer:
    """Tries a definition, stored or not, on a URL."""
    return actions.try_definition(body.root, current_principal().owner)
