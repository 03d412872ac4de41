"""The routes of `/api/conditions` (docs/contract/rules.md 3)."""

from typing import Any

from dlambda.domain.accounts.permission import Permission
from dlambda.domain.rules.resource import CONDITIONS
from dlambda.entry.http import problems
from dlambda.entry.principals import current_principal
from dlambda.entry.resource import make_resource_routes
from endpoints.conditions.schemas import CheckBody, ConditionView, FilterCheck, TestAnswer, TestBody
from endpoints.conditions.trial import check_condition, try_condition

routes = make_resource_routes(CONDITIONS, "What becomes of items whose metadata passes a filter", model=ConditionView)


@routes.post("/api/conditions/test", permission=Permission.USE_YTDLP, responses={200: TestAnswer, **problems(400)})
def test(body: TestBody) -> dict[str, Any]:
    """Extracts a URL and says whether its metadata passes a filter."""
    return try_condition(body.root, current_principal().owner)


@routes.post("/api/conditions/check", permission=Permission.READ_RULES, responses={200: FilterCheck, **problems(400)})
def check(body: CheckBody) -> dict[str, Any]:
    """Says whether a filter can be read, and where its mistake is. Nothing is fetched."""
    return check_condition(body.root)
