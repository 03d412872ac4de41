"""Free space on the scratch folder's volume: downloads end before they take the last of it, which the tables, other
downloads and the answer to a cancel need (docs/contract/system.md 10, `disk_reserve_mb`).
"""

import errno
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dlambda.domain.items.failure import FailureKind, classify

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_MB = 1_000_000
# A reserve is no more than this part of the volume: small ones, such as a function's, would have no space else.
_PART = 20
_LEAST_BYTES = 10 * _MB


@dataclass(frozen=True, slots=True)
class DiskSpace:
    """Bytes of a volume at one moment; `reserve` of them are to be kept free, 0: none."""

    free: int
    total: int
    reserve: int

    @property
    def available(self) -> int:
        """Bytes that downloads may still write."""
        return max(0, self.free - self.reserve)

    @property
    def least(self) -> int:
        """The fewest available bytes with which a download begins."""
        return min(_LEAST_BYTES, self.total // _PART)

    @property
    def low(self) -> bool:
        """True if no download begins."""
        return self.available < self.least

    def lacks(self, needed_bytes: int = 0) -> str | None:
        """Why `needed_bytes` further bytes do not fit, in words that `classify` knows; None when they do."""
        if self.reserve == 0 or self.free - needed_bytes >= self.reserve:
            return None
        sizes = f"{self.free / _MB:,.0f} MB are free, {self.reserve / _MB:,.0f} MB are to stay free"
        return (
            f"No space left on device: {sizes}{f', {needed_bytes / _MB:,.0f} MB are needed' if needed_bytes else ''}."
        )

    def never_holds(self, needed_bytes: int) -> str | None:
        """Why `needed_bytes` do not fit even when all else has gone, as a text for `classify`; None when they do."""
        maximum = self.total - self.reserve
        if self.reserve == 0 or needed_bytes <= maximum:
            return None
        return f"The file is larger than the scratch folder: {needed_bytes / _MB:,.0f} MB of {maximum / _MB:,.0f} MB."


def least_space(folders: Iterable[Path], reserve_bytes: int) -> DiskSpace:
    """The space of the volume, of those where `folders` lie, that has the fewest available bytes."""
    return min((disk_space_at(folder, reserve_bytes) for folder in folders), key=lambda space: space.available)


def disk_space_at(folder: Path, reserve_bytes: int) -> DiskSpace:
    """The space on the volume where `folder` lies, or will lie."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    return DiskSpace(usage.free, usage.total, min(reserve_bytes, usage.total // _PART))


def is_disk_full(error: BaseException) -> bool:
    """True if there is no space for what a step writes: the whole download waits for space then."""
    full = isinstance(error, OSError) and error.errno in _FULL
    return full or classify(str(error)).kind is FailureKind.DISK
