"""The download archive that an item's options name, as its worker asks it."""

from collections.abc import Container, Sequence
from typing import Self

from dlambda.domain.items.item import Item
from dlambda.store.items import archive


class ItemArchive(Container[str]):
    """Answers `in` from the archive's table, as yt-dlp asks its file.

    An id that the item has from its feed stands for the one that yt-dlp takes from a file's name.
    """

    def __init__(self, key: str, own_id: str | None, old_ids: Sequence[str]) -> None:
        self._key = key
        self._own_id = own_id
        self._old_ids = old_ids

    @classmethod
    def find(cls, item: Item) -> Self | None:
        """The archive of `item`; None when its options name none."""
        if not item.archive_key:
            return None
        own_id = item.archive_id if item.archive_id == item.entry_archive_id else None
        return cls(item.archive_key, own_id, item.old_archive_ids)

    def __contains__(self, archive_id: object) -> bool:
        return bool(archive.find_present(self._key, [self._own_id or str(archive_id)]))

    def add(self, archive_ids: Sequence[str], now: float) -> None:
        """Records what was downloaded, under all ids that it has or had; nothing without `archive_ids`."""
        if archive_ids:
            archive.add(self._key, [*([self._own_id] if self._own_id else archive_ids), *self._old_ids], now)
