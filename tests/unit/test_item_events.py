"""The events that follow from an item's change, and the documentation of them."""

import re
from pathlib import Path

import pytest

from dlambda.domain.events.event import item_deleted
from dlambda.domain.events.item_events import events_of
from dlambda.domain.items.item import Item
from dlambda.domain.items.stage import STAGES, Shelf, Stage, Status
from tests.store.samples import T0, item, waiting

_ROOT = Path(__file__).parents[2]
_PAGE = _ROOT / "docs" / "item-life.md"
_CODE = _ROOT / "functions" / "dlambda"
_SAMPLES = {
    Stage.AWAITING_EXTRACTION: item("a"),
    Stage.EXPANDING: item("a", entries=2),
    Stage.AWAITING_RETRY: item("a", retry_at=T0),
    Stage.HELD: waiting("a", auto_start=False),
    Stage.AWAITING_SLOT: waiting("a"),
    Stage.RUNNING: waiting("a", status=Status.DOWNLOADING),
    Stage.FINISHED: waiting("a", status=Status.FINISHED, filename="a.mp4"),
    Stage.FAILED: item("a", status=Status.ERROR),
    Stage.CANCELLED: item("a", status=Status.CANCELLED),
    Stage.SKIPPED: item("a", status=Status.SKIP),
    Stage.UPCOMING: item("a", status=Status.NOT_LIVE),
}


def _names(before: Item | None, after: Item | None) -> str:
    return ", ".join(f"`{event.name}`" for event in events_of(before, after)) or "-"


def _transition(stage: Stage, following: Stage) -> tuple[Item, Item]:
    """An item before and after; `auto_start` changes only where nothing else tells the stages apart."""
    before, after = _SAMPLES[stage], _SAMPLES[following]
    if {stage, following} == {Stage.HELD, Stage.AWAITING_SLOT}:
        return before, after
    auto_start = Stage.HELD not in {stage, following}
    return before.evolve(auto_start=auto_start), after.evolve(auto_start=auto_start)


def _rows() -> list[str]:
    """The table of the documentation."""
    rows = [("new", stage.value, _names(None, _SAMPLES[stage])) for stage in (Stage.AWAITING_EXTRACTION, Stage.SKIPPED)]
    rows += [
        (stage.value, following.value, _names(*_transition(stage, following)))
        for stage, rules in STAGES.items()
        for following in Stage
        if following in rules.following
    ]
    retried, failed = _SAMPLES[Stage.AWAITING_RETRY], _SAMPLES[Stage.FAILED]
    rows += [
        ("any in the queue", "the same, held or started", _names(retried, retried.evolve(auto_start=False))),
        ("running", "the same, another worker's", _names(*_taken_over())),
        ("any in the queue", "the same, forced or moved", _names(item("a"), item("a", seq=-1))),
        ("any in the queue", "the same, other fields", _names(item("a"), item("a", title="b"))),
        ("any in the history", "the same", _names(failed, failed.evolve(title="b"))),
        ("any", "removed", _names(failed, None)),
    ]
    return [f"| {before} | {after} | {events} |" for before, after, events in rows]


def _taken_over() -> tuple[Item, Item]:
    running = _SAMPLES[Stage.RUNNING]
    return running, running.evolve(status=Status.PREPARING, begun=1)


@pytest.fixture
def documented() -> list[str]:
    page = _PAGE.read_text().partition("## Events")[2]
    return [line for line in page.splitlines() if line.startswith("| ")][2:]


def test_the_documentation_shows_the_events(documented: list[str]) -> None:
    assert documented == _rows()


@pytest.mark.parametrize("stage", [stage for stage in Stage if STAGES[stage].shelf is Shelf.QUEUE])
def test_other_fields_of_a_queued_item_change_in_silence(stage: Stage) -> None:
    assert events_of(_SAMPLES[stage], _SAMPLES[stage].evolve(title="b")) == []


def test_a_download_is_completed_only_with_a_file() -> None:
    running = _SAMPLES[Stage.RUNNING]
    assert _names(running, running.evolve(status=Status.FINISHED)) == "`item_moved`"


def test_what_a_condition_skips_is_described_first() -> None:
    skipped = _SAMPLES[Stage.SKIPPED].evolve(requeued=True)
    assert _names(item("a"), skipped) == "`item_updated`, `item_moved`"


@pytest.mark.parametrize(
    ("stage", "title", "message"),
    [
        (Stage.EXPANDING, "Playlist Expanded", "'a' was replaced by its entries."),
        (Stage.AWAITING_EXTRACTION, "Download Cleared", "Cleared 'a' from history."),
        (Stage.FINISHED, "Download Cleared", "Cleared 'a' from history."),
    ],
)
def test_a_removal_says_why(stage: Stage, title: str, message: str) -> None:
    [event] = events_of(_SAMPLES[stage], None)
    assert (event.title, event.message) == (title, message)


def test_its_cause_may_tell_of_a_removal_itself() -> None:
    failed = _SAMPLES[Stage.FAILED]
    [event] = events_of(failed, None, lambda gone: item_deleted(gone, "Download Removed", "With its file."))
    assert event.title == "Download Removed"


def _modules_with(pattern: str) -> set[str]:
    """Modules below `dlambda` whose text has `pattern`, by their path there."""
    expression = re.compile(pattern)
    return {
        path.relative_to(_CODE).as_posix() for path in _CODE.rglob("*.py") if expression.search(path.read_text("utf-8"))
    }


def test_whoever_commits_publishes_the_difference() -> None:
    committing = _modules_with(r"(?<!def )(?<!\.)\bcommit\(")
    assert committing
    assert committing <= _modules_with(r"\bpublish_changes\(")


def test_no_use_case_makes_the_events_of_a_change_itself() -> None:
    """A progress report changes no item, and only who removes files can say so."""
    made = r"\bevent\.item_(added|updated|moved|cancelled|completed|held)\("
    assert _modules_with(made) == {"domain/events/item_events.py", "usecases/items/progress_reports.py"}
