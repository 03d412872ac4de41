"""How a page becomes items: the `definition` of a task definition (docs/contract/tasks.md 7.3).

Two dialects are in use. `read_recipe` rewrites the first into the second and checks it; what a client sent is stored
and answered untouched, a `Recipe` is what runs.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

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

from dlambda.domain.rules.pattern import compile_pattern
from dlambda.domain.tasks.expression import check_expression
from dlambda.domain.tasks.recipe_dialects import check_rules, modern, stripped
from dlambda.domain.web.web_address import check_web_address
from dlambda.errors import Invalid

_MAX_EXPRESSION: Final = 5000
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE: Final = re.compile(r"[^\r\n\0\u0100-\U0010ffff]*")
MAX_TIMEOUT_SECONDS: Final = 300
STRICT: Final = "strict"
"""The validation context of definitions that are sent now: expressions that cannot be read are refused."""

Scalar = str | int | float | bool | None


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True, defer_build=True)


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
            if not stripped(value.get("selector")):
                raise ValueError("Either 'selector' or 'expression' must be provided.")
            check_rules(value.get("fields"), "Container 'fields' must include a 'url' field.")
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
        if isinstance(value, Mapping) and not stripped(value.get("expression")):
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
