"""Inspection: entries that a handler would find at a URL; nothing is queued (docs/contract/tasks.md 2 and 7.2)."""

import logging
from collections.abc import Sequence
from typing import Any, Final

from dlambda.deployment import current
from dlambda.domain.tasks.definition import Definition
from dlambda.domain.tasks.feed import Feed, FeedItem
from dlambda.domain.tasks.recipe import check_recipe
from dlambda.domain.tasks.task import Task
from dlambda.domain.web.web_address import check_web_address
from dlambda.errors import AppError, Invalid, Required
from dlambda.media.handlers.client import Handler, HandlerFailed
from dlambda.media.handlers.generic import GenericTaskHandler, fetch_page, items_of_page
from dlambda.media.handlers.registry import find_by_name, find_handler, handlers_for
from dlambda.media.handlers.texts import page_text
from dlambda.media.outgoing.request import Answer
from dlambda.media.sandbox.guard import check_url
from dlambda.media.workers.ytdlp_queries import effective
from dlambda.media.ytdlp.worker_jobs import OptionTexts
from dlambda.store.items import archive
from dlambda.store.tasks.feed_history import memory_name
from dlambda.usecases.rules.cookies import cookies_of
from dlambda.usecases.rules.presets import preset_for
from dlambda.usecases.tasks.definitions import list_definitions
from dlambda.usecases.tasks.feed_archive_ids import with_archive_ids
from dlambda.usecases.tasks.task_options import Params, archive_of_task, client_for, texts_of_task

log = logging.getLogger(__name__)

_FETCH_SECONDS: Final = 12.0
_MOST_CHARACTERS: Final = 500_000
_LOOK_UP_SECONDS: Final = 6.0
"""Together below the 30 seconds at which an HTTP API gives up."""


def inspect(
    url: str, preset: str = "", handler: str = "", *, static_only: bool = False, owner: str = ""
) -> dict[str, Any]:
    """The answer for a URL that some handler serves. Raises `Invalid` with the keys of a failure in `extra`.

    `owner`: the member who asks, whose archives count; empty for admins.
    """
    if not url:
        raise Required("url is required.")
    if not static_only:
        check_web_address(url)
    handler_in_charge = _choose(url, handler)
    if static_only:
        return _answer(handler_in_charge.name, Feed(()), archived=())
    return _inspect(
        _passing(url, preset, owner),
        handler_in_charge.name,
        lambda task, params: handler_in_charge.fetch(task.url, _client(params)),
    )


def inspect_definition(
    definition: Definition, url: str, preset: str = "", owner: str = "", *, with_page: bool = False
) -> dict[str, Any]:
    """The same for one definition, enabled or not, stored or not; `page` is what was read. Raises `Invalid`."""
    check_web_address(url)
    name = GenericTaskHandler.__name__
    try:
        check_recipe(definition.definition)
    except Invalid as error:
        raise _failure(error.message, matched=True, handler=name) from error
    pages: list[Answer] = []

    def fetch(task: Task, params: Params) -> Feed:
        client = _client(params).begun()
        pages.append(fetch_page(definition, task.url, client))
        return items_of_page(definition, pages[0], client)

    try:
        answer = _inspect(_passing(url, preset, owner), name, fetch)
    except AppError as error:
        error.extra |= _page(pages) if with_page else {}
        raise
    return {**answer, **(_page(pages) if with_page else {})}


def _page(pages: Sequence[Answer]) -> dict[str, Any]:
    """`page` of the answer; nothing where nothing was read."""
    if not pages:
        return {}
    page = pages[0]
    text = page_text(page.body, page.headers.get("content-type", ""))
    return {
        "page": {
            "url": page.url,
            "content_type": page.content_type,
            "text": text[:_MOST_CHARACTERS],
            "truncated": len(text) > _MOST_CHARACTERS,
        }
    }


def _choose(url: str, name: str) -> Handler:
    handlers = handlers_for(list_definitions())
    if not name:
        matching = find_handler(handlers, url)
        if matching is None:
            raise _failure("No handler matched the supplied URL.", matched=False, handler=None)
        return matching
    named_handler = find_by_name(handlers, name)
    if named_handler is None:
        raise _failure(f"Handler '{name}' not found.", matched=False, handler=name)
    if not named_handler.takes(url):
        raise _failure("Handler cannot process the supplied URL.", matched=False, handler=named_handler.name)
    return named_handler


def _passing(url: str, preset: str, owner: str) -> Task:
    """A task that is stored nowhere; its name keeps its look-ups apart from those of stored tasks."""
    now = current().clock.now()
    return Task(0, memory_name("\0inspect", owner), url, now, now, preset=preset, owner=owner)


def _client(params: Params) -> Any:
    return client_for({**params, "socket_timeout": min(float(params.get("socket_timeout") or 60), _FETCH_SECONDS)})


def _inspect(task: Task, name: str, fetch: Any) -> dict[str, Any]:
    try:
        check_url(task.url, allow_internal=current().settings.allow_internal_urls)
        texts = texts_of_task(task)
        feed: Feed = fetch(task, effective(texts))
    except HandlerFailed as error:
        raise _failure(error.message, matched=True, handler=name, cause=error.cause) from error
    except AppError as error:
        raise _failure(error.message, matched=True, handler=name) from error
    items = _identify(feed.items, task, texts)
    return _answer(name, Feed(tuple(items), feed.metadata), archived=_archive_ids(items, task))


def _identify(items: Sequence[FeedItem], task: Task, texts: OptionTexts) -> list[FeedItem]:
    """With archive ids as far as there is time; one without stays, as it would be left out in a real run."""
    end = current().clock.monotonic() + _LOOK_UP_SECONDS
    cookies = cookies_of(preset_for(task.preset))
    identified, _ = with_archive_ids(items, task.name, texts, lambda: end - current().clock.monotonic(), cookies)
    return identified


def _archive_ids(items: Sequence[FeedItem], task: Task) -> Sequence[str]:
    name = archive_of_task(task)
    ids = [archive_id for item in items for archive_id in item.archive_ids]
    return archive.find_present(name, ids) if name and ids else ()


def _answer(name: str, feed: Feed, *, archived: Sequence[str]) -> dict[str, Any]:
    """Both published shapes in one: keys at the top, and `metadata` (docs/contract/tasks.md 2)."""
    present = set(archived)
    views = [item.view(is_archived=bool(present & set(item.archive_ids))) for item in feed.items]
    metadata = {"matched": True, "handler": name, "supported": True, **feed.metadata, "raw_count": len(views)}
    return {"matched": True, "handler": name, "supported": True, "items": views, "metadata": metadata}


def _failure(text: str, *, matched: bool, handler: str | None, cause: str | None = None) -> Invalid:
    """The body of a failure: `message` is the handler's text, `error` the cause where there is one."""
    return Invalid(
        cause or text,
        extra={
            "matched": matched,
            "handler": handler,
            "message": text,
            "supported": matched,
            "metadata": {"supported": matched},
        },
    )
