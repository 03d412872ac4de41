"""What a handler reads from a feed or page (docs/contract/tasks.md 6, 7). Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from dlambda.domain.files.sidecar import is_media


@dataclass(frozen=True)
class FeedItem:
    """One entry. `archive_id` is None when nobody knows it yet.

    `other_archive_ids` are further forms under which a finished download of it may stand in the archive. `info` is what
    its page said at `info_at` (unix seconds), where it had to be read; the item's intake need not read it again.
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

    @property
    def identity(self) -> str | None:
        """By which a sweep knows it again; None without archive id."""
        return identity_of(self.archive_id, self.url) if self.archive_id else None

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
    """What one fetch found; `metadata` says where and how much."""

    items: tuple[FeedItem, ...]
    metadata: Mapping[str, Any] = field(default_factory=dict)


def identity_of(archive_id: str, url: str) -> str:
    """The archive id; with the place where it is only a file's name, as the generic extractor's is.

    The query counts unless the address names a media file: then it is likely a signature, which changes.
    """
    if not archive_id.startswith("generic "):
        return archive_id
    try:
        parts = urlsplit(url)
    except ValueError:
        return f"{archive_id} {url}"
    query = "" if is_media(parts.path) else parts.query
    return f"{archive_id} {parts.netloc}{parts.path}?{query}"
