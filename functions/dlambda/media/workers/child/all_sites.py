"""Tells the warm process that a page has made one of its children load the extractors of all sites.

A page that no site claims does: all of them look for their players in it.
"""

import mmap
import sys
from typing import Final

_MANY: Final = 500
_PREFIX: Final = "yt_dlp.extractor."
_flag: Final = mmap.mmap(-1, 1)
"""A byte that a process shares with those forked from it."""


def note() -> None:
    """Called in a child that has read a page."""
    if sum(name.startswith(_PREFIX) for name in sys.modules) > _MANY:
        _flag[0] = 1


def were_loaded() -> bool:
    """True once a child has said so."""
    return bool(_flag[0])
