"""How a page becomes items: the `definition` of a task definition (docs/contract/tasks.md 7.3).

Two dialects are in use. `read_recipe` rewrites the first into the second and checks it; what a client sent is stored
and answered untouched, a `Recipe` is what runs.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import regex
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from dlambda.domain.rules.pattern import best_group, compile_pattern, find, group
from dlambda.domain.tasks.expression import check_expression
from dlambda.domain.web.web_address import check_web_address
from dlambda.errors import Invalid

DEFAULT_BROWSER_URL: Final = "http://localhost:4444/wd/hub"
_GENERATED: Final = "archive_id"
_MAX_EXPRESSION: Final = 5000
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE: Final = re.compile(r"[^\r\n\0\u0100-\U0010ffff]*")
MAX_TIMEOUT_SECONDS: Final = 300
STRICT: Final = "strict"
"""The validation context of definitions that are sent now: expressions that cannot be read are refused."""

Scalar = str | int | float | bool | None


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)


class _Closed(_Part):
    model_config = ConfigDict(extra="forbid")


class PostFilter(_Part):
    """A second look at a value that a rule found."""

    filter: str
    value: str | None = None

    @field_validator("filter")
    @classmethod
    def _is_a_pattern(cls, text: str) -> str:
        try:
            compile_pattern(text)
        except Invalid as error:
            raise ValueError(f"Invalid post_filter regex pattern: {error}") from None
        return text


def _check_readable(kind: str, expression: str, info: ValidationInfo) -> None:
    """Only of what a client sends now: a stored definition with one bad field still gives the others."""
    if not (info.context or {}).get(STRICT):
        return
    try:
        check_expression(kind, expression)
    except Invalid as error:
        raise ValueError(f"The {kind} expression '{expression}' cannot be read: {error.message}") from None


class Rule(_Part):
    """Where a value lies. `attribute` means something else per type: tasks.md 7.4."""

    type: Literal["css", "xpath", "regex", "jsonpath"]
    expression: str = Field(min_length=1, max_length=_MAX_EXPRESSION)
    attribute: str | None = None
    post_filter: PostFilter | None = None

    @model_validator(mode="after")
    def _expression_can_be_read(self, info: ValidationInfo) -> "Rule":
        _check_readable(self.type, self.expression, info)
        return self


Rules = Mapping[str, Rule]


class Container(_Part):
    """Nodes that are one item each."""

    type: Literal["css", "xpath", "jsonpath"] = "css"
    selector: str = Field("", max_length=_MAX_EXPRESSION)
    fields: Mapping[str, Rule]

    @model_validator(mode="before")
    @classmethod
    def _has_its_parts(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            if not _words(value.get("selector")):
                raise ValueError("Either 'selector' or 'expression' must be provided.")
            _check_rules(value.get("fields"), "Container 'fields' must include a 'url' field.")
        return value

    @model_validator(mode="after")
    def _selector_can_be_read(self, info: ValidationInfo) -> "Container":
        _check_readable(self.type, self.selector, info)
        return self


class HttpOptions(_Closed):
    impersonate: str | None = "chrome"
    curl_default_headers: bool = True
    flaresolverr: bool = False


class WaitFor(_Part):
    type: Literal["css", "xpath"] = "css"
    expression: str = Field(min_length=1, max_length=_MAX_EXPRESSION)

    @model_validator(mode="before")
    @classmethod
    def _value_is_an_expression(cls, value: Any) -> Any:
        if isinstance(value, Mapping) and not _words(value.get("expression")):
            return {**value, "expression": value.get("value")}
        return value


class BrowserOptions(_Closed):
    """A remote browser; times are seconds."""

    url: str
    browser: Literal["chrome"] = "chrome"
    protocol: Literal["cdp"] | None = None
    arguments: Annotated[tuple[str, ...], BeforeValidator(lambda v: v.split() if isinstance(v, str) else v)] = (
        "--headless",
        "--disable-gpu",
    )
    wait_for: WaitFor | None = None
    wait_timeout: float = Field(default=15, ge=0, le=300)
    page_load_timeout: float = Field(default=60, ge=0, le=300)

    @field_validator("url")
    @classmethod
    def _url_is_a_web_address(cls, value: str) -> str:
        try:
            check_web_address(value)
        except Invalid as error:
            raise ValueError(str(error)) from None
        return value


class HttpEngine(_Part):
    type: Literal["http"] = "http"
    options: HttpOptions = HttpOptions()


class BrowserEngine(_Part):
    type: Literal["browser"]
    options: BrowserOptions


class Body(_Closed):
    """The body of a POST. A form is a map of scalars, `raw` is text, `json` anything."""

    type: Literal["form", "json", "raw"]
    value: Any = None

    @model_validator(mode="after")
    def _value_fits_type(self) -> "Body":
        if self.type == "raw" and not isinstance(self.value, str):
            raise ValueError("A raw body must be a string")
        if self.type == "form":
            if not isinstance(self.value, Mapping):
                raise ValueError("A form body must be an object")
            if any(not isinstance(value, Scalar) for value in self.value.values()):
                raise ValueError("Form values must be scalars")
        return self


class Request(_Part):
    """`url` replaces the task's; `timeout` in seconds, None: the options' or 120. Headers are what HTTP can carry."""

    method: Annotated[
        Literal["GET", "POST"], BeforeValidator(lambda v: v.strip().upper() if isinstance(v, str) else v)
    ] = "GET"
    url: str | None = None
    headers: Mapping[str, str] = Field(default_factory=dict)
    params: Mapping[str, Scalar] = Field(default_factory=dict)
    body: Body | None = None
    timeout: float | None = Field(default=None, ge=0, le=MAX_TIMEOUT_SECONDS)

    @model_validator(mode="before")
    @classmethod
    def _null_maps_are_empty(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: part for key, part in value.items() if part is not None}
        return value

    @field_validator("headers")
    @classmethod
    def _headers_can_be_sent(cls, headers: Mapping[str, str]) -> Mapping[str, str]:
        for name, value in headers.items():
            if not _HEADER_NAME.fullmatch(name):
                raise ValueError(f"Invalid header name '{name}'.")
            if not _HEADER_VALUE.fullmatch(value):
                raise ValueError(f"Header '{name}' holds characters that a header cannot carry.")
        return headers

    @model_validator(mode="after")
    def _only_a_post_has_a_body(self) -> "Request":
        if self.body is not None and self.method != "POST":
            raise ValueError("Request bodies require the POST method")
        return self


class Response(_Part):
    type: Literal["html", "json"] = "html"


class Parse(_Part):
    """Either `items`, or `rules` over the whole page."""

    items: Container | None = None
    rules: Rules = Field(default_factory=dict)


class Recipe(_Part):
    parse: Parse
    engine: Annotated[HttpEngine | BrowserEngine, Field(discriminator="type")] = HttpEngine()
    request: Request = Request()
    response: Response = Response()

    @model_validator(mode="before")
    @classmethod
    def _reads_both_dialects(cls, value: Any) -> Any:
        return modern(value) if isinstance(value, Mapping) else value


def read_recipe(document: Mapping[str, Any]) -> Recipe:
    """The normal form of a stored definition. Raises `Invalid` with the first problem."""
    try:
        return Recipe.model_validate(document)
    except ValidationError as error:
        raise Invalid(error.errors()[0]["msg"]) from None


def check_recipe(document: Mapping[str, Any]) -> None:
    """Raises `Invalid` with the first problem, expressions included, and the field that has it."""
    try:
        Recipe.model_validate(document, context={STRICT: True})
    except ValidationError as error:
        problem = error.errors()[0]
        raise Invalid(f"{problem['loc'][-1] if problem['loc'] else 'definition'}: {problem['msg']}") from None


# Values


def post_filtered(value: str, post_filter: PostFilter | None) -> str | None:
    """The trimmed value after its filter; None when nothing is left of it."""
    value = value.strip()
    if post_filter is not None and value:
        hit = find(compile_pattern(post_filter.filter), value)
        value = _choose(hit, post_filter.value).strip() if hit else ""
    return value or None


def _choose(hit: regex.Match[str], name: str | None) -> str:
    if name:
        try:
            return group(hit, name) or best_group(hit)
        except KeyError:
            pass
    return best_group(hit)


# The first dialect, rewritten


def modern(document: Mapping[str, Any]) -> dict[str, Any]:
    """`document` in the second dialect. Raises `ValueError` with a documented text."""
    word = "link" if _speaks_first_dialect(document) else "url"
    return {
        "parse": _modern_parse(document.get("parse"), word),
        "engine": _modern_engine(document.get("engine")),
        "request": _modern_request(document.get("request")),
        "response": document.get("response") or {},
    }


def _speaks_first_dialect(document: Mapping[str, Any]) -> bool:
    """Only for the word in an error: the first dialect calls the item's URL `link`."""
    engine, request = document.get("engine"), document.get("request")
    # A tuple, as the type may still be any JSON, and a list is in no set.
    return (isinstance(engine, Mapping) and engine.get("type") in ("httpx", "selenium")) or (
        isinstance(request, Mapping) and bool({"data", "json_data"} & request.keys())
    )


def _modern_parse(parse: Any, word: str) -> Any:
    if not isinstance(parse, Mapping):
        return parse
    items = parse.get("items")
    if items:
        return {"items": _modern_items(items, word)}
    rules = _by_name(parse, without=("items",))
    if not rules:
        raise ValueError("Field 'parse' must contain either 'items' or direct parsers.")
    _check_rules(rules, f"Missing required '{word}' parser definition.")
    return {"rules": rules}


def _modern_items(items: Any, word: str) -> Any:
    if not isinstance(items, Mapping):
        return items
    selector = _words(items.get("selector")) or _words(items.get("expression"))
    fields = items.get("fields")
    if not isinstance(fields, Mapping):
        return {**items, "selector": selector}
    fields = _by_name(fields)
    if selector:
        _check_rules(fields, f"Container 'fields' must include a '{word}' field.")
    return {**items, "selector": selector, "fields": fields}


def _by_name(rules: Mapping[str, Any], without: tuple[str, ...] = ()) -> dict[str, Any]:
    """The rules by name, with `link` (which wins) under `url`."""
    rules_by_name = {
        str(key): rule for key, rule in rules.items() if not str(key).startswith("_") and key not in without
    }
    if "link" in rules_by_name:
        rules_by_name["url"] = rules_by_name.pop("link")
    return rules_by_name


def _check_rules(rules: Any, without_url: str) -> None:
    if not isinstance(rules, Mapping):
        return
    for name, rule in rules.items():
        if not isinstance(rule, Mapping | Rule):
            raise ValueError(f"Parse field '{name}' must be an object.")  # noqa: TRY004 becomes a detail
    if _GENERATED in rules:
        raise ValueError(f"Field '{_GENERATED}' is generated internally and cannot be extracted.")
    if "url" not in rules:
        raise ValueError(without_url)


def _words(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


_ENGINES: Final = {"httpx": "http", "selenium": "browser"}


def _modern_engine(engine: Any) -> Any:
    if not engine:
        return {"type": "http"}
    if not isinstance(engine, Mapping):
        return engine
    kind = engine.get("type") or "http"
    options = engine.get("options") or {}
    if kind == "selenium" and isinstance(options, Mapping) and not _words(options.get("url")):
        options = {**options, "url": DEFAULT_BROWSER_URL}
    return {"type": _ENGINES.get(kind, kind) if isinstance(kind, str) else kind, "options": options}


def _modern_request(request: Any) -> Any:
    if not request:
        return {}
    if not isinstance(request, Mapping):
        return request
    fields = {key: value for key, value in request.items() if key not in {"data", "json_data"}}
    if fields.get("body") is None:
        body = _old_body(request)
        if body is not None:
            fields |= {"body": body, "method": "POST"}
    return fields


def _old_body(request: Mapping[str, Any]) -> dict[str, Any] | None:
    if request.get("json_data") is not None:
        return {"type": "json", "value": request["json_data"]}
    data = request.get("data")
    if data is None:
        return None
    return {"type": "raw" if isinstance(data, str) else "form", "value": data}
