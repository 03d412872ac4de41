"""Bodies, queries and answers of `/api/history*` (docs/contract/downloads.md 2, 4)."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast

from pydantic import ConfigDict, Field, model_validator

from dlambda.entry.model import Model, Root
from dlambda.entry.query import PageNumber, PageSize, Query, choice, documented, like
from dlambda.errors import Invalid
from dlambda.usecases.items.reorder_queue import MOST_MOVED
from dlambda.usecases.items.retry_items import MOST_IDS

_IDS = "ids is required and must be an array."


class ItemPath(Model):
    id: str = Field(description="The record's `_id`.")


class ListQuery(Query):
    """Read by hand, in the documented order of its checks."""

    type: Annotated[str | None, choice("all", "queue", "done")] = Field(None, description="default: `all`")
    page: PageNumber = Field(None, description="from 1")
    per_page: PageSize = Field(None, description="default: the setting `default_pagination`")
    order: Annotated[str | None, choice("ASC", "DESC")] = Field(None, description="by creation; default: `DESC`")
    status: str | None = Field(None, description="`finished`, `!finished`, `error,cancelled` ...")
    search: str | None = Field(None, description="words in title, URL, folder, uploader or channel; not for `all`")


class LiveQuery(Query):
    limit: Annotated[str | None, documented({"type": "integer", "minimum": 0})] = Field(
        None, description="most items; 0: all; default: the setting `queue_display_limit`"
    )


class AddQuery(Query):
    model_config = ConfigDict(json_schema_extra={"required": ["url"]})

    url: Annotated[str | None, documented({"type": "string", "minLength": 1})] = Field(
        None, description="what to download"
    )
    preset: str | None = None
    folder: str | None = Field(None, description="below the download root; default: the preset's")


class SyncQuery(Query):
    sync: Annotated[str | None, choice("true", "false")] = Field(
        None, description="`true` waits for the extraction, ten seconds at most"
    )


class RequestItem(Model):
    """A download request (downloads.md 2.1). Unknown keys are dropped."""

    model_config = ConfigDict(extra="allow")

    url: str = Field(min_length=1)
    preset: str = ""
    folder: str = ""
    cookies: str = Field("", description="a Netscape cookie file's text")
    template: str = ""
    cli: str = Field("", description="further yt-dlp options")
    auto_start: bool = True
    extras: dict[str, Any] = Field(default_factory=dict)


class AddBody(Root[RequestItem | list[RequestItem]]):
    """An item or an array of items."""

    @model_validator(mode="wrap")
    @classmethod
    def _unread(cls, body: object, _: object) -> "AddBody":
        """Elements are read one by one in the use case: the first bad one refuses all, and is named."""
        return cls.model_construct(cast("Any", body))


class ItemIds(Model):
    ids: list[str] = Field(json_schema_extra={"minItems": 1})

    @model_validator(mode="before")
    @classmethod
    def _document_field(cls, body: object) -> object:
        ids = body.get("ids") if isinstance(body, dict) else None
        if not isinstance(ids, list) or not ids or not all(isinstance(id_, str) for id_ in ids):
            raise Invalid(_IDS)
        cls.check_rest(cast("dict[str, Any]", body))
        return body

    @classmethod
    def check_rest(cls, body: Mapping[str, Any]) -> None:
        """Checks the fields beside `ids`. Raises `Invalid`."""


class ForceStartBody(ItemIds):
    ignore_pause: bool = Field(False, description="starts them while the queue is paused, too")

    @classmethod
    def check_rest(cls, body: Mapping[str, Any]) -> None:
        """Checks the switch: no text or number stands for it."""
        if not isinstance(body.get("ignore_pause", False), bool):
            raise Invalid("ignore_pause must be true or false.")


class PositionBody(ItemIds):
    """Where to: `position`, or `before` an item."""

    position: Literal["front", "back"] | None = Field(None, examples=["front"])
    before: str | None = Field(None, description="the `_id` of a waiting item", examples=[None])

    @classmethod
    def check_rest(cls, body: Mapping[str, Any]) -> None:
        """Checks that there is one place, and that it is one."""
        position, before = body.get("position"), body.get("before")
        if len(body["ids"]) > MOST_MOVED:
            raise Invalid(f"ids must have at most {MOST_MOVED} items.")
        if before is not None and position is not None:
            raise Invalid("either 'position' or 'before', not both.")
        if before is not None and (not isinstance(before, str) or not before):
            raise Invalid("before must be the id of an item that waits in the queue.")
        if before is None and position not in ("front", "back"):
            raise Invalid("position must be 'front' or 'back'.")


class RetryBody(Model):
    """Records to add again: `ids`, or everything with a `status` (`x`, `!x`, `x,y`)."""

    ids: list[str] = Field(default_factory=list)
    status: str = Field("", examples=["!finished,!skip"])

    @model_validator(mode="before")
    @classmethod
    def _document_field(cls, body: object) -> object:
        fields = body if isinstance(body, dict) else {}
        ids, status = fields.get("ids"), fields.get("status")
        is_list = isinstance(ids, list) and all(isinstance(id_, str) and id_.strip() for id_ in ids)
        if ids is not None and not is_list:
            raise Invalid("ids must be an array.")
        if not ids and not status:
            raise Invalid("either 'ids' or 'status' is required.")
        if status is not None and (not isinstance(status, str) or not status.strip()):
            raise Invalid("status must be a non-empty string.")
        if ids and len(ids) > MOST_IDS:
            raise Invalid(f"ids must have at most {MOST_IDS} items.")
        return {"ids": ids or [], "status": status or ""}


class RenameBody(Model):
    new_name: str = Field(examples=["harbour.mp4"])

    @model_validator(mode="before")
    @classmethod
    def _document_field(cls, body: object) -> object:
        if not isinstance(body, dict) or not body:
            raise Invalid("no data provided.")
        name = body.get("new_name")
        if not isinstance(name, str) or not name.strip():
            raise Invalid("new_name is required.")
        return body


class DeleteBody(Model):
    """Items to remove: `ids`, or everything with a `status` (`x`, `!x`, `x,y`)."""

    type: Literal["queue", "done"]
    ids: list[str] = Field(default_factory=list)
    status: str = ""
    remove_file: bool = True

    @model_validator(mode="before")
    @classmethod
    def _document_field(cls, body: object) -> object:
        fields = body if isinstance(body, dict) else {}
        kind = fields.get("type", fields.get("where"))
        if not kind:
            raise Invalid("type is required.")
        if kind not in ("queue", "done"):  # not a set: a list is no text, and not hashable
            raise Invalid("type must be 'queue' or 'done'.")
        ids = fields.get("ids")
        ids = [id_ for id_ in ids if isinstance(id_, str)] if isinstance(ids, list) else []
        status = fields.get("status")
        status = status.strip() if isinstance(status, str) else ""
        if not ids and not status:
            raise Invalid("either 'ids' or 'status' filter is required.")
        remove_file = fields.get("remove_file")
        return {
            "type": kind,
            "ids": ids,
            "status": status,
            "remove_file": remove_file if isinstance(remove_file, bool) else True,
        }


class ItemChange(Model):
    """The fields to change."""

    title: str = ""
    description: str = ""
    preset: str = ""
    template: str = ""
    cli: str = ""
    cookies: str = Field("", description="a mask sent back means unchanged")
    extras: dict[str, Any] = Field(default_factory=dict)
    msg: str | None = None
    error: str | None = None


class EditBody(Root[dict[str, Any]]):
    """Read by hand: what is no field, or of another type, is ignored."""

    model_config = ConfigDict(json_schema_extra=like(ItemChange, additionalProperties=True))

    @model_validator(mode="wrap")
    @classmethod
    def _unread(cls, body: object, _: object) -> "EditBody":
        """It is read when the item is there: a path that names none is not found, whatever is sent to it."""
        return cls.model_construct(cast("Any", body))
