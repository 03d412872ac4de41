"""Stages of an item's life, as one table: their status, list and lane, and the stages that may follow.

Indexes (`store.items`), guards (`usecases.items`) and docs/item-life.md are made from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

INTAKE_LANE: Final = "~intake"
"""Where items wait for their extraction; no extractor's name begins so."""
RETRY_LANE: Final = "~retry"
"""Where items wait for the time of their next try."""
LIVE_LANE: Final = "~live"
"""Where live and forced items wait: behind nobody, for the end of a pause alone."""
PAST_PAUSE_LANE: Final = "~past-pause"
"""Where forced items wait that start in spite of a pause."""
EXTRACTOR_LANE: Final = "~extractor"
"""Stands for the item's own lane: that of its extractor, `LIVE_LANE` or `PAST_PAUSE_LANE`."""


class Status(StrEnum):
    """downloads.md 2.4. The first four live in the queue, the others in the history."""

    PENDING = "pending"  # waits for extraction, for a slot, or is held
    PREPARING = "preparing"  # a worker has it
    DOWNLOADING = "downloading"  # bytes move
    POSTPROCESSING = "postprocessing"  # `postprocessor` names what runs
    FINISHED = "finished"
    ERROR = "error"
    CANCELLED = "cancelled"
    SKIP = "skip"  # in the archive already, or ignored by a condition
    NOT_LIVE = "not_live"  # an upcoming stream; retried when it begins


class Shelf(StrEnum):
    """The two lists; an item is in exactly one, which its stage decides."""

    QUEUE = "queue"
    DONE = "done"


class Stage(StrEnum):
    """The state of an item. Its value is its name in docs and errors."""

    AWAITING_EXTRACTION = "awaiting extraction"
    EXPANDING = "expanding"
    AWAITING_RETRY = "awaiting retry"
    HELD = "held"
    AWAITING_SLOT = "awaiting slot"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
    UPCOMING = "upcoming"


@dataclass(frozen=True, slots=True)
class StageRules:
    """Rules for the items of a stage.

    `lane`: their partition of the index of waiting items; None: they wait for nobody. `following`: the stages that an
    item may go to. Changes within a stage are always allowed.
    """

    meaning: str
    statuses: frozenset[Status]
    following: frozenset[Stage] = frozenset()
    lane: str | None = None
    shelf: Shelf = Shelf.QUEUE


def _ending(meaning: str, status: Status) -> StageRules:
    return StageRules(meaning, frozenset({status}), shelf=Shelf.DONE)


ACTIVE: Final = frozenset({Status.PREPARING, Status.DOWNLOADING, Status.POSTPROCESSING})
_PENDING: Final = frozenset({Status.PENDING})

STAGES: Final[Mapping[Stage, StageRules]] = {
    Stage.AWAITING_EXTRACTION: StageRules(
        "Its page is to be read.",
        _PENDING,
        frozenset(
            {
                Stage.EXPANDING,
                Stage.AWAITING_RETRY,
                Stage.HELD,
                Stage.AWAITING_SLOT,
                Stage.FAILED,
                Stage.CANCELLED,
                Stage.SKIPPED,
                Stage.UPCOMING,
            }
        ),
        INTAKE_LANE,
    ),
    Stage.EXPANDING: StageRules(
        "A list whose entries become items; its record is removed at the end.",
        _PENDING,
        frozenset({Stage.FAILED, Stage.CANCELLED}),
        INTAKE_LANE,
    ),
    Stage.AWAITING_RETRY: StageRules(
        "A try failed; the next one has a time.",
        _PENDING,
        frozenset({Stage.AWAITING_EXTRACTION, Stage.HELD, Stage.AWAITING_SLOT, Stage.CANCELLED}),
        RETRY_LANE,
    ),
    Stage.HELD: StageRules(
        "It is read, and waits for its user (`auto_start` false).",
        _PENDING,
        frozenset({Stage.AWAITING_SLOT, Stage.CANCELLED}),
    ),
    Stage.AWAITING_SLOT: StageRules(
        "Only a slot is missing.",
        _PENDING,
        frozenset({Stage.HELD, Stage.RUNNING, Stage.CANCELLED}),
        EXTRACTOR_LANE,
    ),
    Stage.RUNNING: StageRules(
        "A worker downloads it; it has a slot, unless it is live or forced.",
        ACTIVE,
        frozenset({Stage.AWAITING_RETRY, Stage.FINISHED, Stage.FAILED, Stage.CANCELLED, Stage.SKIPPED}),
    ),
    Stage.FINISHED: _ending("It has its file, or its options asked for none.", Status.FINISHED),
    Stage.FAILED: _ending("`error` and `failure` say why.", Status.ERROR),
    Stage.CANCELLED: _ending("Its user ended it.", Status.CANCELLED),
    Stage.SKIPPED: _ending("An archive has it, a condition or its options leave it out.", Status.SKIP),
    Stage.UPCOMING: _ending("A stream that has not begun; it is added again when it has.", Status.NOT_LIVE),
}

_STAGE_OF_ENDING: Final = {
    status: stage for stage, rules in STAGES.items() if rules.shelf is Shelf.DONE for status in rules.statuses
}


def statuses_of(shelf: Shelf) -> frozenset[Status]:
    """The statuses that a list knows."""
    return frozenset(status for rules in STAGES.values() if rules.shelf is shelf for status in rules.statuses)


IN_QUEUE: Final = statuses_of(Shelf.QUEUE)
IN_HISTORY: Final = statuses_of(Shelf.DONE)


def stage_of(status: Status, *, extracted: bool, auto_start: bool, entries: int, retry_at: float) -> Stage:
    """The stage of an item with these fields."""
    if status in _STAGE_OF_ENDING:
        return _STAGE_OF_ENDING[status]
    if status in ACTIVE:
        return Stage.RUNNING
    if retry_at:
        return Stage.AWAITING_RETRY
    if not extracted:
        return Stage.EXPANDING if entries else Stage.AWAITING_EXTRACTION
    return Stage.AWAITING_SLOT if auto_start else Stage.HELD


def check_transition(before: Stage, after: Stage) -> None:
    """Raises `ValueError` for a transition that the table does not name: a fault of ours, never of a client."""
    if after is not before and after not in STAGES[before].following:
        raise ValueError(f"no item goes from '{before}' to '{after}'")
