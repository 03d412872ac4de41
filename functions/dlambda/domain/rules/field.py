"""Download fields: extra inputs of a client's download form (docs/contract/rules.md 5). They change no download."""

import re
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, field_validator

from dlambda.domain.rules.body import Body, Name, dictionary, whole_number

Kind = Literal["string", "text", "bool"]
_BLANK: Final = re.compile(r"\s")


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


class DownloadFieldInput(Body):
    name: Name
    field: Annotated[str, Field(min_length=1, json_schema_extra={"pattern": r"^\S+$"})]
    description: str = ""
    kind: Annotated[Kind, BeforeValidator(_lower)] = "text"
    icon: str = ""
    order: Annotated[int, Field(le=10**9, json_schema_extra={"minimum": 0}), whole_number("Order")] = 0
    value: str = ""
    extras: Annotated[dict[str, Any], dictionary("Extras")] = Field(default_factory=dict)

    @field_validator("field")
    @classmethod
    def _field_is_one_word(cls, value: str) -> str:
        if _BLANK.search(value):
            raise ValueError("Field must not contain spaces.")
        return value
