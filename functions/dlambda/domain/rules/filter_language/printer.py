"""Tree to text: the canonical form, and the AND-only filters that yt-dlp's own `--match-filters` takes."""

import re
from typing import Final

from dlambda.domain.rules.filter_language.tree import And, Comparison, FilterError, Node, Or, Presence

MAX_BRANCHES: Final = 1_000
"""An AND of ORs multiplies out: ten pairs are already a thousand filters."""

_Branch = list[Presence | Comparison]
_BACKSLASH_PAIR_OR_CHARACTER: Final = re.compile(r"(?s)\\.|.")


def print_filter(node: Node) -> str:
    """The canonical form: one blank around `&` and `||`, none inside tests, parentheses only where they are needed."""
    match node:
        case Or(parts):
            return " || ".join(print_filter(part) for part in parts)
        case And(parts):
            return " & ".join(
                f"({print_filter(part)})" if isinstance(part, Or) else print_filter(part) for part in parts
            )
        case _:
            return _print_test(node)


def export(node: Node) -> list[str]:
    """One filter per OR branch, its tests joined by `&` (rules.md 4.4). yt-dlp passes what any of them passes.

    Raises `FilterError` for more than `MAX_BRANCHES`.
    """
    return ["&".join(_print_test(test, for_extractor=True) for test in branch) for branch in _branches(node)]


def _branches(node: Node) -> list[_Branch]:
    match node:
        case Or(parts):
            return _limited([branch for part in parts for branch in _branches(part)], 1)
        case And(parts):
            found: list[_Branch] = [[]]
            for part in parts:
                choices = _limited(_branches(part), len(found))
                found = [left + right for left in found for right in choices]
            return found
        case _:
            return [[node]]


def _limited(branches: list[_Branch], times: int) -> list[_Branch]:
    if len(branches) * times > MAX_BRANCHES:
        raise FilterError(f"Filter has more than {MAX_BRANCHES} alternatives.")
    return branches


def _print_test(test: Presence | Comparison, *, for_extractor: bool = False) -> str:
    if isinstance(test, Presence):
        return f"!{test.key}" if test.negated else test.key
    value = _print_value(test, for_extractor=for_extractor)
    return f"{test.key}{'!' * test.negated}{test.operator}{'?' * test.accepts_missing}{value}"


def _print_value(test: Comparison, *, for_extractor: bool) -> str:
    if not test.quoted:
        return test.value
    quote = '"' if "'" in test.value and '"' not in test.value else "'"
    value = test.value
    if test.operator == "~=":
        value = "".join(
            f"\\{token}" if token == quote else token for token in _BACKSLASH_PAIR_OR_CHARACTER.findall(value)
        )
    else:
        # yt-dlp knows no escaped backslash: there it stands for itself.
        value = (value if for_extractor else value.replace("\\", "\\\\")).replace(quote, f"\\{quote}")
    # yt-dlp splits at every `&` that has no backslash before it, even inside quotes.
    return f"{quote}{value.replace('&', chr(92) + '&') if for_extractor else value}{quote}"
