"""Bodies of the resources that clients keep: the pieces that their models share, and how one is read.

docs/contract/rules.md 1 and tasks.md 0.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    create_model,
)

from dlambda.domain.paths.input_rules import DEFAULT_RULES, InputRules
from dlambda.domain.secrets.mask import MASK
from dlambda.domain.ytdlp.cookie_file import check_cookies
from dlambda.domain.ytdlp.options import check_options, read_options
from dlambda.errors import Invalid, ValidationFailed

MAX_NAME_LENGTH: Final = 255
MAX_CLI_LENGTH: Final = 40_000
_RULES: Final = "rules"
_DIGITS: Final = re.compile(r"-?\d{1,18}", re.ASCII)


class Body(BaseModel):
    """The fields of a resource that a client may set. Unknown ones, `id` among them, are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True, defer_build=True)


def read(
    model: type[Body],
    body: Mapping[str, Any],
    *,
    text: str,
    rules: InputRules = DEFAULT_RULES,
    context: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """All fields; those that `body` leaves out, or has null, have their default.

    `context` is what the validators of `model` ask for beside the rules. Raises `ValidationFailed` with `text`.
    """
    values = {name: value for name, value in body.items() if value is not None or _is_required(model, name)}
    return _validate(model, values, text, {**(context or {}), _RULES: rules}).model_dump()


def read_change(
    model: type[Body], body: Mapping[str, Any], *, text: str, rules: InputRules = DEFAULT_RULES
) -> dict[str, Any]:
    """The fields that `body` has and no others; null means the default. Only what was sent can be wrong.

    Raises `ValidationFailed` with `text`.
    """
    values = {name: value for name, value in body.items() if value is not None or _is_required(model, name)}
    names = {name for name in model.model_fields if name in body}
    return _validate(_partial(model), values, text, {_RULES: rules}).model_dump(include=names)


def _validate(model: type[Body], values: Mapping[str, Any], text: str, context: dict[str, Any]) -> Body:
    try:
        return model.model_validate(dict(values), context=context)
    except ValidationError as error:
        causes = (problem.get("ctx", {}).get("error") for problem in error.errors(include_url=False))
        refused = next((str(cause) for cause in causes if isinstance(cause, NotAllowed)), None)
        raise ValidationFailed(refused or text, detail_of(error)) from None


def _is_required(model: type[Body], name: str) -> bool:
    return name in model.model_fields and model.model_fields[name].is_required()


@lru_cache(maxsize=64)
def _partial(model: type[Body]) -> type[Body]:
    """`model` without required fields. Defaults are not validated, so what was not sent cannot be wrong."""
    required: dict[str, Any] = {
        name: (Annotated[field.annotation, *field.metadata, "required in the whole"], None)
        for name, field in model.model_fields.items()
        if field.is_required()
    }
    return create_model(f"{model.__name__}Change", __base__=model, **required)


def detail_of(error: ValidationError) -> list[dict[str, Any]]:
    """`detail` of docs/contract/tasks.md 0."""
    return [
        {"loc": list(problem["loc"]), "msg": problem["msg"], "type": problem["type"]}
        for problem in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def _name(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("Name must be a string.")  # noqa: TRY004 a ValueError is what becomes a detail
    if not value.strip():
        raise ValueError("Name cannot be empty.")
    return value


def whole_number(noun: str) -> BeforeValidator:
    """`<noun> must be an integer.`, `<noun> must be >= 0.` A text of digits is taken for its number."""

    def check(value: object) -> int:
        if isinstance(value, str) and _DIGITS.fullmatch(value.strip()):
            value = int(value)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(f"{noun} must be an integer.")  # noqa: TRY004 as above
        if value < 0:
            raise ValueError(f"{noun} must be >= 0.")
        return value

    return BeforeValidator(check)


def switch(noun: str) -> BeforeValidator:
    """`<noun> must be a boolean.` Nothing but true and false is taken for one."""

    def check(value: object) -> bool:
        if not isinstance(value, bool):
            raise ValueError(f"{noun} must be a boolean.")  # noqa: TRY004 as above
        return value

    return BeforeValidator(check)


def dictionary(noun: str) -> BeforeValidator:
    """`<noun> must be a dictionary.`"""

    def check(value: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValueError(f"{noun} must be a dictionary.")  # noqa: TRY004 as above
        return value

    return BeforeValidator(check)


_NAME_SCHEMA: Final = {"minLength": 1, "pattern": r"\S"}
Name = Annotated[str, Field(max_length=MAX_NAME_LENGTH, json_schema_extra=_NAME_SCHEMA), BeforeValidator(_name)]
Priority = Annotated[int, Field(le=10**9, json_schema_extra={"minimum": 0}), whole_number("Priority")]


class NotAllowed(ValueError):
    """An option that no client may set, or cookies that nothing can read.

    Its text is the answer's, not only a detail (contract README, Options).
    """


def check_cookie_text(value: str) -> str:
    """`value` when cookies can be read from it, or when it is the mask of those that are there."""
    try:
        if value != MASK:
            check_cookies(value)
    except Invalid as error:
        raise NotAllowed(error.message) from None
    return value


def _rules(info: ValidationInfo) -> InputRules:
    rules: InputRules = (info.context or {}).get(_RULES, DEFAULT_RULES)
    return rules


def check_cli(value: str, message: str, info: ValidationInfo) -> str:
    """`value` when it is a command line. `message` has one `{}` for the reason when it is none."""
    allow_internal = _rules(info).allow_internal_urls
    if len(value) > MAX_CLI_LENGTH:
        raise ValueError(message.format(f"More than {MAX_CLI_LENGTH} characters"))
    try:
        options = read_options(value, allow_internal=allow_internal)
        refused = next((option.problem for option in options if option.problem), None)
        if refused is None:
            check_options(value, allow_internal=allow_internal)
    except Invalid as error:
        raise ValueError(message.format(error.message)) from None
    if refused is not None:
        raise NotAllowed(refused)
    return value


def check_place(check: Callable[[str, InputRules], str]) -> AfterValidator:
    """A folder or a template as `check` (of `domain.paths.paths`) makes it safe."""

    def checked(value: str, info: ValidationInfo) -> str:
        try:
            return check(value, _rules(info))
        except Invalid as error:
            raise ValueError(error.message) from None

    return AfterValidator(checked)
