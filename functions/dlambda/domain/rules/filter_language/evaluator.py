"""Tree to function: each node becomes a closure over its own constants, so that a match does no parsing.

docs/contract/rules.md 4.2 and 4.3 say what each test means.
"""

import operator
import textwrap
from collections.abc import Callable, Mapping
from typing import Any, Final

from dlambda.domain.rules.filter_language.pattern import Stopwatch, compile_pattern
from dlambda.domain.rules.filter_language.quantity import read_number
from dlambda.domain.rules.filter_language.tree import And, Comparison, FilterError, Node, Or, Presence

Data = Mapping[str, Any]
Evaluate = Callable[[Data, Stopwatch], bool]
_Test = Callable[[Any, Stopwatch], bool]

_ORDER: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def build(node: Node) -> Evaluate:
    """The function that answers `node` for some data. It stops as soon as the result is known."""
    match node:
        case And(parts):
            return _all([build(part) for part in parts])
        case Or(parts):
            return _any([build(part) for part in parts])
        case Presence():
            return _presence(node)
        case Comparison():
            return _comparison(node)


def _all(parts: list[Evaluate]) -> Evaluate:
    return lambda data, watch: all(part(data, watch) for part in parts)


def _any(parts: list[Evaluate]) -> Evaluate:
    return lambda data, watch: any(part(data, watch) for part in parts)


def _presence(test: Presence) -> Evaluate:
    key, negated = test.key, test.negated

    def present(data: Data, _: Stopwatch) -> bool:
        value = data.get(key)
        return (value if isinstance(value, bool) else value is not None) is not negated

    return present


def _comparison(node: Comparison) -> Evaluate:
    key, negated, accepts_missing, test = node.key, node.negated, node.accepts_missing, _test(node)

    def compare(data: Data, watch: Stopwatch) -> bool:
        value = data.get(key)
        if value is None:
            return accepts_missing
        return test(value, watch) is not negated

    return compare


def _test(node: Comparison) -> _Test:
    wanted = node.value
    match node.operator:
        case "=":
            return _equals(wanted)
        case "*=":
            return lambda value, _: isinstance(value, str | list | tuple) and wanted in value
        case "^=":
            return lambda value, _: isinstance(value, str) and value.startswith(wanted)
        case "$=":
            return lambda value, _: isinstance(value, str) and value.endswith(wanted)
        case "~=":
            pattern = compile_pattern(wanted)
            return lambda value, watch: isinstance(value, str) and watch.search(pattern, value)
        case _:
            return _ordered(_ORDER[node.operator], wanted)


def _equals(wanted: str) -> _Test:
    number = read_number(wanted)

    def equal_number(value: Any, _: Stopwatch) -> bool:
        if isinstance(value, str):
            return read_number(value) == number
        return isinstance(value, int | float) and value == number

    def equal_text(value: Any, _: Stopwatch) -> bool:
        return isinstance(value, str) and value == wanted

    return equal_text if number is None else equal_number


def _ordered(order: Callable[[Any, Any], bool], wanted: str) -> _Test:
    number = read_number(wanted)

    def by_number(value: Any, _: Stopwatch) -> bool:
        left = read_number(value) if isinstance(value, str) else value
        if not isinstance(left, int | float):
            raise FilterError(f"Cannot compare '{_short(value)}' with a number.")
        return order(left, number)

    def by_text(value: Any, _: Stopwatch) -> bool:
        if isinstance(value, str):
            return order(value, wanted)
        noun = "number" if isinstance(value, int | float) else "list" if isinstance(value, list | tuple) else "object"
        raise FilterError(f"Cannot compare '{wanted}' with {'an' if noun == 'object' else 'a'} {noun}.")

    return by_text if number is None else by_number


def _short(value: Any) -> str:
    return textwrap.shorten(str(value), 80, placeholder="…")
