"""The routes of `/api/notifications` (docs/contract/rules.md 6)."""

from typing import Any

from dlambda.domain.accounts.permission import Permission
from dlambda.domain.events import event
from dlambda.domain.rules.notification import EVENTS, known_names
from dlambda.domain.rules.resource import NOTIFICATIONS, Fields
from dlambda.entry.http import problems
from dlambda.entry.resource import make_resource_routes
from dlambda.usecases.events.publish import publish
from dlambda.usecases.rules.presets import list_presets
from endpoints.notifications.schemas import EventNames, Nothing, TargetView


def _check_names(fields: Fields) -> dict[str, Any]:
    presets = {preset.key for preset in list_presets()} if fields.get("presets") else set()
    return known_names(fields, presets)


routes = make_resource_routes(
    NOTIFICATIONS,
    "Who hears of which event",
    model=TargetView,
    check=_check_names,
    reads=Permission.MANAGE_NOTIFICATIONS,
    writes=Permission.MANAGE_NOTIFICATIONS,
)


@routes.get("/api/notifications/events", permission=Permission.MANAGE_NOTIFICATIONS, responses={200: EventNames})
def events() -> dict[str, Any]:
    """The events that a target can ask for."""
    return {"events": list(EVENTS)}


@routes.post(
    "/api/notifications/test", permission=Permission.MANAGE_NOTIFICATIONS, responses={200: Nothing, **problems(400)}
)
def test() -> dict[str, Any]:
    """Tells every enabled target, in the background."""
    publish(event.Event(event.Name.TEST, {}, "Test Notification", "This is a test notification."))
    return {}
