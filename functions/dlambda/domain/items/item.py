"""An item: one URL that somebody wants, from the add to the history (docs/contract/downloads.md 2).

An `Item` is a value. A change returns a new one; `store.items` decides by the difference what must be written.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cached_property
from typing import Any, Final, Self

from dlambda.domain.items.archive import archive_key
from dlambda.domain.items.entry_ref import EntryRef
from dlambda.domain.items.failure import Failure
from dlambda.domain.items.item_parts import Attempt, Expansion, Origin
from dlambda.domain.items.lane import Lane, Share
from dlambda.domain.items.remedy import MOST_TRIES, Remedy, Step, tried_words
from dlambda.domain.items.request import Request
from dlambda.domain.items.source_key import source_key
from dlambda.domain.items.stage import (
    ACTIVE,
    EXTRACTOR_LANE,
    IN_HISTORY,
    IN_QUEUE,
    LIVE_LANE,
    PAST_PAUSE_LANE,
    STAGES,
    Shelf,
    Stage,
    Status,
    stage_of,
)
from dlambda.domain.paths.home import from_home, item_from_home
from dlambda.domain.secrets.extra_secrets import mask_extras
from dlambda.domain.secrets.mask import MASK
from dlambda.domain.ytdlp.option_secrets import mask_options

__all__ = [
    "ACTIVE",
    "DESCRIPTION_LIMIT",
    "IN_HISTORY",
    "IN_QUEUE",
    "LIVE_LANE",
    "Item",
    "Shelf",
    "Stage",
    "Status",
]

DESCRIPTION_LIMIT = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenPart:
    """The fields of an item that no client sees; a store keeps them beside the item's view."""

    owner: str = ""  # the account whose it is; empty: the admins'
    home: str = ""  # of its owner: the folder below the root that it stays in
    owner_seq: int = 0  # place in its owner's list; given by the store, as `seq`
    slots: tuple[str, ...] = ()  # that it holds while it runs; given by the store
    extracted: bool = False  # intake is done: a slot is all it waits for
    requeued: bool = False  # conditions were applied already
    posted_url: str = ""  # as posted; counts for uniqueness beside `url`
    part: str = ""  # the sections of the media that its options ask for; an address has a record for each
    origin: Origin = field(default_factory=Origin)
    archive: str | None = None  # the archive that its options name
    old_archive_ids: tuple[str, ...] = ()
    info_at: float = 0.0  # when `info/<id>` was extracted; 0: never
    expansion: Expansion = field(default_factory=Expansion)
    start_at: float = 0.0  # when an upcoming stream is due
    begun: int = 0  # how often a worker took the download over from one that did not end it
    attempt: Attempt = field(default_factory=Attempt)
    past_pause: bool = False  # with `force_start`: starts while the queue is paused, too


@dataclass(frozen=True, kw_only=True)  # without slots: it keeps its view
class Item(HiddenPart):
    """A record of downloads.md 2.2. `id` is its `_id`; `source_id` is the site's `id`.

    Units: `timestamp` nanoseconds, `stored_at` and the other times unix seconds, sizes bytes.
    """

    id: str
    url: str
    title: str
    preset: str
    timestamp: int
    stored_at: float
    status: Status = Status.PENDING
    seq: int = 0  # place in its list; given by the store when it enters that list
    version: int = 0  # counts writes; every write is conditional on the one it read
    source_id: str = ""
    description: str = ""
    folder: str = ""
    template: str = ""
    template_chapter: str | None = None
    cli: str = ""
    cookies: str = field(default="", repr=False)  # sealed at rest, never in a view
    auto_start: bool = True
    force_start: bool = False  # starts past the limits of slots
    extras: Mapping[str, Any] = field(default_factory=dict)
    download_dir: str | None = None
    temp_dir: str | None = None
    is_live: bool | None = None
    live_in: str | None = None
    file_size: int | None = None
    filename: str | None = None
    total_bytes: float | None = None
    downloaded_bytes: float | None = None
    archive_id: str | None = None
    is_archivable: bool | None = None
    is_archived: bool | None = None
    sidecar: Mapping[str, Any] = field(default_factory=dict)
    download_skipped: bool = False  # its options ask for no media
    msg: str | None = None
    error: str | None = None
    failure: Mapping[str, Any] | None = None  # {kind, advice, retry_at}
    tries: tuple[Mapping[str, Any], ...] = ()  # {at, remedy, outcome}: all that ended
    warnings: tuple[Mapping[str, str], ...] = ()  # {step, text}: what failed beside the media

    @property
    def stage(self) -> Stage:
        return stage_of(
            self.status,
            extracted=self.extracted,
            auto_start=self.auto_start,
            entries=self.expansion.entries,
            retry_at=self.attempt.retry_at,
        )

    @property
    def shelf(self) -> Shelf:
        return STAGES[self.stage].shelf

    @property
    def extractor(self) -> str:
        """First word of the archive id (downloads.md 5.7); what the limit per extractor goes by."""
        return self.archive_id.split()[0] if self.archive_id else "unknown"

    @property
    def lane(self) -> str:
        """Where it waits for a slot: behind others of its extractor and share; live and forced ones behind nobody."""
        if self.past_pause:
            return PAST_PAUSE_LANE
        return LIVE_LANE if self.passes_limits else str(Lane(self.extractor, self.share))

    @property
    def is_one_of_many(self) -> bool:
        """True for an entry, which knows the URLs that led to it, and for what a watched source's handler found."""
        return bool(self.origin.chain) or "source_handler" in self.extras

    @property
    def share(self) -> Share:
        """The share of the slots that it takes."""
        task = str(self.extras.get("source_id", "")) if "source_handler" in self.extras else ""
        return Share(self.owner, task if task.isdecimal() else "")

    @property
    def waiting_lane(self) -> str | None:
        """The lane in which it waits at its stage: for intake, a retry or a slot; None when it waits for nobody."""
        lane = STAGES[self.stage].lane
        return self.lane if lane == EXTRACTOR_LANE else lane

    @property
    def urls(self) -> frozenset[str]:
        """The URLs that no second record may have: with the entry that is meant and the part that is asked for."""
        return frozenset(self.key_of(url) for url in (self.posted_url, self.url) if url)

    @property
    def source_key(self) -> str:
        """The key of its source: names and the work folder belong to it by that."""
        return self.key_of(self.url)

    def key_of(self, url: str) -> str:
        """`url` as the address of this entry and of this part of its media, for its owner; no URL has a blank."""
        return source_key(url, self.origin.label, self.part, owner=self.owner)

    @property
    def info_key(self) -> str:
        """The object key of its extraction, while it has one."""
        return f"info/{self.id}"

    @property
    def source_url(self) -> str:
        """The URL that yt-dlp is given."""
        return self.origin.hinted_url or self.url

    @property
    def entry(self) -> EntryRef:
        """The entry that is meant of an address."""
        return self.origin.reference(self.extras.get("playlist_index"))

    @property
    def entry_archive_id(self) -> str:
        """The archive id that its feed gives it; `""` for what no feed names."""
        return self.origin.archive_id(self.posted_url)

    @property
    def archive_key(self) -> str:
        """The key of its archive in the store; empty where its options name none."""
        return archive_key(self.archive, self.owner) if self.archive else ""

    @property
    def is_waiting(self) -> bool:
        """Only a slot is missing."""
        return self.stage is Stage.AWAITING_SLOT

    @property
    def passes_limits(self) -> bool:
        """Live and forced items start without a slot (downloads.md 5.7)."""
        return bool(self.is_live or self.force_start)

    @property
    def holds_slot(self) -> bool:
        """Counts against the limits."""
        return self.stage is Stage.RUNNING and not self.passes_limits

    @property
    def path(self) -> str | None:
        """The file below the download root, without a leading slash."""
        if not self.filename:
            return None
        folder = self.folder.strip("/")
        return f"{folder}/{self.filename}" if folder else self.filename

    def request(self) -> Request:
        """The request that would make such an item again, from the same URL and for the same owner."""
        return Request(
            url=self.url,
            preset=self.preset,
            folder=from_home(self.home, self.folder),
            cookies=self.cookies,
            template=self.template,
            cli=self.cli,
            auto_start=self.auto_start,
            extras=self.extras,
            requeued=self.requeued,
            owner=self.owner,
            home=self.home,
        )

    def is_visible_to(self, owner: str) -> bool:
        """True for its owner and for admins, whose `owner` is empty."""
        return owner in ("", self.owner)

    def evolve(self, **changes: Any) -> Self:
        """The same item with `changes`."""
        return replace(self, **changes)

    def ended(self, status: Status, now: float, **changes: Any) -> Self:
        """The item as it enters the history."""
        attempt = replace(self.attempt, retry_at=0.0)
        at_rest = replace(self, status=status, stored_at=now, attempt=attempt, force_start=False, past_pause=False)
        history_item = replace(at_rest, **changes)
        if status is Status.FINISHED:
            history_item = replace(history_item, live_in=None, tries=self.tries_after(status, now))
        return (
            replace(history_item, failure={**history_item.failure, "retry_at": None})
            if history_item.failure
            else history_item
        )

    def failed(self, error: str, failure: Failure, now: float, **changes: Any) -> Self:
        """The item as it ends with an error."""
        view = failure.view(tried_words(self.tries_after(failure.kind, now)))
        tries = self.tries_after(failure.kind, now)
        return self.ended(Status.ERROR, now, error=error, failure=view, tries=tries, **changes)

    def tries_after(self, outcome: str, now: float) -> tuple[Mapping[str, Any], ...]:
        """Its tries with the present one, which ended so: as a kind of failure, or as `finished`."""
        return (*self.tries, {"at": now, "remedy": self.attempt.remedy, "outcome": str(outcome)})[-MOST_TRIES:]

    def schedule_retry(self, error: str, failure: Failure, step: Step, now: float) -> Self:
        """The item after a failed try, waiting for the next one; a page is read anew for a remedy that changes it."""
        is_new = step.remedy is not Remedy.RETRY
        attempt = replace(
            self.attempt,
            failed_before=self.attempt.failed_before + 1,
            remedies=(*self.attempt.remedies, step.remedy.value) if is_new else self.attempt.remedies,
            remedy=step.remedy.value,
            retry_at=now + step.wait_seconds,
        )
        return replace(
            self,
            tries=self.tries_after(failure.kind, now),
            attempt=attempt,
            info_at=0.0 if is_new else self.info_at,
            status=Status.PENDING,
            error=error,
            failure=failure.retried(attempt.retry_at, attempt.failed_before),
        )

    def forced(self, *, past_pause: bool) -> Self:
        """The item as its user wants it now: neither held nor limited, nor waiting for the time of its next try."""
        return replace(self.clear_retry(), auto_start=True, force_start=True, past_pause=past_pause)

    def clear_retry(self) -> Self:
        """The item when that time has come."""
        return replace(self, error=None, failure=None, attempt=replace(self.attempt, retry_at=0.0))

    def view_for(self, owner: str) -> dict[str, Any]:
        """The record as an admin (`""`) or its owner sees it: a member's paths begin at its home."""
        return item_from_home(self.home, self.view) if owner else dict(self.view)

    def _belonging(self) -> dict[str, Any]:
        """The fields that items of members have and others have not: accounts.md 8."""
        if not self.owner:
            return {}
        return {"owner": self.owner, "owner_position": self.owner_seq if self.shelf is Shelf.QUEUE else None}

    @cached_property
    def view(self) -> Mapping[str, Any]:
        """The record as clients see it (downloads.md 2.2): secrets masked, progress as it was last stored.

        Rendered once for a row, events and answers alike.
        """
        percent = 100.0 if self.status is Status.FINISHED else None
        return {
            **{key: getattr(self, name) for name, key in SHOWN.items()},
            **self._belonging(),
            "status": self.status.value,
            "warnings": list(self.warnings),
            "attempts": list(self.tries),
            "sidecar": dict(self.sidecar),
            "cookies": MASK if self.cookies else "",
            "has_cookies": bool(self.cookies),
            "extras": mask_extras(self.extras),
            "cli": mask_options(self.cli),
            "datetime": format_datetime(datetime.fromtimestamp(self.stored_at, UTC)),
            "options": {},
            "queue_position": self.seq if self.shelf is Shelf.QUEUE else None,
            "percent": percent,
            "progress": percent,
            **_NO_PROGRESS,
        }


# A worker's progress is laid over these.
_NO_PROGRESS: Final = dict.fromkeys(
    ("tmpfilename", "total_bytes_estimate", "speed", "eta", "speed_bps", "eta_seconds", "postprocessor")
)
_KEYS: Final = {
    "id": "_id",
    "source_id": "id",
    "tries": "attempts",
}  # of the view, where they differ
_APART: Final = frozenset({"seq", "version", "stored_at"})  # kept by the store beside both
SHOWN: Final[Mapping[str, str]] = {
    item_field.name: _KEYS.get(item_field.name, item_field.name)
    for item_field in fields(Item)
    if item_field.name not in _APART.union(hidden_field.name for hidden_field in fields(HiddenPart))
}
"""The fields of an item that its view has, with their keys there."""
