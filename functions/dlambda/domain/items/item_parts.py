"""Parts of an item that belong together: where it comes from, its entries when it is a list, its present try.

Rows have the fields of all of them flat, beside the item's own (`domain.items.item_codec`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from dlambda.domain.items.entry_ref import EntryRef
from dlambda.domain.items.feed_identity import entry_archive_id, guid_of

STORED_AS: Final = "stored as"
"""Names a field in rows, where it has another name there."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The entry of a list or feed that an item stands for; without values for what was added by its own address."""

    hinted_url: str = ""  # what yt-dlp is given where that is more than the URL: a playlist's hints for its entry
    label: str = ""  # tells it apart from other entries of the same address
    ie_key: str = ""  # the extractor that a playlist names for its entry
    told: Mapping[str, Any] = field(default_factory=dict)  # fields of its entry that win over those of its address
    identity: str = ""  # by which the handler that queued it remembers it
    chain: tuple[str, ...] = ()  # URLs that led here: the recursion guard of downloads.md 5.2 row 3

    def reference(self, playlist_index: object) -> EntryRef:
        """The entry that is meant of its address."""
        index = playlist_index if isinstance(playlist_index, int) else 0
        return EntryRef(self.told, self.ie_key, "" if self.hinted_url else self.label, index)

    def archive_id(self, posted_url: str) -> str:
        """The archive id that its feed gives it; `""` for what no feed names."""
        guid = guid_of(self.hinted_url)
        return entry_archive_id(posted_url, guid) if guid or self.told else ""


@dataclass(frozen=True, slots=True)
class Expansion:
    """How far a list has become items; its entries lie beside its extraction. Without values for what is no list."""

    entries: int = 0
    expanded: int = 0  # how many of them were looked at
    queued: int = 0  # how many of these came into the queue
    brought_nothing: bool = False  # it ended without a record of an entry

    def advanced(self, looked_at: int, queued: int) -> "Expansion":
        """The expansion when so many more entries were looked at, of which `queued` came into the queue."""
        return replace(self, expanded=self.expanded + looked_at, queued=self.queued + queued)


@dataclass(frozen=True, slots=True)
class Attempt:
    """The present try of an item: what it does otherwise than the first one, and when it begins."""

    failed_before: int = field(default=0, metadata={STORED_AS: "attempts"})  # tries, and each was made again
    remedies: tuple[str, ...] = ()  # in effect, in the order in which they came
    proxies: tuple[str, ...] = ()  # ids of those of the pool that it was tried with; the last one counts
    remedy: str | None = None  # what it does otherwise than the one before
    retry_at: float = 0.0  # waits until then; 0: waits for no time
