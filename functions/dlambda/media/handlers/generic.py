"""Pages and APIs that a task definition of the user describes (docs/contract/tasks.md 7)."""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from dlambda.domain.places.web_address import check_web_address
from dlambda.domain.tasks.definition import Definition, find_match
from dlambda.domain.tasks.feed import Feed, FeedItem
from dlambda.domain.tasks.recipe import Body, BrowserEngine, Recipe
from dlambda.errors import AppError, Invalid
from dlambda.media.fetch import Answer, with_params
from dlambda.media.handlers.browser import render
from dlambda.media.handlers.client import Client, HandlerFailed, Named
from dlambda.media.handlers.sandbox import extract_safely

FETCH_FAILURE = "Failed to fetch target URL."
_OWN_FIELDS = frozenset({"url", "title", "thumbnail", "description"})
_BROWSER_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Upgrade-Insecure-Requests": "1",
}


class GenericTaskHandler(Named):
    knows_archive_ids = False

    def __init__(self, definitions: Iterable[Definition]) -> None:
        self._definitions = tuple(definitions)

    def takes(self, url: str) -> bool:
        return find_match(self._definitions, url) is not None

    def fetch(self, url: str, client: Client) -> Feed:
        definition = find_match(self._definitions, url)
        if definition is None:
            raise HandlerFailed("No generic task definition matched the provided URL.")
        return read_page(definition, url, client)


def read_page(definition: Definition, url: str, client: Client) -> Feed:
    """The items of `url` by `definition`, enabled or not. Raises `HandlerFailed`."""
    try:
        recipe = definition.recipe()
    except Invalid as error:
        raise HandlerFailed(error.message) from error
    answer = _ask(recipe, _target(recipe, url), client)
    try:
        rows = extract_safely(definition.definition, answer.body, answer.headers.get("content-type", ""))
    except Invalid as error:
        raise HandlerFailed(error.message) from error
    items = tuple(item for row in rows if (item := item_of(row, answer.url)))
    return Feed(items, {"definition": definition.name, "response_format": recipe.response.type})


def _target(recipe: Recipe, url: str) -> str:
    target = recipe.request.url or url
    try:
        check_web_address(target)
    except Invalid as error:
        raise HandlerFailed("Invalid target URL.", error.message) from error
    return with_params(target, recipe.request.params)


def _ask(recipe: Recipe, target: str, client: Client) -> Answer:
    request = recipe.request
    headers, body = encode_body(request.body, request.headers)
    try:
        if isinstance(recipe.engine, BrowserEngine):
            return render(recipe.engine.options, target, client)
        defaults = _BROWSER_HEADERS if recipe.engine.options.curl_default_headers else {}
        return client.send(
            target,
            method=request.method,
            headers={**defaults, **headers},
            body=body,
            timeout_seconds=request.timeout,
        )
    except AppError as error:
        raise HandlerFailed(FETCH_FAILURE, error.message) from error


def encode_body(body: Body | None, headers: Mapping[str, str]) -> tuple[dict[str, str], bytes | None]:
    """The headers and bytes of a body; a content type of the user's wins."""
    given = dict(headers)
    if body is None:
        return given, None
    content_type, data = _encoded(body.type, body.value)
    if content_type and not any(name.lower() == "content-type" for name in given):
        given["Content-Type"] = content_type
    return given, data


def _encoded(kind: str, value: Any) -> tuple[str, bytes]:
    if kind == "json":
        return "application/json", json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    if kind == "form":
        pairs = {name: _form_word(part) for name, part in value.items() if part is not None}
        return "application/x-www-form-urlencoded", urlencode(pairs).encode()
    return "", str(value).encode()


def _form_word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def item_of(row: Mapping[str, str], base: str) -> FeedItem | None:
    """The item of a row, its addresses made absolute; None when its URL is no web address."""
    url = urljoin(base, row["url"])
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return None
    thumbnail = row.get("thumbnail", "")
    return FeedItem(
        url=url,
        title=row.get("title", ""),
        metadata={name: value for name, value in row.items() if name not in _OWN_FIELDS},
        thumbnail=urljoin(base, thumbnail) if thumbnail else "",
        description=row.get("description", ""),
    )
