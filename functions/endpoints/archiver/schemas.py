"""Bodies and answers of `/api/archiver` (docs/contract/downloads.md 4.12)."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field, field_validator, model_validator

from dlambda.entry.model import Model
from dlambda.entry.query import Query, documented
from dlambda.errors import Invalid, Required

_MOST_BYTES = 1024


def _preset(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Required("preset is required.")
    return value.strip()


class ReadQuery(Query):
    model_config = ConfigDict(json_schema_extra={"required": ["preset"]})

    preset: Annotated[str | None, documented({"type": "string", "minLength": 1})] = Field(
        None, description="whose options name the archive"
    )
    ids: str | None = Field(None, description="comma list: only those of them that are in the archive")


class ItemsBody(Model):
    preset: str
    items: list[str]
    skip_check: bool = Field(False, description="add without looking for what is there")

    @model_validator(mode="before")
    @classmethod
    def _document_field(cls, body: object) -> dict[str, Any]:
        fields = body if isinstance(body, dict) else {}
        preset = _preset(fields.get("preset"))
        items = fields.get("items")
        if not isinstance(items, list) or not items:
            raise Invalid("items is required and must be a non-empty list.")
        texts = [text for text in items if isinstance(text, str)]
        return {"preset": preset, "items": texts, "skip_check": fields.get("skip_check") is True}

    @field_validator("items")
    @classmethod
    def _normalise(cls, items: list[str]) -> list[str]:
        return normalised(items)


def normalised(entries: list[str]) -> list[str]:
    """Trimmed, each once, and only those of at least two words: an archive id is `<extractor> <id>`.

    No source has ids so long that a table's key could not hold them.
    """
    trimmed = dict.fromkeys(" ".join(archive_id.split()) for archive_id in entries)
    return [entry for entry in trimmed if " " in entry and len(entry.encode()) <= _MOST_BYTES]


class Entries(Model):
    file: str
    items: list[str]
    count: int
    truncated: bool | None = Field(
        None, description="true: an answer has no place for the oldest, which `count` counts"
    )


class Changed(Model):
    file: str
    status: bool
    items: list[str]
