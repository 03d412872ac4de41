"""Removes records of items, and their files where that is asked for and allowed (docs/contract/downloads.md 5.9)."""

from collections.abc import Iterable
from functools import partial

from dlambda.aws import bucket
from dlambda.deployment import current
from dlambda.domain.events import event
from dlambda.domain.files.sidecar import owned_by, stem_of
from dlambda.domain.items.item import Item, Shelf, Status
from dlambda.domain.paths.paths import object_key
from dlambda.store.files import filename_claims
from dlambda.store.items import items
from dlambda.store.items.batches import batches
from dlambda.store.items.commit import Change
from dlambda.store.tasks import feed_history
from dlambda.usecases.events.apply_changes import publish_changes
from dlambda.usecases.files import folders
from dlambda.usecases.items.change_items import cancel, commit_unchanged, most_together

_KEEPING_FILES = (Status.FINISHED, Status.CANCELLED)
_WORKER_SECONDS = 10.0
_LOOK_SECONDS = 0.1


def clear(targets: Iterable[Item], *, remove_files: bool) -> dict[str, str]:
    """Removes history records, with their files where asked and allowed; id -> `ok` for each that went."""
    with_files = remove_files and current().settings.remove_files
    outcomes: dict[str, str] = {}
    records = list(targets)
    for batch in batches(records, most_together(records)):
        changes = [Change(item, None) for item in batch]
        # One by one, those stay that were changed meanwhile: who changed them tells their end.
        diff = commit_unchanged(changes) or [removal for change in changes for removal in commit_unchanged([change])]
        publish_changes(diff, removed=partial(_clear, with_files=with_files))
        outcomes |= {change.before.id: "ok" for change in diff if change.before}
    return outcomes


def _remember_failure(item: Item) -> None:
    """A sweep that queued an item tries it again after a pause; without its record it would not know of the failure."""
    if item.status is Status.ERROR and item.origin.identity:
        handler = feed_history.memory_name(str(item.extras.get("source_handler")), item.owner)
        feed_history.note_failed(handler, item.origin.identity, item.stored_at)


def _clear(item: Item, *, with_files: bool) -> event.Event:
    """Removes the files of a removed record where asked; what to tell of it."""
    _remember_failure(item)
    removes = with_files and item.status in _KEEPING_FILES and item.path is not None
    if removes:
        remove_files_of(item)
    word = "Removed" if removes else "Cleared"
    return event.item_deleted(item, f"Download {word}", f"{word} '{item.title}' from history.")


def remove_files_of(item: Item) -> None:
    """The file and every non-hidden `<stem>.*` beside it (downloads.md 5.9)."""
    if item.path is None:
        return
    folder, _, name = item.path.rpartition("/")
    stem = item.path.removesuffix(name) + stem_of(name)
    prefix = f"{stem}."
    beside = [file_name.key.removeprefix(object_key("")) for file_name in bucket.list_(object_key(prefix))]
    here = [path.rpartition("/")[2] for path in beside if path.rpartition("/")[0] == folder]
    own = [name, *owned_by(name, here)]
    paths = [f"{folder}/{file_name}" if folder else file_name for file_name in own]
    bucket.delete([object_key(path) for path in paths])
    folders.note_gone(paths)
    filename_claims.release([stem])


def cancel_and_remove(item_id: str, owner: str = "") -> None:
    """Does what the event `item_delete` asks of a queue item: it is cancelled, and its record goes (README, Codes).

    A running download ends first; its worker then leaves the record in the history, where it is cleared.
    """
    if cancel(item_id, owner) != "ok":
        return
    deadline = current().clock.monotonic() + _WORKER_SECONDS
    while current().clock.monotonic() < deadline:
        item = items.find(item_id)
        if item is None:
            return
        if item.shelf is Shelf.DONE:
            clear([item], remove_files=False)
            return
        current().clock.sleep(_LOOK_SECONDS)
