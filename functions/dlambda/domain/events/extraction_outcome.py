"""Where an extraction leads: to a slot, a stream's beginning, or an end (docs/contract/downloads.md 5.6). Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from dlambda.domain.events import event
from dlambda.domain.events.event import Event, Name
from dlambda.domain.items import metadata
from dlambda.domain.items.failure import FailureKind, classify
from dlambda.domain.items.item import Item, Status
from dlambda.domain.web.http_date import http_date

_PREMIERE_SPARE_SECONDS = 300

Info = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The item after its extraction, and what its clients are told of the reason."""

    item: Item
    notice: Event | None = None


def describe(item: Item, info: Info, *, extracted_at: float, archive: str | None) -> Item:
    """The item with what was extracted. `archive`: the name of the archive that is to mark it."""
    own_id, other_ids = metadata.archive_ids(info, item.entry_archive_id)
    return item.evolve(
        **metadata.fields_of(info, url=item.url) | {"archive_id": own_id},
        archive=archive,
        extras=metadata.extras_of(info) | dict(item.extras),
        old_archive_ids=other_ids,
        is_archivable=bool(archive),
        is_archived=False if archive else None,
        info_at=extracted_at,
    )


def outcome_of(
    described: Item, info: Info, warnings: Sequence[str], now: float, *, waits_for_premieres: bool
) -> Outcome:
    """Decides where a described item goes. `waits_for_premieres`: one that runs is downloaded when it is over."""
    telling = metadata.telling(warnings)
    if metadata.is_upcoming(info):
        return _upcoming(described, info, telling, now)
    if not metadata.has_formats(info):
        return _without_formats(described, info, telling, now)
    if metadata.is_premiere(info) and waits_for_premieres:
        return _premiering(described, info, now)
    return Outcome(described.evolve(extracted=True))


def _upcoming(described: Item, info: Info, warnings: Sequence[str], now: float) -> Outcome:
    subject = "Premiere video" if metadata.is_premiere(info) else "Stream"
    starts = info.get("release_timestamp")
    lacking = f"No start time is set for {'premiere' if metadata.is_premiere(info) else 'live stream'}."
    after = described.ended(
        Status.NOT_LIVE,
        now,
        is_live=True,
        live_in=http_date(starts) if starts else None,
        start_at=float(starts or 0),
        msg=" ".join([f"{subject} is not available yet.", *warnings]),
        error=None if starts else lacking,
    )
    title = "Upcoming Premiere" if metadata.is_premiere(info) else "Upcoming Live Stream"
    message = f"{subject} '{described.title}' is not available yet."
    notice = event.log(Name.LOG_INFO, title, message, owner=described.owner, preset=described.preset, lowPriority=True)
    return Outcome(after, notice)


def _premiering(described: Item, info: Info, now: float) -> Outcome:
    """A premiere is recorded better when it is over: five minutes and its length after it began."""
    length = _PREMIERE_SPARE_SECONDS + int(info.get("duration") or 0)
    starts = info.get("release_timestamp")
    if starts:
        ends = datetime.fromtimestamp(int(float(starts) + length), UTC).isoformat()
        error = f"Premiering right now. Download will start at {ends}."
        described = described.evolve(live_in=http_date(starts))
    else:
        error = f"Premiering right now. Delaying download by '{length}' seconds."
    start_at = float(starts) if starts else now + length
    after = described.ended(Status.NOT_LIVE, now, is_live=True, start_at=start_at, error=error)
    message = f"'{described.title}': '{error}'"
    notice = event.log(Name.LOG_INFO, "Premiering right now", message, owner=described.owner, preset=described.preset)
    return Outcome(after, notice)


def _without_formats(described: Item, info: Info, warnings: Sequence[str], now: float) -> Outcome:
    availability = info.get("availability")
    error = "No formats."
    if availability and availability != "public":
        error += f" Availability is set for '{availability}'."
    if info.get("_has_drm"):
        error += " The media is DRM protected."
    error = " ".join([error, *warnings])
    kind = FailureKind.DRM if info.get("_has_drm") else FailureKind.NO_FORMATS
    after = described.failed(error, replace(classify(error), kind=kind), now)
    message = f"No formats for '{described.title}'. {' '.join(warnings)}".strip()
    notice = event.log(
        Name.LOG_WARNING, "Download Error", message, owner=described.owner, preset=described.preset, logs=list(warnings)
    )
    return Outcome(after, notice)
