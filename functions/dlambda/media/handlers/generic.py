"""Pages and APIs that a task definition of the user describes (docs/contract/tasks.md 7)."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from dlambda.domain.tasks.definition import Definition, find_match
from dlambda.domain.tasks.feed import Feed, FeedItem
from dlambda.domain.tasks.recipe import Body, BrowserEngine, Recipe, Request
from dlambda.domain.web.web_address import check_web_address
from dlambda.errors import AppError, Invalid
from dlambda.media.handlers.browser import render
from dlambda.media.handlers.client import Client, HandlerFailed, Named
from dlambda.media.handlers.expressions import DEADLINE_SECONDS, extract_safely
from dlambda.media.handlers.texts import resolve, whole
from dlambda.media.outgoing.fetch import with_params
from dlambda.media.outgoing.request import Answer, FetchFailed
from dlambda.media.ytdlp import curl_library

FETCH_FAILURE = "Failed to fetch target URL."
_LEAST_EXTRACTION_SECONDS: Final = 2.0
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
        client = client.begun()
        definition = find_match(self._definitions, url)
        if definition is None:
            raise HandlerFailed("No generic task definition matched the provided URL.")
        return read_page(definition, url, client)


def read_page(definition: Definition, url: str, client: Client) -> Feed:
    """The items of `url` by `definition`, enabled or not. Raises `HandlerFailed`."""
    client = client.begun()
    return items_of_page(definition, fetch_page(definition, url, client), client)


def fetch_page(definition: Definition, url: str, client: Client) -> Answer:
    """The entries that `definition` reads at `url`, in its way of asking. Raises `HandlerFailed`."""
    recipe = _recipe(definition)
    return _ask(recipe, _target(recipe, url), client)


def items_of_page(definition: Definition, answer: Answer, client: Client) -> Feed:
    """The items of a page that was fetched, in the time that `client` has left. Raises `HandlerFailed`."""
    recipe = _recipe(definition)
    seconds = min(DEADLINE_SECONDS, max(_LEAST_EXTRACTION_SECONDS, client.seconds_left()))
    content_type = answer.headers.get("content-type", "")
    try:
        rows, base = extract_safely(
            definition.definition, answer.body, content_type, limit=client.most_items + 1, deadline_seconds=seconds
        )
    except Invalid as error:
        raise HandlerFailed(error.message) from error
    base = base_of(answer.url, base)
    items = client.items(item for row in rows if (item := item_of(row, base)))
    return Feed(items, {"definition": definition.name, "response_format": recipe.response.type})


def _recipe(definition: Definition) -> Recipe:
    try:
        return definition.recipe()
    except Invalid as error:
        raise HandlerFailed(error.message) from error


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
            return render(recipe.engine.options, target, client, form=_browser_form(request))
        options = recipe.engine.options
        browser = options.impersonate or None
        if browser and "impersonate" not in options.model_fields_set and not curl_library.is_installed():
            browser = None  # nobody has asked for it
        defaults = _BROWSER_HEADERS if options.curl_default_headers and not browser else {}
        return client.send(
            target,
            method=request.method,
            headers={**defaults, **headers},
            body=body,
            timeout_seconds=request.timeout,
            browser=browser,
            sends_browser_headers=options.curl_default_headers,
        )
    except AppError as error:
        raise HandlerFailed(FETCH_FAILURE, error.message) from error


def _browser_form(request: Request) -> dict[str, str] | None:
    """The form that a browser posts; None where it gets the page. Raises `FetchFailed` if no form can send the body."""
    if request.method != "POST":
        return None
    if request.body is None:
        return {}
    if request.body.type != "form":
        raise FetchFailed("A browser can post forms only; a body of another type needs the plain engine")
    return _form_words(request.body.value)


def encode_body(body: Body | None, headers: Mapping[str, str]) -> tuple[dict[str, str], bytes | None]:
    """The headers and bytes of a body; a content type of the user's wins."""
    own_headers = dict(headers)
    if body is None:
        return own_headers, None
    content_type, data = _encode(body.type, body.value)
    if content_type and not any(name.lower() == "content-type" for name in own_headers):
        own_headers["Content-Type"] = content_type
    return own_headers, data


def _encode(kind: str, value: Any) -> tuple[str, bytes]:
    if kind == "json":
        return "application/json", json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    if kind == "form":
        return "application/x-www-form-urlencoded", urlencode(_form_words(value)).encode()
    return "", str(value).encode()


def _form_words(value: Mapping[str, Any]) -> dict[str, str]:
    """The fields of a form; a null one is left out, `true` and `false` are words."""
    fields = {name: part for name, part in value.items() if part is not None}
    return {name: str(part).lower() if isinstance(part, bool) else str(part) for name, part in fields.items()}


def base_of(address: str, href: str) -> str:
    """The base address of a page's links, given the page's `address` and its `base` element."""
    return resolve(address, href) or address


def item_of(row: Mapping[str, str], base: str) -> FeedItem | None:
    """The item of a row, its addresses made absolute; None when its URL is no web address."""
    url = resolve(base, row["url"])
    try:
        check_web_address(url)
    except Invalid:
        return None
    row = whole(dict(row))
    return FeedItem(
        url=url,
        title=row.get("title", ""),
        metadata={name: value for name, value in row.items() if name not in _OWN_FIELDS},
        thumbnail=resolve(base, row.get("thumbnail", "")),
        description=row.get("description", ""),
    )
