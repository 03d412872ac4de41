"""Bodies, queries and answers of the key API (docs/contract/hostapi.md). Bodies are read in the use cases: each refusal
has a text that names its field, and the key is looked at before the body.
"""

from typing import Any

from pydantic import ConfigDict, Field, model_validator

from dlambda.domain.orders.key import Permission
from dlambda.domain.orders.order import State
from dlambda.domain.orders.output import AUDIO, VIDEO
from dlambda.entry.model import Model, Root
from dlambda.entry.query import Query


class _Body(Root[Any]):
    """Taken as it comes; `json_schema_extra` says what it should be."""

    root: Any = None

    @model_validator(mode="wrap")
    @classmethod
    def _unread(cls, body: object, _: object) -> "_Body":
        return cls.model_construct(body)


def _object(required: list[str], **properties: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"type": "object", "required": [*required], "properties": properties})


_TEXT = {"type": "string"}
_URL = {"type": "string", "format": "uri"}
_CLOCK = r"^\s*(\d+(\.\d+)?|(\d{1,3}:)?[0-5]?\d:[0-5]?\d(\.\d+)?)\s*$"
_TIME = {
    "anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": _CLOCK}],
    "description": "seconds, `MM:SS` or `HH:MM:SS`",
}
_NUMBER = {"type": "number", "minimum": 0, "description": "seconds"}
_VIDEO_OUTPUT = {"type": "string", "enum": [*VIDEO]}
_AUDIO_OUTPUT = {"type": "string", "enum": [*AUDIO]}
_VIDEO = {"type": "string", "default": "bestvideo", "description": "a format selector of yt-dlp"}
_AUDIO = {"type": "string", "default": "bestaudio", "description": "a format selector of yt-dlp"}
_CLIP = {"start_time": _TIME, "end_time": _TIME, "force_keyframes": {"type": "boolean", "default": False}}
_LIVE = {
    "start": _NUMBER | {"default": 0, "description": "seconds back from now"},
    "duration": {"type": "number", "exclusiveMinimum": 0, "description": "seconds"},
}
_PERMISSIONS = {"type": "array", "items": {"type": "string", "enum": [permission.value for permission in Permission]}}


class VideoBody(_Body):
    model_config = _object(
        ["url"], url=_URL, video_format=_VIDEO, audio_format=_AUDIO, output_format=_VIDEO_OUTPUT, **_CLIP
    )


class AudioBody(_Body):
    model_config = _object(["url"], url=_URL, audio_format=_AUDIO, output_format=_AUDIO_OUTPUT, **_CLIP)


class LiveVideoBody(_Body):
    model_config = _object(
        ["url", "duration"], url=_URL, **_LIVE, video_format=_VIDEO, audio_format=_AUDIO, output_format=_VIDEO_OUTPUT
    )


class LiveAudioBody(_Body):
    model_config = _object(["url", "duration"], url=_URL, **_LIVE, audio_format=_AUDIO, output_format=_AUDIO_OUTPUT)


class InfoBody(_Body):
    model_config = _object(["url"], url=_URL)


class NewKeyBody(_Body):
    model_config = _object(["name", "permissions"], name=_TEXT, permissions=_PERMISSIONS)


class PermissionsBody(_Body):
    model_config = _object(["permissions"], permissions=_PERMISSIONS)


class NamePath(Model):
    name: str = Field(description="the key's name")


class KeyTaskPath(Model):
    task_id: str = Field(description="as answered when it was created")


class FilePath(KeyTaskPath):
    name: str = Field(description="as in the task's `file`")


class KeyTaskCreated(Model):
    status: State
    task_id: str = Field(examples=["gJ9Xh2LqA7fPz0Wc"])


class KeyTask(Model):
    """The options of the task stand beside these."""

    model_config = ConfigDict(extra="allow")

    status: State
    task_type: str
    url: str
    key_name: str
    progress: float | None = Field(None, description="percent, while processing")
    completed_time: str | None = None
    file: str | None = Field(None, examples=["/files/gJ9Xh2LqA7fPz0Wc/video.mp4"])
    error: str | None = None
    warnings: list[str] | None = Field(None, description="what a recording lacks")


class Told(Model):
    """`message`, and the key that it is about."""

    message: str
    name: str | None = None
    key: str | None = None


class KeyView(Model):
    key: str
    name: str
    permissions: list[Permission]
    memory_quota: int = Field(description="bytes that the key's tasks may bring in the quota's time")
    memory_usage: int = Field(description="bytes that count now")
    last_access: str | None


class KeyList(Root[dict[str, KeyView]]):
    """By name."""


class Metadata(Root[dict[str, Any] | list[dict[str, Any]] | list[str] | str | float | bool | None]):
    """`info.json` whole, or what was asked of it."""


class FileQuery(Query):
    """Of `info.json`, any other name asks for the top-level key of that name."""

    model_config = ConfigDict(extra="allow")

    raw: str | None = Field(None, description="`true`: shown in place, under its own name")
    qualities: str | None = Field(None, description="of `info.json`: the formats on offer")
