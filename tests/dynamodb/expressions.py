"""Expressions of DynamoDB over rows in memory: conditions and updates, as far as PynamoDB and the store write them.

An expression is parsed once, into functions of a row and of the request's names and values.
"""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from functools import lru_cache
from typing import Any

Value = Mapping[str, Any]
"""An attribute as DynamoDB writes it: {type: content}."""
Row = Mapping[str, Value]
_TOKEN = re.compile(r"\s*(<>|<=|>=|[=<>(),+-]|[#:]?\w[\w.]*)")
_SETS = {"SS", "NS", "BS"}
_NUMBER = {"N": Decimal}
_EXACT = Context(prec=38)  # the digits of a number


@dataclass(frozen=True, slots=True)
class Scope:
    """What placeholders stand for."""

    names: Mapping[str, str]
    values: Mapping[str, Value]

    def value(self, operand: str, row: Row) -> Value | None:
        """The value of an operand: of a placeholder, or of an attribute, None where the row has none."""
        return self.values[operand] if operand.startswith(":") else row.get(self.name(operand))

    def name(self, operand: str) -> str:
        return self.names[operand] if operand.startswith("#") else operand


Condition = Callable[[Row, Scope], bool]
Change = Callable[[Row, dict[str, Value], Scope], None]
"""Writes into the new row what it makes of the old one."""


class _Tokens:
    def __init__(self, text: str) -> None:
        self._tokens = _TOKEN.findall(text)
        self._place = 0
        assert "".join(self._tokens) == re.sub(r"\s", "", text), text

    def peek(self) -> str:
        return self._tokens[self._place] if self._place < len(self._tokens) else ""

    def take(self, expected: str = "") -> str:
        token = self.peek()
        assert token, "the expression ends too early"
        assert expected in ("", token), f"{expected} in place of {token}"
        self._place += 1
        return token

    def takes(self, word: str) -> bool:
        """Takes the next token if it is this one."""
        is_next = self.peek().upper() == word
        self._place += is_next
        return is_next


@lru_cache(maxsize=1000)
def condition(text: str) -> Condition:
    """The parsed condition, which holds or not for a row; a row that does not exist is one without attributes."""
    tokens = _Tokens(text)
    parsed = _either(tokens)
    assert not tokens.peek(), text
    return parsed


def _either(tokens: _Tokens) -> Condition:
    parts = [_all(tokens)]
    while tokens.takes("OR"):
        parts.append(_all(tokens))
    return parts[0] if len(parts) == 1 else lambda row, scope: any(part(row, scope) for part in parts)


def _all(tokens: _Tokens) -> Condition:
    parts = [_one(tokens)]
    while tokens.takes("AND"):
        parts.append(_one(tokens))
    return parts[0] if len(parts) == 1 else lambda row, scope: all(part(row, scope) for part in parts)


def _one(tokens: _Tokens) -> Condition:
    if tokens.takes("NOT"):
        negated = _one(tokens)
        return lambda row, scope: not negated(row, scope)
    if tokens.takes("("):
        inner = _either(tokens)
        tokens.take(")")
        return inner
    name = tokens.take()
    if tokens.peek() == "(" and name != "size":
        return _function(name, tokens)
    left = _size(tokens) if name == "size" else (lambda row, scope: scope.value(name, row))
    if tokens.takes("BETWEEN"):
        low = tokens.take()
        tokens.take("AND")
        high = tokens.take()
        return lambda row, scope: (
            _compare(">=", left(row, scope), scope.value(low, row))
            and _compare("<=", left(row, scope), scope.value(high, row))
        )
    if tokens.takes("IN"):
        tokens.take("(")
        members = [tokens.take()]
        while tokens.takes(","):
            members.append(tokens.take())
        tokens.take(")")
        return lambda row, scope: any(_compare("=", left(row, scope), scope.value(member, row)) for member in members)
    operator, right = tokens.take(), tokens.take()
    return lambda row, scope: _compare(operator, left(row, scope), scope.value(right, row))


def _size(tokens: _Tokens) -> Callable[[Row, Scope], Value | None]:
    tokens.take("(")
    operand = tokens.take()
    tokens.take(")")

    def size(row: Row, scope: Scope) -> Value | None:
        value = scope.value(operand, row)
        return None if value is None else {"N": str(len(_content(value)))}

    return size


def _function(name: str, tokens: _Tokens) -> Condition:
    tokens.take("(")
    operand = tokens.take()
    other = tokens.take() if tokens.takes(",") else ""
    tokens.take(")")
    if name == "attribute_exists":
        return lambda row, scope: scope.name(operand) in row
    if name == "attribute_not_exists":
        return lambda row, scope: scope.name(operand) not in row
    assert name in {"contains", "begins_with"}, name

    def test(row: Row, scope: Scope) -> bool:
        value, part = scope.value(operand, row), scope.value(other, row)
        if value is None or part is None:
            return False
        if name == "begins_with":
            return bool(_content(value).startswith(_content(part)))
        return _content(part) in _content(value)

    return test


def _content(value: Value) -> Any:
    """The value as Python compares it."""
    [(kind, content)] = value.items()
    if kind == "B":
        return base64.b64decode(content)
    return _NUMBER.get(kind, lambda same: same)(content)


def _compare(operator: str, left: Value | None, right: Value | None) -> bool:
    if left is None or right is None:
        return operator == "<>"
    is_same_kind = left.keys() == right.keys()
    if operator in {"=", "<>"}:
        is_equal = is_same_kind and _comparable(left) == _comparable(right)
        return is_equal == (operator == "=")
    if not is_same_kind:
        return False
    a, b = _content(left), _content(right)
    return bool({"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[operator])


def _comparable(value: Value) -> Any:
    return frozenset(next(iter(value.values()))) if value.keys() & _SETS else _content(value)


@lru_cache(maxsize=1000)
def update(text: str) -> Change:
    """The parsed update expression."""
    tokens = _Tokens(text)
    changes: list[Change] = []
    clause = ""
    while tokens.peek():
        if tokens.peek().upper() in {"SET", "ADD", "REMOVE", "DELETE"}:
            clause = tokens.take().upper()
        changes.append({"SET": _set, "ADD": _add, "REMOVE": _remove, "DELETE": _delete}[clause](tokens))
        tokens.takes(",")

    def change_all(old: Row, new: dict[str, Value], scope: Scope) -> None:
        for change in changes:
            change(old, new, scope)

    return change_all


def _set(tokens: _Tokens) -> Change:
    target = tokens.take()
    tokens.take("=")
    first = tokens.take()
    sign = tokens.take() if tokens.peek() in {"+", "-"} else ""
    second = tokens.take() if sign else ""

    def change(old: Row, new: dict[str, Value], scope: Scope) -> None:
        value = scope.value(first, old)
        assert value is not None, first
        if sign:
            other = scope.value(second, old)
            assert other is not None, second
            combine = _EXACT.add if sign == "+" else _EXACT.subtract
            value = {"N": _text(combine(_content(value), _content(other)))}
        new[scope.name(target)] = value

    return change


def _add(tokens: _Tokens) -> Change:
    target, operand = tokens.take(), tokens.take()

    def change(old: Row, new: dict[str, Value], scope: Scope) -> None:
        name, more = scope.name(target), scope.values[operand]
        [(kind, content)] = more.items()
        if kind == "N":
            new[name] = {"N": _text(_EXACT.add(Decimal(old[name]["N"] if name in old else 0), Decimal(content)))}
        else:
            new[name] = {kind: sorted({*(old[name][kind] if name in old else ()), *content})}

    return change


def _remove(tokens: _Tokens) -> Change:
    target = tokens.take()

    def change(old: Row, new: dict[str, Value], scope: Scope) -> None:
        new.pop(scope.name(target), None)

    return change


def _delete(tokens: _Tokens) -> Change:
    target, operand = tokens.take(), tokens.take()

    def change(old: Row, new: dict[str, Value], scope: Scope) -> None:
        name, [(kind, content)] = scope.name(target), scope.values[operand].items()
        left = sorted(set(old[name][kind]).difference(content)) if name in old else []
        if left:
            new[name] = {kind: left}
        else:
            new.pop(name, None)

    return change


def _text(value: Decimal) -> str:
    return format(value, "f")
