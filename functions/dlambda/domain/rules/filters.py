"""Filters over extracted metadata: the entry to the filter language (docs/contract/rules.md 4).

compile_filter("duration>10m & !is_live").matches({"duration": 700, "is_live": False})  # True
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from dlambda.domain.rules.filter_language.evaluator import Data, Evaluate, build
from dlambda.domain.rules.filter_language.parser import parse
from dlambda.domain.rules.filter_language.pattern import SEARCH_SECONDS, Stopwatch
from dlambda.domain.rules.filter_language.tree import FilterError, Node

__all__ = ["Filter", "FilterError", "compile_filter"]

_KEPT: Final = 2_048
"""Compiled filters per process: far more than anybody has conditions."""


@dataclass(frozen=True)
class Filter:
    """A filter that has been read and checked."""

    tree: Node
    _evaluate: Evaluate = field(repr=False, compare=False)

    def matches(self, data: Data, *, search_seconds: float = SEARCH_SECONDS) -> bool:
        """True if `data` passes. `search_seconds` bounds what all its regular expressions may take together.

        Raises `FilterError` where `data` has something that the filter cannot be compared with, and when time is up.
        """
        return self._evaluate(data, Stopwatch(search_seconds))


@lru_cache(maxsize=_KEPT)
def compile_filter(text: str) -> Filter:
    """Reads and checks `text`. Raises `FilterError` with the texts of rules.md 4.1."""
    tree = parse(text)
    return Filter(tree, build(tree))
