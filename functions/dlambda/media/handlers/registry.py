"""The handlers, in the order in which they are asked (docs/contract/tasks.md 5, step 2)."""

from collections.abc import Iterable, Sequence

from dlambda.domain.tasks.definition import Definition
from dlambda.media.handlers.client import Handler
from dlambda.media.handlers.generic import GenericTaskHandler
from dlambda.media.handlers.rss import RssGenericHandler
from dlambda.media.handlers.tver import TverHandler
from dlambda.media.handlers.twitch import TwitchHandler
from dlambda.media.handlers.youtube import YoutubeHandler


def handlers_for(definitions: Iterable[Definition]) -> tuple[Handler, ...]:
    """All handlers; the generic one serves `definitions`."""
    return (
        GenericTaskHandler(definitions),
        RssGenericHandler(),
        TverHandler(),
        TwitchHandler(),
        YoutubeHandler(),
    )


def find_handler(handlers: Sequence[Handler], url: str) -> Handler | None:
    """The first that takes `url`."""
    return next((handler for handler in handlers if handler.takes(url)), None)


def find_by_name(handlers: Sequence[Handler], name: str) -> Handler | None:
    """The handler of that class name, in any case."""
    return next((handler for handler in handlers if handler.name.lower() == name.strip().lower()), None)
