"""Names for the files of a download: each belongs to one source, so that no download replaces another's file."""

from dlambda.domain.items.item import Item
from dlambda.domain.paths.paths import object_key
from dlambda.store.files import filename_claims
from dlambda.usecases.files.folders import holds_stem


class NameClaims:
    """The names that one download claims in its item's folder."""

    def __init__(self, item: Item) -> None:
        self._folder = item.folder.strip("/")
        self._source = item.source_key
        self._claimed: set[str] = set()

    def claim_if_free(self, stem: str) -> bool:
        """Claims a name without extension. False when another source has it, or a file that none of ours claimed.

        What this source has claimed before is its own to replace, also what it left when it crashed. Raises `Invalid`
        for a name that no object can have.
        """
        path = f"{self._folder}/{stem}" if self._folder else stem
        object_key(path)
        # Looked at before it is claimed: else a crash in between would leave the file for one of ours.
        if holds_stem(path):
            return filename_claims.is_of(path, self._source)
        if not filename_claims.claim(path, self._source):
            return False
        self._claimed.add(path)
        return True

    def release_unused(self) -> None:
        """Gives back the names that this download has used for no file."""
        filename_claims.release(path for path in self._claimed if not holds_stem(path))
        self._claimed.clear()
