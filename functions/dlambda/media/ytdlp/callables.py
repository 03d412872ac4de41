"""Parameters of yt-dlp that are functions, as values: they can be pickled, compared and shown."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_SLEEP_KEYS = r"http|fragment|file_access|extractor"
_SLEEP_PREFIX = re.compile(rf"(?is)(?P<keys>({_SLEEP_KEYS})(,({_SLEEP_KEYS}))*):(?P<value>.*)$")
_NUMBER = r"\d+(?:\.\d+)?"
_SLEEP = re.compile(rf"(?:(linear|exp)=)?({_NUMBER})(?::({_NUMBER})?)?(?::({_NUMBER}))?")


@dataclass(frozen=True)
class MatchFilter:
    """`--match-filters` and `--break-match-filters`, called as yt-dlp calls them."""

    filters: tuple[str, ...] = ()
    breaking: tuple[str, ...] = ()

    def __call__(self, info: Mapping[str, Any], incomplete: bool = False) -> Any:
        # Only workers call it, and they have yt_dlp.
        from yt_dlp.utils import match_filter_func

        return match_filter_func(list(self.filters), list(self.breaking))(info, incomplete)


@dataclass(frozen=True)
class RetrySleep:
    """`--retry-sleep`: seconds before the n-th retry, `[linear|exp=]START[:END[:STEP]]`."""

    expression: str

    def __str__(self) -> str:
        return self.expression

    def __call__(self, n: int) -> float:
        parts = _SLEEP.fullmatch(self.expression.strip())
        if parts is None:
            return 0.0
        kind, start, limit, step = parts.groups()
        longest = float(limit) if limit else math.inf
        if kind == "exp":
            return min(float(start) * float(step or 2) ** n, longest)
        growth = float(step or (start if kind or limit else 0))
        return min(float(start) + growth * n, longest)


def sleep_expressions(values: Iterable[str]) -> dict[str, str]:
    """The expression of each kind of retry in the values of `--retry-sleep`; the last one counts."""
    expressions: dict[str, str] = {}
    for value in values:
        match = _SLEEP_PREFIX.match(value)
        keys = match.group("keys").lower().split(",") if match else ["http"]
        expressions.update(dict.fromkeys(keys, match.group("value") if match else value))
    return expressions
