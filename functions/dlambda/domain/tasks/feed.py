"""Entries that a handler reads from a feed or page (docs/contract/tasks.md 6, 7). Values only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from dlambda.domain.items.feed_identity import entry_archive_id, place_of, with_guid
from dlambda.domain.items.request import Request

_GENERIC: Final = "generic "
_TOLD: Final = ("timestamp", "season_number", "episode_number", "episode", "duration")


@dataclass(frozen=True)
class FeedItem:
    """An entry of a feed. `archive_id` is None when nobody knows it yet.

    `other_archive_ids` are further forms under which a finished download of it may stand in the archive. `info` is what
    its page said at `info_at` (unix seconds), where it had to be read; the item's intake need not read it again.
    `guid` is the feed's own name for the entry, `is_file`: `url` is its sound or film and no page. `told` are fields,
    under yt-dlp's names, that win over what `url` leads to.
    """

    url: str
    title: str = ""
    archive_id: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    thumbnail: str = ""
    description: str = ""
    other_archive_ids: tuple[str, ...] = ()
    info: Mapping[str, Any] | None = field(default=None, repr=False, compare=False)
    info_at: float = field(default=0.0, compare=False)
    guid: str = ""
    is_file: bool = False
    told: Mapping[str, Any] = field(default_factory=dict)

    def request(self, task_request: Request) -> Request:
        """The request for the entry: that of its task, with the entry's URL and metadata."""
        extras = task_request.extras
        return task_request.evolve(
            url=self.url, extras={**extras, "metadata": dict(self.metadata)} if self.metadata else extras
        )

    @property
    def identity(self) -> str | None:
        """By which a sweep knows it again; None without archive id."""
        return self._identity_of(self.archive_id) if self.archive_id else None

    @property
    def identities(self) -> tuple[str, ...]:
        """The identity of each archive id."""
        return tuple(self._identity_of(archive_id) for archive_id in self.archive_ids)

    def _identity_of(self, archive_id: str) -> str:
        """The archive id; with the place where it is only the name of a page's file, as the generic extractor's is."""
        if self.guid or self.is_file or not archive_id.startswith(_GENERIC):
            return archive_id
        return f"{archive_id} {place_of(self.url)}"

    @property
    def feed_archive_id(self) -> str | None:
        """The archive id of a file that the feed names; None for a page, whose own id may be another."""
        return (entry_archive_id(self.url, self.guid) or None) if self.is_file else None

    @property
    def hinted_url(self) -> str:
        """The URL for yt-dlp, with a hint that makes its generic extractor take the guid for the id."""
        return with_guid(self.url, self.guid)

    def telling(self) -> "FeedItem":
        """As an entry of a feed, whose own fields win over those of its file or page, as in yt-dlp's reader of RSS."""
        own = {"title": self.title, "description": self.description, "thumbnail": self.thumbnail}
        fields = own | {name: self.metadata.get(name) for name in _TOLD}
        return replace(self, told={name: value for name, value in fields.items() if value not in ("", None)})

    @property
    def archive_ids(self) -> tuple[str, ...]:
        return (self.archive_id, *self.other_archive_ids) if self.archive_id else self.other_archive_ids

    def view(self, *, is_archived: bool = False) -> dict[str, Any]:
        """The item as `inspect` answers it."""
        return {
            "url": self.url,
            "title": self.title,
            "archive_id": self.archive_id,
            "metadata": dict(self.metadata),
            "thumbnail": self.thumbnail,
            "description": self.description,
            "is_archived": is_archived,
        }


@dataclass(frozen=True)
class Feed:
    """The result of a fetch; `metadata` says where and how much."""

    items: tuple[FeedItem, ...]
    metadata: Mapping[str, Any] = field(default_factory=dict)


def with_own_guids(items: Sequence[FeedItem]) -> tuple[FeedItem, ...]:
    """Without the guids that several entries share: they tell none of them apart."""
    addresses: dict[str, set[str]] = {}
    for item in items:
        addresses.setdefault(item.guid, set()).add(item.url)
    return tuple(replace(item, guid="") if len(addresses[item.guid]) > 1 else item for item in items)
