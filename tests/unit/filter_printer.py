"""Writes a filter's tree as text, for tests that read it back."""

import re
from typing import Final

from dlambda.domain.rules.filter_language.tree import And, Comparison, Node, Or, Presence

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
        case Presence(key, negated):
            return f"!{key}" if negated else key
        case _:
            return f"{node.key}{'!' * node.negated}{node.operator}{'?' * node.accepts_missing}{_print_value(node)}"


def _print_value(test: Comparison) -> str:
    if not test.quoted:
        return test.value
    quote = '"' if "'" in test.value and '"' not in test.value else "'"
    if test.operator == "~=":  # a pattern keeps its backslashes
        tokens = _BACKSLASH_PAIR_OR_CHARACTER.findall(test.value)
        value = "".join(f"\\{token}" if token == quote else token for token in tokens)
    else:
        value = test.value.replace("\\", "\\\\").replace(quote, f"\\{quote}")
    return f"{quote}{value}{quote}"
