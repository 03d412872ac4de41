"""Messages between a worker process that downloads or records and its parent: JSON objects that name their `type`.

Names in them come from sites and tools; the parent checks them before it uses them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dlambda.domain.items.failure import Failure, classify
from dlambda.domain.items.step_warning import StepWarning
from dlambda.domain.messages.codec import from_fields, to_fields
from dlambda.errors import Invalid

Number = int | float


@dataclass(frozen=True)
class Progress:
    """How far it is: bytes, bytes per second, seconds. At most five a second. Names are relative to the workdir.

    `status` is yt-dlp's: `downloading`, or `finished` for one file of possibly several. `is_final`: the bytes of the
    file stay as they come, unless a post-processor is asked for. `is_read_elsewhere`: nobody here reads them.
    """

    status: str
    downloaded_bytes: Number | None = None
    total_bytes: Number | None = None
    total_bytes_estimate: Number | None = None
    speed: Number | None = None
    eta: Number | None = None
    filename: str | None = None
    tmpfilename: str | None = None
    is_final: bool = False
    is_read_elsewhere: bool = False


@dataclass(frozen=True)
class Postprocessing:
    """A post-processor has `started` or `finished`."""

    status: str
    name: str


@dataclass(frozen=True)
class Log:
    """A line for the log; `level` is `warning` (or `debug`, when yt-dlp's debugging is on)."""

    level: str
    text: str


@dataclass(frozen=True)
class DownloadQuestion:
    """A question that the worker waits for: is the id `value` in the `archive`, which suffix makes the `name` free,
    which `file` has the name already, are all `bytes` of a file here (they are, with the answer), did you `merge` the
    finished `files` to this one?
    """

    about: str
    value: str
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class DownloadAnswer:
    """The answer to a `DownloadQuestion`."""

    value: bool | str


@dataclass(frozen=True)
class Result:
    """The last message. Exactly one of `ok`, `error` and `skipped_reason` tells what happened.

    With `error` a `filepath` may still be set: that file is complete, something after it failed. `filepath` and
    `extra_files` (subtitles, thumbnails, NFO ...) are relative to `workdir/home`. `archive_ids` are to be recorded.
    `warnings` say what failed beside the media, which is as the last step that worked left it. `existing`: the file
    that is kept in place of a download, relative to the item's folder. `retry_after_seconds`: what the site asked for
    when it refused. `stopped`: it ended because its parent asked.
    """

    ok: bool
    error: str | None = None
    filepath: str | None = None
    extra_files: tuple[str, ...] = ()
    archive_ids: tuple[str, ...] = ()
    skipped_reason: str | None = None
    existing: str | None = None
    warnings: tuple[StepWarning, ...] = ()
    stopped: bool = False
    retry_after_seconds: Number | None = None

    @property
    def failure(self) -> Failure | None:
        """The failure that the error stands for; None without one."""
        return classify(self.error) if self.error else None


WorkerMessage = Progress | Postprocessing | Log | DownloadQuestion | Result

_KINDS: Final[Mapping[str, type[WorkerMessage]]] = {
    "progress": Progress,
    "postprocessor": Postprocessing,
    "log": Log,
    "ask": DownloadQuestion,
    "result": Result,
}
_TYPES: Final = {kind: name for name, kind in _KINDS.items()}


def encode(message: WorkerMessage) -> dict[str, Any]:
    """The message as a JSON object."""
    return {"type": _TYPES[type(message)], **to_fields(message)}


def decode(fields: Mapping[str, Any]) -> WorkerMessage:
    """The message that a JSON object is. Raises `Invalid` for what is none."""
    kind = _KINDS.get(str(fields.get("type")))
    if kind is None:
        raise Invalid(f"unknown message of a worker: '{fields.get('type')}'")
    return from_fields(kind, fields)
