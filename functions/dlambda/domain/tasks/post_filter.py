"""The filter that a rule's value passes last (docs/contract/tasks.md 7.3)."""

import regex

from dlambda.domain.rules.pattern import best_group, compile_pattern, find, group
from dlambda.domain.tasks.recipe import PostFilter


def post_filtered(value: str, post_filter: PostFilter | None) -> str | None:
    """The trimmed value after its filter; None when nothing is left of it."""
    value = value.strip()
    if post_filter is not None and value:
        hit = find(compile_pattern(post_filter.filter), value)
        value = _choose(hit, post_filter.value).strip() if hit else ""
    return value or None


def _choose(hit: regex.Match[str], name: str | None) -> str:
    if name:
        try:
            return group(hit, name) or best_group(hit)
        except KeyError:
            pass
    return best_group(hit)
