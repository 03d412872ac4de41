"""Makes items the owners of their URLs; a record that has one of them stays or gives way (contract README, Adding)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from dlambda.domain.events import event
from dlambda.domain.items.item import Item, Shelf, Status
from dlambda.domain.tasks.task import TIMER_SOURCE
from dlambda.errors import Conflict
from dlambda.store.items import archive, items, leases
from dlambda.store.items.batches import MOST_BYTES, most_bytes
from dlambda.store.items.commit import Change, UrlTaken
from dlambda.usecases.events.apply_changes import apply

_TRIES = 5
# Each takes three to four operations of a transaction, and a batch needs most of the rest. A member's stands in two
# lists.
_MOST_REPLACED = 8
_MOST_REPLACED_OF_MEMBERS = 4


@dataclass(frozen=True, slots=True)
class Claim:
    """An item that wants its URLs. `replaced`: the history records that give way to it.

    `notice`: why it becomes no record, None if it does.
    """

    item: Item
    replaced: tuple[Item, ...] = ()
    notice: event.Event | None = None

    @property
    def previous(self) -> Item | None:
        """The history record that gives way to it, if any."""
        return self.replaced[-1] if self.replaced else None


@dataclass(frozen=True, slots=True)
class Commit:
    """The result of one transaction: the items that it wrote. `later`: the claims left for the next one, in order."""

    items: list[Item]
    later: list[Claim]


def claim_urls(
    claimants: Sequence[Item],
    changes_of: Callable[[Sequence[Claim]], Sequence[Change]],
    *,
    first: Sequence[event.Event] = (),
) -> list[Item]:
    """Commits `changes_of` the claims that can be met, and tells everyone; answers the items after it.

    Takes as many transactions as `claim_next` needs. What is committed stays when a later one raises `Conflict`.
    """
    result = claim_next([Claim(item) for item in claimants], lambda claims, _: changes_of(claims), first=first)
    stored_items = result.items
    while result.later:
        result = claim_next(result.later, lambda claims, _: changes_of(claims))
        stored_items += result.items
    return stored_items


def claim_next(
    claims: Sequence[Claim],
    changes_of: Callable[[Sequence[Claim], Sequence[Claim]], Sequence[Change]],
    *,
    first: Sequence[event.Event] = (),
) -> Commit:
    """Commits in one transaction the claims that it has place for, from the first on.

    `changes_of` gets those that can be met, and those that come later. A claim whose URL has a record that stays is
    left out, with its notice after the events `first`. A record that gives way goes in the transaction of its
    successor, so that no URL is lost in between. Raises `Conflict` while others change the records without end.
    """
    for _ in range(_TRIES):
        batch, later = _split(claims) if len(claims) > 1 else (claims, [])
        accepted = [claim for claim in batch if claim.notice is None]
        notices = [*first, *(claim.notice for claim in batch if claim.notice)]
        replaced = {record.id: record for claim in accepted for record in claim.replaced}
        changes = [*(Change(record, None) for record in replaced.values()), *changes_of(accepted, later)]
        try:
            return Commit(apply(changes, first=notices), later)
        except UrlTaken as conflict:
            claims = _judge(claims, conflict.holders)
        except leases.Lost:
            raise
        except Conflict:
            if not replaced:
                raise
            claims = [replace(claim, replaced=()) for claim in claims]  # one was changed meanwhile: look again
    raise Conflict("The records of these URLs are being changed by others.")


def _split(claims: Sequence[Claim]) -> tuple[Sequence[Claim], list[Claim]]:
    """The claims of the next transaction, and the later ones: from the first on, until too many records give way, or
    the rows are too large for it.

    All claims that one record gives way to go together, wherever they stand: it has a URL of each.
    """
    batch: list[Claim] = []
    later: list[Claim] = []
    leaving: set[str] = set()
    size_bytes = 0
    for claim in claims:
        record_ids = {record.id for record in claim.replaced}
        limit = _MOST_REPLACED_OF_MEMBERS if claim.item.owner else _MOST_REPLACED
        claim_bytes = sum(map(most_bytes, (claim.item, *claim.replaced)))
        has_room = not batch or size_bytes + claim_bytes <= MOST_BYTES
        has_place = not later and has_room and len(leaving | record_ids) <= limit
        if has_place or not leaving.isdisjoint(record_ids):
            batch.append(claim)
            leaving |= record_ids
            size_bytes += claim_bytes
        else:
            later.append(claim)
    return batch, later


def _judge(claims: Sequence[Claim], holder_ids: Mapping[str, str]) -> list[Claim]:
    """The claims, each with the record that has its URL and gives way, or with the notice that the record stays."""
    holders = {holder.id: holder for holder in items.find_many(holder_ids.values())}
    judged: list[Claim] = []
    for claim in claims:
        holder = holders.get(holder_ids.get(claim.item.id, ""))
        if holder is None:
            judged.append(claim)
        elif notice := duplicate_notice(holder, claim.item):
            judged.append(replace(claim, replaced=(), notice=notice))
        else:
            judged.append(replace(claim, replaced=(*claim.replaced, holder)))
    return judged


def duplicate_notice(holder: Item, item: Item) -> event.Event | None:
    """Why `holder`'s record of the URL stays and `item` does not become one; None when it gives way."""
    if holder.shelf is Shelf.QUEUE:
        return in_queue_event(holder, item)
    if item.archive_key and holder.archive_id and archive.find_present(item.archive_key, [holder.archive_id]):
        return already_downloaded_event(item, holder.archive_id)
    if item.extras.get("source_handler") == TIMER_SOURCE and holder.status is Status.FINISHED:
        # A watched source fetches nothing twice, also where no archive marks what it has (downloads.md 5.8).
        message = f"The URL '{item.url}' is already downloaded."
        return event.log(
            event.Name.LOG_INFO, "Already Downloaded", message, owner=item.owner, preset=item.preset, lowPriority=True
        )
    return None


def in_queue_event(holder: Item, item: Item) -> event.Event:
    message = f'Item id="{holder.source_id or holder.id}", title="{holder.title}" is already in download queue.'
    return event.log(event.Name.LOG_INFO, "Already In Queue", message, owner=item.owner, preset=item.preset)


def already_downloaded_event(item: Item, archive_id: str) -> event.Event:
    message = f"The URL '{item.url}':'{archive_id}' is already downloaded and recorded in archive."
    return event.log(event.Name.LOG_INFO, "Already Downloaded", message, owner=item.owner, preset=item.preset)
