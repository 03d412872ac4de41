"""The dialects that are spoken, and which one an address means (docs/contract/dialects.md)."""

from collections.abc import Mapping, Sequence
from typing import Final

from dlambda.domain.dialects.dialect import Dialect, Frame
from dlambda.domain.dialects.ytptube.dialect import YTPTUBE
from dlambda.domain.events.event import Event, Name

DIALECTS: Final[Mapping[str, Dialect]] = {dialect.name: dialect for dialect in (YTPTUBE,)}
ROOT: Final = ""
"""The name of none: what the published document says."""
BRIEF: Final = "brief"
"""The root for WebSocket clients that take `item_progress` in place of `item_updated` (websocket.md 2)."""


def split_path(path: str) -> tuple[str, str]:
    """Splits a path below the base path into a dialect's name, or `ROOT`, and what lies below it."""
    first, slash, remainder = path.removeprefix("/").partition("/")
    return (first, f"/{remainder}") if slash and first in DIALECTS else (ROOT, path)


def frames(event: Event, name: str) -> Sequence[Frame]:
    """Returns the WebSocket messages that tell an event to a client of a dialect; none for what it is spared."""
    if name in DIALECTS:
        return DIALECTS[name].events(event)
    is_spared = event.is_progress if name == BRIEF else event.name is Name.ITEM_PROGRESS
    return [] if is_spared else [event.frame()]
