"""Regular expressions of users, bounded in time.

The `regex` package and not RE2: filters in use look around (`^(?!.*live)`), which RE2 cannot, and `regex` reads what
`re` reads. It watches the clock while it searches, so a pattern that backtracks for ever ends in `TimeoutError`; `re`
would hold the process, and a thread around it could not be ended.
"""

import time
from typing import Final

import regex

from dlambda.domain.filter_language.tree import FilterError

SEARCH_SECONDS: Final = 0.5
"""For all patterns of one filter over one set of data."""

Pattern = regex.Pattern[str]


def compile_pattern(text: str, position: int | None = None) -> Pattern:
    """`text` as Python's `re` reads it. `position`: of the test in its filter, for the error."""
    try:
        return regex.compile(text, regex.VERSION0)
    except (regex.error, RecursionError, OverflowError) as error:
        raise FilterError(f"Invalid regular expression '{text}': {error}", position) from None


class Stopwatch:
    """The time that is left for the patterns of one filter."""

    __slots__ = ("_end",)

    def __init__(self, seconds: float = SEARCH_SECONDS) -> None:
        self._end = time.perf_counter() + seconds

    def search(self, pattern: Pattern, text: str) -> bool:
        """Whether `pattern` is found anywhere. Raises `FilterError` when the time is up."""
        left = self._end - time.perf_counter()
        try:
            if left > 0:
                return pattern.search(text, timeout=left) is not None
        except TimeoutError:
            pass
        raise FilterError(f"The regular expression '{pattern.pattern}' took too long.")
