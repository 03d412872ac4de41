"""Answers of the history's routes (docs/contract/downloads.md 2.2, 4)."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from dlambda.domain.items.item import IN_HISTORY, IN_QUEUE
from dlambda.entry.model import Model, Root
from dlambda.entry.pages import TRUNCATED, Pagination


class StepWarningView(Model):
    """A step that failed beside the media, which is there."""

    step: str = Field(examples=["EmbedThumbnail"])
    text: str


class FailureView(Model):
    """A failure, for programs and for people (contract README, Other fields)."""

    model_config = ConfigDict(extra="allow")

    kind: str = Field(examples=["network"])
    advice: str | None
    attempts: int = Field(0, description="tries that failed")
    retry_at: float | None = Field(description="when it is tried again, seconds since 1970")


class AttemptView(Model):
    """A try of an item that ended (downloads.md 5.11)."""

    at: float = Field(description="when it ended, seconds since 1970", examples=[1767261600.0])
    remedy: str | None = Field(description="what it did otherwise than the try before; null: the first one")
    outcome: str = Field(description="`finished`, or the kind of the failure", examples=["finished"])


class SidecarView(Model):
    """A file that goes along with the media file (downloads.md 2.5)."""

    model_config = ConfigDict(extra="allow")

    file: str = Field(examples=["/downloads/sea/harbour.en.vtt"])


class ItemView(Model):
    """An item as everyone sees it (downloads.md 2.2)."""

    model_config = ConfigDict(extra="allow")

    record_id: str = Field(alias="_id", description="key of the record; kept when it moves to the history")
    id: str = Field(description="id at the source site; not unique", examples=["a1B2c3D4e5F"])
    title: str = Field(examples=["Harbour at dawn"])
    description: str = Field(examples=[""])
    url: str = Field(description="the page, after extraction")
    preset: str = Field(examples=["default"])
    folder: str = Field(description="below the download root", examples=["sea"])
    download_dir: str | None = Field(examples=["/downloads/sea"])
    temp_dir: str | None = Field(examples=[None])
    status: Annotated[str, Field(json_schema_extra={"enum": sorted(IN_QUEUE | IN_HISTORY)})]
    error: str | None = Field(examples=[None])
    failure: FailureView | None = Field(examples=[None])
    warnings: list[StepWarningView] = Field(examples=[[]])
    attempts: list[AttemptView] = Field(examples=[[]])
    msg: str | None = Field(description="why it waits or was left out", examples=[None])
    cookies: str | None = Field(description="a mask in place of cookies; empty without", examples=[""])
    has_cookies: bool = Field(examples=[False])
    template: str = Field(examples=["%(title)s.%(ext)s"])
    template_chapter: str | None = Field(examples=[""])
    cli: str = Field(description="yt-dlp options of the user or of a condition", examples=[""])
    extras: dict[str, Any] = Field(examples=[{"duration": 61, "channel": "Sea"}])
    options: dict[str, Any] = Field(description="always empty", examples=[{}])
    auto_start: bool = Field(description="false: held until it is started")
    force_start: bool = Field(description="starts past the limits of slots", examples=[False])
    queue_position: int | None = Field(
        description="sorts the queue, lowest first, with gaps and below zero; null in the history", examples=[12]
    )
    timestamp: int = Field(description="of the add, nanoseconds since 1970", examples=[1767261600000000000])
    datetime: str = Field(description="RFC 2822", examples=["Thu, 01 Jan 2026 10:00:00 -0000"])
    is_live: bool | None = Field(description="live or upcoming", examples=[False])
    live_in: str | None = Field(description="when an upcoming stream begins, RFC 2822", examples=[None])
    is_archivable: bool | None = Field(description="its options name a download archive", examples=[True])
    is_archived: bool | None = Field(description="its archive id is in that archive now", examples=[False])
    archive_id: str | None = Field(examples=["youtube a1B2c3D4e5F"])
    sidecar: dict[str, list[SidecarView]] = Field(description="by kind: `image`, `subtitle` ...", examples=[{}])
    download_skipped: bool = Field(description="its options ask for no media", examples=[False])
    filename: str | None = Field(description="of the media, below `download_dir`", examples=["Harbour at dawn.mp4"])
    tmpfilename: str | None = Field(description="always null", examples=[None])
    file_size: int | None = Field(description="bytes", examples=[10485760])
    total_bytes: float | None = Field(examples=[10485760])
    total_bytes_estimate: float | None = Field(examples=[None])
    downloaded_bytes: float | None = Field(examples=[10485760])
    percent: float | None = Field(description="0 to 100", examples=[100.0])
    progress: float | None = Field(description="as `percent`", examples=[100.0])
    speed: str | None = Field(examples=["2.5 MiB/s"])
    eta: str | None = Field(examples=["00:05:23"])
    speed_bps: float | None = Field(description="bytes per second", examples=[2621440.0])
    eta_seconds: float | None = Field(examples=[323])
    postprocessor: str | None = Field(description="the one that runs", examples=[None])


class ItemDetails(ItemView):
    """An item on its own: cookies and options in clear."""

    ffprobe: dict[str, Any] = Field(description="the probe of its file; empty without", examples=[{}])


class ItemPage(Model):
    """The answer to `type=queue` and `type=done`."""

    type: Literal["queue", "done"]
    pagination: Pagination
    search_complete: bool | None = Field(None, description="with `search`: the whole list was looked through")
    truncated: bool | None = Field(None, description=TRUNCATED)
    items: list[ItemView]


class AllItems(Model):
    """The answer to `type=all`: the whole queue, and the newest of the history."""

    queue: list[ItemView]
    history: list[ItemView]


class ItemLists(Root[AllItems | ItemPage]):
    """The lists that `type` asks for."""


class LiveQueue(Model):
    queue: dict[str, ItemView]
    history_count: int
    queue_count: int = Field(description="items of the whole queue", examples=[1])
    queue_loaded: int = Field(description="items of this answer", examples=[1])
    queue_limit: int = Field(description="the limit that counted; 0: none", examples=[0])
    truncated: bool = Field(description="there are more than an answer has place for", examples=[False])


class Accepted(Model):
    """The outcome of an element of the body."""

    model_config = ConfigDict(extra="allow")

    status: Literal["queued"] | bool
    msg: str | None = Field(description="why nothing was added", examples=[None])
    record_id: str | None = Field(alias="_id", description="the item's, also of one that was in the queue already")
    item: dict[str, Any] | None = Field(None, description="with `sync=true`: the element", examples=[None])


class AcceptedList(Root[list[Accepted]]):
    """An outcome per element of the body, in its order."""


class RetryAccepted(Model):
    """How many records will be added again; events tell of each."""

    status: Literal["accepted"]
    count: int = Field(examples=[100])


class RenameJob(Model):
    """A rename that goes on in the background: a job of `/api/file/jobs`."""

    job: str
    done: bool
    results: list[dict[str, Any]] = Field(examples=[[]])


class AddedByLink(Model):
    record_id: str | None = Field(alias="_id", description="the item's")
    status: bool
    message: str = Field(examples=["Added."])


class Words(Model):
    """Item id -> `ok` or what stands in the way; `status` is `error` when one was not there."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, str]


class Deleted(Words):
    items: dict[str, str]
    deleted: int


class Message(Model):
    message: str


class NfoWritten(Message):
    nfo_file: str = Field(examples=["/downloads/sea/x.nfo"])
