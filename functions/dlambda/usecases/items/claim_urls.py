"""Makes items the owners of their URLs; a record that has one of them stays or gives way (contract README, Adding)."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from dlambda.domain.events import event
from dlambda.domain.items.item import Item, Shelf, Status
from dlambda.domain.tasks.task import TIMER_SOURCE
from dlambda.errors import Conflict
from dlambda.store.items import archive, items, leases
from dlambda.store.items.items import Change
from dlambda.usecases.events.apply_changes import apply
from dlambda.usecases.events.publish import publish

_TRIES = 5
# Each takes three to four operations of a transaction, and a batch needs most of the rest.
_MOST_REPLACED = 8


@dataclass(frozen=True, slots=True)
class Claim:
    """An item that wants its URLs. `previous`: the history record that gives way to it, if any."""

    item: Item
    previous: Item | None = None


def claim_urls(
    claimants: Sequence[Item],
    changes_of: Callable[[Sequence[Claim]], Sequence[Change]],
    *,
    first: Sequence[event.Event] = (),
) -> list[Item]:
    """Commits `changes_of` the claims that can be met, and tells everyone; answers the items after it.

    A claimant whose URL has a record that stays is left out, with a notice after the events `first`. A record that
    gives way goes in the same transaction, so that no URL is lost in between; of many, the last ones go before it.
    Raises `Conflict` while others change them without end.
    """
    claims = [Claim(item) for item in claimants]
    replaced: dict[str, Item] = {}
    notices = list(first)
    for _ in range(_TRIES):
        changes = [*(Change(holder, None) for holder in replaced.values()), *changes_of(claims)]
        if not changes:
            publish(*notices)
            return []
        try:
            return apply(changes, first=notices)
        except items.UrlTaken as conflict:
            claims, holders = _judge(claims, conflict.holders, notices)
            replaced = _remove_surplus(replaced | {holder.id: holder for holder in holders})
        except leases.Lost:
            raise
        except Conflict:
            if not replaced:
                raise
            replaced.clear()  # one was changed meanwhile: look again
    raise Conflict("The records of these URLs are being changed by others.")


def _judge(
    claims: Sequence[Claim], holder_ids: Mapping[str, str], notices: list[event.Event]
) -> tuple[list[Claim], list[Item]]:
    """The claims that remain beside the records that have their URLs, and the records that give way.

    Adds to `notices` why the other claims do not remain.
    """
    holders = {holder.id: holder for holder in items.find_many(holder_ids.values())}
    remaining: list[Claim] = []
    yielding: list[Item] = []
    for claim in claims:
        holder = holders.get(holder_ids.get(claim.item.id, ""))
        if holder is None:
            remaining.append(claim)
        elif notice := duplicate_notice(holder, claim.item):
            notices.append(notice)
        else:
            remaining.append(replace(claim, previous=holder))
            yielding.append(holder)
    return remaining, yielding


def _remove_surplus(replaced: Mapping[str, Item]) -> dict[str, Item]:
    """As many of the records as fit into a transaction beside a batch; the others are removed here."""
    holders = list(replaced.items())
    for _, holder in holders[_MOST_REPLACED:]:
        with suppress(Conflict):  # it was changed meanwhile, and is looked at again
            apply([Change(holder, None)])
    return dict(holders[:_MOST_REPLACED])


def duplicate_notice(holder: Item, item: Item) -> event.Event | None:
    """Why `holder`'s record of the URL stays and `item` does not become one; None when it gives way."""
    if holder.shelf is Shelf.QUEUE:
        return in_queue_event(holder, item)
    if item.archive and holder.archive_id and archive.find_present(item.archive, [holder.archive_id]):
        return already_downloaded_event(item, holder.archive_id)
    if item.extras.get("source_handler") == TIMER_SOURCE and holder.status is Status.FINISHED:
        # A watched source fetches nothing twice, also where no archive marks what it has (downloads.md 5.8).
        message = f"The URL '{item.url}' is already downloaded."
        return event.log(event.Name.LOG_INFO, "Already Downloaded", message, preset=item.preset, lowPriority=True)
    return None


def in_queue_event(holder: Item, item: Item) -> event.Event:
    message = f'Item id="{holder.source_id or holder.id}", title="{holder.title}" is already in download queue.'
    return event.log(event.Name.LOG_INFO, "Already In Queue", message, preset=item.preset)


def already_downloaded_event(item: Item, archive_id: str) -> event.Event:
    message = f"The URL '{item.url}':'{archive_id}' is already downloaded and recorded in archive."
    return event.log(event.Name.LOG_INFO, "Already Downloaded", message, preset=item.preset)
