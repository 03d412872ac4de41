"""Changes of items by users: cancel, hold, start, edit, clear (docs/contract/downloads.md 4.5-4.9, 5.9)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from dlambda.aws import queue
from dlambda.deployment import current
from dlambda.domain.items.item import Item, Shelf, Stage, Status
from dlambda.domain.items.request import check_cli
from dlambda.domain.paths.paths import safe_template
from dlambda.domain.ytdlp.cookie_file import check_cookies
from dlambda.errors import Conflict, NotFound
from dlambda.store.conflicts import retry_conflicts
from dlambda.store.items import items, leases
from dlambda.store.items.batches import batches
from dlambda.store.items.commit import Change, commit
from dlambda.usecases.events.apply_changes import publish_changes, update
from dlambda.usecases.items.add_items import restore_masked_secrets
from dlambda.usecases.items.dispatch import wake
from dlambda.usecases.items.intake_message import intake_message
from dlambda.usecases.rules.input_rules import input_rules
from dlambda.usecases.rules.presets import check_preset

_EDITABLE = ("title", "description", "preset", "template", "cli", "cookies", "extras", "msg", "error")
# A removal is up to three writes and a part of its lists' counters; a transaction has room for a hundred. The items of
# members stand in lists of their own as well.
_TOGETHER = 20
_TOGETHER_OF_MEMBERS = 8


def _changing(item_id: str, change: Callable[[Item], str], owner: str = "") -> str:
    """`change` of the item as it is now, if `owner` may see it; again when another writer was faster."""

    def attempt() -> str:
        item = items.find(item_id, owner=owner)
        return change(item) if item else f"not found: no item with id '{item_id}'."

    return retry_conflicts(attempt)


def cancel(item_id: str, owner: str = "") -> str:
    """Ends an item of the queue; answers `ok` or why not. A running download is told, its worker tells the end.

    `owner`, here and below: the member who asks, for whom others' items do not exist; empty for admins.
    """

    def change(item: Item) -> str:
        if item.shelf is Shelf.DONE:
            return f"not found: no item with id '{item_id}' in the queue."
        if (
            item.stage is Stage.RUNNING
            and not leases.find_expired([item.id], current().clock.time())
            and leases.want(item.id, leases.CANCEL)
        ):
            return "ok"
        end_cancelled(item)
        return "ok"

    return _changing(item_id, change, owner)


def cancel_all(targets: Sequence[Item]) -> dict[str, str]:
    """`cancel` of many; id -> `ok` for each that it met. Those that wait end together, a few in each transaction."""
    outcomes: dict[str, str] = {}
    for batch in batches([item for item in targets if item.stage is not Stage.RUNNING], most_together(targets)):
        changes = [Change(item, item.ended(Status.CANCELLED, current().clock.time())) for item in batch]
        if diff := commit_unchanged(changes):
            publish_changes(diff)
            outcomes |= {item.id: "ok" for item in batch}
    return outcomes | {item.id: "ok" for item in targets if item.id not in outcomes and cancel(item.id) == "ok"}


def most_together(targets: Iterable[Item]) -> int:
    """How many of them a transaction takes."""
    return _TOGETHER_OF_MEMBERS if any(item.owner for item in targets) else _TOGETHER


def commit_unchanged(changes: Sequence[Change]) -> list[Change]:
    """Commits `changes`; does nothing, and returns nothing, when an item was changed meanwhile."""
    try:
        return commit(changes)
    except Conflict:
        return []


def end_cancelled(item: Item, lease: leases.Lease | None = None, **fields: Any) -> Item:
    """Moves an item to the history as cancelled and tells everyone."""
    return update(item, item.ended(Status.CANCELLED, current().clock.time(), **fields), lease)


def start(item_id: str, owner: str = "") -> str:
    """Lets a held item go (downloads.md 4.8); answers the documented word."""

    def change(item: Item) -> str:
        if item.shelf is Shelf.DONE:
            return f"not found: no item with id '{item_id}' in the queue."
        if item.auto_start:
            return "already started"
        wake(update(item, item.evolve(auto_start=True)))
        return "started"

    return _changing(item_id, change, owner)


def force_start(item_id: str, owner: str = "", *, past_pause: bool) -> str:
    """Starts an item past limits, and with `past_pause` of a pause (downloads.md 4.13); answers the word."""

    def change(item: Item) -> str:
        if item.shelf is Shelf.DONE:
            return f"not found: no item with id '{item_id}' in the queue."
        if item.stage is Stage.RUNNING:
            return "already started"
        forced = update(item, item.forced(past_pause=past_pause))
        if item.stage is Stage.AWAITING_RETRY and forced.stage is not Stage.AWAITING_SLOT:
            queue.send(intake_message(forced))
        wake(forced)
        return "started"

    return _changing(item_id, change, owner)


def hold(item_id: str, owner: str = "") -> str:
    """Keeps a waiting item from starting; never stops a running one."""

    def change(item: Item) -> str:
        if item.shelf is Shelf.DONE:
            return f"not found: no item with id '{item_id}' in the queue."
        if item.status is not Status.PENDING:
            return "already started"
        if not item.auto_start:
            return "not started"
        update(item, item.evolve(auto_start=False, force_start=False, past_pause=False))
        return "paused"

    return _changing(item_id, change, owner)


def edit(item_id: str, fields: Mapping[str, Any], owner: str = "") -> Item | None:
    """Changes the editable fields of a history item and publishes it; None when nothing differs (downloads.md 4.7).

    Other fields and values of the wrong type are ignored; a mask sent back means unchanged. Raises `NotFound`, also for
    an item in the queue; `Invalid` for options, templates and presets that an add refuses; `Conflict` if others change
    the item without end.
    """
    edits = {key: value for key, value in fields.items() if key in _EDITABLE and _fits(key, value)}

    def attempt() -> Item | None:
        item = items.find(item_id, owner=owner)
        if item is None or item.shelf is Shelf.QUEUE:
            raise NotFound("item not found.")
        after = restore_masked_secrets(item.evolve(**edits), item)  # a mask sent back means unchanged
        changes = {key: getattr(after, key) for key in edits if getattr(item, key) != getattr(after, key)}
        return update(item, item.evolve(**_check(changes))) if changes else None

    return retry_conflicts(attempt)


def _fits(key: str, value: object) -> bool:
    """True if an edit's value has the kind of the field."""
    if key == "extras":
        return isinstance(value, Mapping)
    if key in {"msg", "error"}:
        return value is None or isinstance(value, str)
    return isinstance(value, str)


def _check(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Checks edits as an add is checked. Raises `Invalid` and `NotFound` with the add's texts."""
    checked = dict(changes)
    if "cli" in checked:
        check_cli(checked["cli"], input_rules())
    if "cookies" in checked:
        check_cookies(checked["cookies"])
    if "template" in checked:
        checked["template"] = safe_template(checked["template"], input_rules())
    if "preset" in checked:
        check_preset(checked["preset"])
    return checked
