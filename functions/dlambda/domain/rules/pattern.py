"""Regular expressions that users write: bounded in length and in time.

The package `regex` reads the syntax of `re` and can stop a search, which `re` cannot: a pattern such as `(a+)+$` would
hold a function until it is killed.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from dlambda.errors import Invalid

if TYPE_CHECKING:
    import regex

MAX_LENGTH: Final = 2000
SEARCH_SECONDS: Final = 1.0
MULTI_LINE_DOT_ALL: Final = int(re.MULTILINE | re.DOTALL)  # regex gives them the same numbers


def compile_pattern(text: str, flags: int = 0) -> "regex.Pattern[str]":
    """Raises `Invalid` with the reason."""
    import regex  # few filters and definitions have a pattern

    if len(text) > MAX_LENGTH:
        raise Invalid(f"longer than {MAX_LENGTH} characters")
    try:
        return regex.compile(text, flags)
    except (regex.error, RecursionError, OverflowError) as error:
        raise Invalid(str(error)) from None


def begins(pattern: "regex.Pattern[str]", text: str, seconds: float = SEARCH_SECONDS) -> bool:
    """True if `pattern` matches at the start of `text`; no when it cannot tell within `seconds`."""
    try:
        return pattern.match(text, timeout=seconds) is not None
    except TimeoutError:
        return False


def find(pattern: "regex.Pattern[str]", text: str) -> "regex.Match[str] | None":
    """The first match; None when there is none or it cannot be told in time."""
    try:
        return pattern.search(text, timeout=SEARCH_SECONDS)
    except TimeoutError:
        return None


def find_all(pattern: "regex.Pattern[str]", text: str, seconds: float) -> Iterator["regex.Match[str]"]:
    """All matches that are found within `seconds`."""
    try:
        yield from pattern.finditer(text, timeout=seconds)
    except TimeoutError:
        return


def group(match: "regex.Match[str]", name: str) -> str | None:
    """The group of that name, or of that number when `name` is digits. Raises `KeyError` when there is none."""
    if name.isascii() and name.isdigit():
        number = int(name)
        if number > match.re.groups:
            raise KeyError(name)
        return match.group(number)
    if name not in match.re.groupindex:
        raise KeyError(name)
    return match.group(name)


def best_group(match: "regex.Match[str]") -> str:
    """The first named group that is not empty, else group 1, else the whole match."""
    group = next((value for value in match.groupdict().values() if value), None)
    if group is not None:
        return str(group)
    if match.re.groups:
        return match.group(1) or ""
    return str(match.group(0))
