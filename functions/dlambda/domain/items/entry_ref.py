"""References to entries of a list, where an item's address alone does not name one (downloads.md 5.4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class EntryRef:
    """The entry that is meant, where an address says more than one.

    `fields`: what the list tells of the entry; they win over what its address says. `ie_key`: the extractor that the
    list names. `label` and `index` (from 1): the entry that is to be picked out of the list behind the address.
    """

    fields: Mapping[str, Any] = field(default_factory=dict)
    ie_key: str = ""
    label: str = ""
    index: int = 0

    def __bool__(self) -> bool:
        return bool(self.fields or self.ie_key or self.label)
