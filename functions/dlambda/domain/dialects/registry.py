"""The dialects that are spoken, and which one an address means (docs/contract/dialects.md)."""

from collections.abc import Mapping, Sequence
from typing import Final

from dlambda.domain.dialects.dialect import Dialect, Frame
from dlambda.domain.dialects.ytptube.dialect import YTPTUBE
from dlambda.domain.events.event import Event, Name
from dlambda.domain.web.answer_size import fitting_message

DIALECTS: Final[Mapping[str, Dialect]] = {dialect.name: dialect for dialect in (YTPTUBE,)}
ROOT: Final = ""
"""The name of none: what the published document says."""
BRIEF: Final = "brief"
"""The root for WebSocket clients that take `item_progress` in place of `item_updated` (websocket.md 2)."""


def split_path(path: str) -> tuple[str, str]:
    """Splits a path below the base path into a dialect's name, or `ROOT`, and what lies below it."""
    first, slash, remainder = path.removeprefix("/").partition("/")
    return (first, f"/{remainder}") if slash and first in DIALECTS else (ROOT, path)


def messages(event: Event, name: str, owner: str = "") -> list[bytes]:
    """Returns the WebSocket messages, as JSON, that tell an event to admins or to a member (`owner`) in a dialect.

    None where it does not concern the member, and for what the dialect is spared.
    """
    if not event.is_for(owner):
        return []
    return [fitting_message(frame) for frame in frames(event.for_owner() if owner else event, name)]


def frames(event: Event, name: str) -> Sequence[Frame]:
    """Returns those messages as values."""
    if name in DIALECTS:
        return DIALECTS[name].events(event)
    is_spared = event.is_progress if name == BRIEF else event.name is Name.ITEM_PROGRESS
    return [] if is_spared else [event.frame()]
