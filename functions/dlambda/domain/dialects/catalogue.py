"""The dialects that are spoken, and which one an address means (docs/contract/dialects.md)."""

from collections.abc import Mapping, Sequence
from typing import Final

from dlambda.domain.dialects.dialect import Dialect, Frame
from dlambda.domain.dialects.ytptube.dialect import YTPTUBE
from dlambda.domain.events.event import Event

DIALECTS: Final[Mapping[str, Dialect]] = {dialect.name: dialect for dialect in (YTPTUBE,)}
ROOT: Final = ""
"""The name of none: what the published document says."""


def split_path(path: str) -> tuple[str, str]:
    """Splits a path below the base path into a dialect's name, or `ROOT`, and what lies below it."""
    first, slash, rest = path.removeprefix("/").partition("/")
    return (first, f"/{rest}") if slash and first in DIALECTS else (ROOT, path)


def frames(event: Event, name: str) -> Sequence[Frame]:
    """Returns the WebSocket messages that tell an event to a client of the dialect `name`."""
    return DIALECTS[name].events(event) if name else [event.frame()]
