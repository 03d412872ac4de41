"""The life of an item as its functions write it, from the add to the history, with the store alone."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from dlambda.deployment import current
from dlambda.domain.items.item import Item, Status
from dlambda.errors import Conflict
from dlambda.store.files import filename_claims
from dlambda.store.items import items, leases, slots
from dlambda.store.items.commit import Change, commit
from dlambda.store.table import TABLE_ERRORS

T = TypeVar("T")
_EXTRACTORS = (
    "youtube", "vimeo", "twitch", "soundcloud", "archiveorg", "bandcamp", "reddit", "dailymotion", "generic", "ardmediathek",
)  # fmt: skip
_DESCRIPTION = "What a page says of a video, of its makers, and of where else they are to be found."
_REDELIVERY_SECONDS = 1.0


@dataclass
class Tally:
    """What became of all lives."""

    finished: int = 0
    with_failed_steps: int = 0
    failed_steps: int = 0
    seconds: list[float] = field(default_factory=list)


def live(name: str, random: Random, tally: Tally) -> None:
    """Adds an item, extracts it, downloads it, and moves it to the history.

    A step that fails, although the store has tried again, is made once more a second later: by its message, or its user.
    """
    before, began = tally.failed_steps, current().clock.monotonic()
    item = _step(tally, lambda: _add(_new(name)))
    extractor = random.choice(_EXTRACTORS)
    item = _step(tally, lambda: _extract(item.id, extractor))
    _step(tally, lambda: _download(item.id))
    tally.finished += 1
    tally.with_failed_steps += tally.failed_steps > before
    tally.seconds.append(current().clock.monotonic() - began)


def _step(tally: Tally, act: Callable[[], T]) -> T:
    while True:
        try:
            return act()
        except (Conflict, *TABLE_ERRORS):
            tally.failed_steps += 1
        current().clock.sleep(_REDELIVERY_SECONDS)


def _new(name: str) -> Item:
    url = f"https://short.example/{name}"
    now = current().clock.time()
    return Item(
        id=str(current().new_uuid()), url=url, posted_url=url, title=url, preset="default", timestamp=int(now * 1e9),
        stored_at=now, download_dir="/downloads", temp_dir="/tmp", template="%(title)s.%(ext)s",
    )  # fmt: skip


def _commit(change: Change) -> Item:
    after = commit([change])[0].after
    assert after
    return after


def _add(item: Item) -> Item:
    return _commit(Change(None, item))


def _extract(item_id: str, extractor: str) -> Item:
    """Intake, under a lease."""
    lease = _acquire(item_id, leases.Work.INTAKE)
    before = items.get(item_id)
    if before.is_waiting:
        return before
    name = before.url.rpartition("/")[2]
    after = before.evolve(
        url=f"https://video.example/watch/{name}", title=f"A film that is called {name}", source_id=name,
        description=_DESCRIPTION, extras={"duration": 61, "uploader": "Somebody", "thumbnail": f"https://i.example/{name}"},
        archive_id=f"{extractor} {name}", extracted=True, info_at=current().clock.time(),
    )  # fmt: skip
    with leases.released_on_failure(lease):
        extracted = _commit(Change(before, after, lease))
    _wake(extracted)
    return extracted


def _download(item_id: str) -> None:
    """A slot, its file's name, and the end. Progress is left out: how much of it there is depends on the file."""
    item = items.get(item_id)
    lease = _acquire(item_id, leases.Work.DOWNLOAD)
    if item.is_waiting:
        item = _commit(Change(item, item.evolve(status=Status.PREPARING), lease))
    filename_claims.claim(f"films/{item.title}", item.source_key)
    ended = item.ended(Status.FINISHED, current().clock.time(), filename=f"{item.title}.mp4", file_size=1_000_000)
    commit([Change(item, ended, lease)])
    _wake(item)


def _acquire(item_id: str, work: leases.Work) -> leases.Lease:
    lease = leases.acquire(item_id, item_id, current().clock.time(), work=work)
    assert lease
    return lease


def _wake(item: Item) -> None:
    """What a dispatch reads: the slots, and who waits for them, if anybody does."""
    if slots.read().waiting.get(item.lane):
        items.list_waiting(item.lane, 10)
