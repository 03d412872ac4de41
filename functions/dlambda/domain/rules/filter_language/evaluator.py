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
    operand = node.value
    match node.operator:
        case "=":
            return _equals(operand)
        case "*=":
            return lambda value, _: isinstance(value, str | list | tuple) and operand in value
        case "^=":
            return lambda value, _: isinstance(value, str) and value.startswith(operand)
        case "$=":
            return lambda value, _: isinstance(value, str) and value.endswith(operand)
        case "~=":
            pattern = compile_pattern(operand)
            return lambda value, watch: isinstance(value, str) and watch.search(pattern, value)
        case _:
            return _ordered(_ORDER[node.operator], operand)


def _equals(operand: str) -> _Test:
    number = read_number(operand)

    def equal_number(value: Any, _: Stopwatch) -> bool:
        if isinstance(value, str):
            return read_number(value) == number
        return isinstance(value, int | float) and value == number

    def equal_text(value: Any, _: Stopwatch) -> bool:
        return isinstance(value, str) and value == operand

    return equal_text if number is None else equal_number


def _ordered(order: Callable[[Any, Any], bool], operand: str) -> _Test:
    number = read_number(operand)

    def by_number(value: Any, _: Stopwatch) -> bool:
        quantity = read_number(value) if isinstance(value, str) else value
        if not isinstance(quantity, int | float):
            raise FilterError(f"Cannot compare '{_short(value)}' with a number.")
        return order(quantity, number)

    def by_text(value: Any, _: Stopwatch) -> bool:
        if isinstance(value, str):
            return order(value, operand)
        noun = "number" if isinstance(value, int | float) else "list" if isinstance(value, list | tuple) else "object"
        raise FilterError(f"Cannot compare '{operand}' with {'an' if noun == 'object' else 'a'} {noun}.")

    return by_text if number is None else by_number


def _short(value: Any) -> str:
    return textwrap.shorten(str(value), 80, placeholder="…")
