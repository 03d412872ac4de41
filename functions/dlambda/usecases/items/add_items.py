"""Accepts what clients want: checked at once, a record at once, everything else behind the intake queue."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from dlambda.aws import queue
from dlambda.deployment import current
from dlambda.domain.items.item import Item, Shelf
from dlambda.domain.items.request import Request
from dlambda.domain.paths.home import at_home
from dlambda.domain.paths.paths import resolve_folder
from dlambda.domain.secrets.extra_secrets import unmask_extras
from dlambda.domain.secrets.mask import MASK
from dlambda.domain.ytdlp.option_secrets import unmask_options
from dlambda.media.sandbox.guard import check_url
from dlambda.store.items import item_rows, items
from dlambda.store.items.commit import BATCH, Change
from dlambda.usecases.events.publish import publish
from dlambda.usecases.items.claim_urls import Claim, claim_urls, in_queue_event
from dlambda.usecases.items.daily_limit import check_daily_limit
from dlambda.usecases.items.intake_message import add_message, entry_message
from dlambda.usecases.items.options import archive_named, part_named
from dlambda.usecases.rules.input_rules import input_rules
from dlambda.usecases.rules.presets import check_preset, preset_for

WAIT_SECONDS = 10.0
_MOST_AT_ONCE = 20
_LOOK_SECONDS = (0.03, 0.05, 0.1, 0.2)


@dataclass(frozen=True, slots=True)
class Added:
    """The outcome of a request. `item` is None when its URL is known already; then `known_id` is the record's `_id`.

    `message`: why the pipeline refused it; `trouble`: what failed so far of one that is accepted and tried again.
    """

    request: Request
    item: Item | None
    known_id: str | None = None
    message: str | None = None
    trouble: str | None = None

    @property
    def item_id(self) -> str | None:
        """The `_id` of the record that its URL has, new or not."""
        return self.item.id if self.item else self.known_id


def check_request(request: Request) -> None:
    """Checks by look-up: the preset exists, the address is public. Raises with `downloads.md` 2.1's texts."""
    check_preset(request.preset)
    check_url(request.url, allow_internal=current().settings.allow_internal_urls)


def add_items(requests: Sequence[Request]) -> list[Added]:
    """Makes a record of each request, in their order, and wakes the intake. All have passed `check_request`.

    Raises `TooMany` when one of their users may bring nothing more today, `Invalid` when one is larger than a record
    may be; nothing is stored then.
    """
    check_daily_limit(request.owner for request in requests)
    batch_id = f"batch_{current().new_uuid().hex}" if len(requests) > 1 else None
    new_items: list[Item] = []
    for number, request in enumerate(requests):
        extras = dict(request.extras)
        if batch_id:
            extras |= {"batch_id": batch_id, "batch_index": number, "batch_total": len(requests)}
        new_items.append(new_item(request.evolve(extras=extras)))
    for item in new_items:
        item_rows.check_size(item)
    items_by_id = {item.id: item for item in insert_items(new_items)}
    # Many at once wait where entries of playlists do: a single one of somebody else is not behind them.
    message = add_message if len(items_by_id) <= _MOST_AT_ONCE else entry_message
    queue.send_many(message(item) for item in items_by_id.values())
    repeated = [item.key_of(item.posted_url) for item in new_items if item.id not in items_by_id]
    holders = items.find_holders(repeated) if repeated else {}
    return [
        Added(request, items_by_id.get(item.id), holders.get(item.key_of(item.posted_url)))
        for request, item in zip(requests, new_items, strict=True)
    ]


def new_item(request: Request) -> Item:
    """The record of a request that nobody has looked at yet: its title is its URL."""
    settings = current().settings
    preset = preset_for(request.preset)
    folder = at_home(request.home, request.folder or resolve_folder(preset.folder, input_rules()))
    return Item(
        id=str(current().new_uuid()),
        owner=request.owner,
        home=request.home,
        url=request.url,
        posted_url=request.url,
        title=request.url,
        preset=request.preset or preset.name,
        folder=folder,
        download_dir="/".join(part for part in (settings.download_path.rstrip("/"), folder) if part),
        temp_dir=settings.temp_path,
        template=request.template or preset.template or settings.output_template,
        template_chapter=settings.output_template_chapter,
        cookies=request.cookies,
        cli=request.cli,
        auto_start=request.auto_start,
        extras=dict(request.extras),
        requeued=request.requeued,
        timestamp=current().clock.time_ns(),
        stored_at=current().clock.time(),
        archive=archive_named(preset.cli, request.cli),
        part=part_named(preset.cli, request.cli),
    )


def again(record: Item) -> Item:
    """The item that makes a record's request once more: with its cookies, as the entry that it was, under a new id."""
    extras = {key: value for key, value in record.extras.items() if key not in {"live_in", "is_live"}}
    return new_item(record.request().evolve(extras=extras)).evolve(title=record.title, origin=record.origin)


def insert_items(new_items: Sequence[Item]) -> list[Item]:
    """Stores new items and tells everyone; answers those that are records now.

    A URL that is in the queue makes no second record; one of the history is replaced, unless it is in the archive.
    """
    entered: list[Item] = []
    for start in range(0, len(new_items), BATCH):
        entered += claim_urls(_without_repeats(new_items[start : start + BATCH]), _enter)
    return entered


def _enter(claims: Sequence[Claim]) -> list[Change]:
    return [Change(None, restore_masked_secrets(claim.item, claim.previous)) for claim in claims]


def _without_repeats(batch: Sequence[Item]) -> list[Item]:
    """Items whose URL is not that of one before them, which is told as for any URL that is in the queue."""
    first: dict[str, Item] = {}
    for item in batch:
        key = item.key_of(item.posted_url)
        if first.setdefault(key, item) is not item:
            publish(in_queue_event(first[key], item))
    return list(first.values())


def restore_masked_secrets(item: Item, previous: Item | None) -> Item:
    """A mask that a client sends back means what the URL's record had, or nothing (contract README, Secrets)."""
    cookies = item.cookies if item.cookies != MASK else previous.cookies if previous else ""
    cli = unmask_options(item.cli, previous.cli if previous else "")
    return item.evolve(cookies=cookies, cli=cli, extras=unmask_extras(item.extras, previous.extras if previous else {}))


def wait_for(outcomes: Iterable[Added], seconds: float = WAIT_SECONDS) -> list[Added]:
    """The same, after their extraction, or after `seconds` with success as accepted (contract README, Adding)."""
    deadline = current().clock.monotonic() + seconds
    return [_wait(entry, entry.item, deadline) if entry.item else entry for entry in outcomes]


def _wait(outcome: Added, item: Item, deadline: float) -> Added:
    """Looks until the item is extracted, refused, or known not to be by then."""
    looks = iter(_LOOK_SECONDS)
    trouble: str | None = None
    while (seconds_left := deadline - current().clock.monotonic()) > 0:
        now = items.find(item.id)
        if now is None or now.extracted:
            return outcome
        if now.shelf is Shelf.DONE:
            return replace(outcome, message=now.error or (now.msg if now.expansion.brought_nothing else None))
        trouble = now.error or trouble  # a try that is under way has none of its own yet
        if now.attempt.retry_at - current().clock.time() > seconds_left:
            break
        current().clock.sleep(min(seconds_left, next(looks, _LOOK_SECONDS[-1])))
    return replace(outcome, trouble=trouble)
