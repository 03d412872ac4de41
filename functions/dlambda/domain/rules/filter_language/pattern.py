"""Regular expressions inside filters, bounded in time: all those of one filter together.

The `regex` package (`domain.rules.pattern`) and not RE2: filters in use look around (`^(?!.*live)`), which RE2 cannot.
"""

import time
from typing import TYPE_CHECKING, Final, TypeAlias

from dlambda.domain.rules import pattern
from dlambda.domain.rules.filter_language.tree import FilterError
from dlambda.errors import Invalid

if TYPE_CHECKING:
    import regex

SEARCH_SECONDS: Final = 0.5
"""For all patterns of one filter over one set of data."""

Pattern: TypeAlias = "regex.Pattern[str]"


def compile_pattern(text: str, position: int | None = None) -> Pattern:
    """`text` as Python's `re` reads it. `position`: of the test in its filter, for the error."""
    try:
        return pattern.compile_pattern(text)
    except Invalid as error:
        raise FilterError(f"Invalid regular expression '{text}': {error.message}", position) from None


class Stopwatch:
    """The time that is left for the patterns of one filter."""

    __slots__ = ("_end",)

    def __init__(self, seconds: float = SEARCH_SECONDS) -> None:
        self._end = time.perf_counter() + seconds

    def search(self, pattern: Pattern, text: str) -> bool:
        """True if `pattern` is found anywhere. Raises `FilterError` when the time is up."""
        seconds = self._end - time.perf_counter()
        try:
            if seconds > 0:
                return pattern.search(text, timeout=seconds) is not None
        except TimeoutError:
            pass
        raise FilterError(f"The regular expression '{pattern.pattern}' took too long.")
