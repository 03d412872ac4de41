"""The syntax tree of a filter: two kinds of test under AND and OR (docs/contract/rules.md 4)."""

from dataclasses import dataclass

from dlambda.errors import Invalid

COMPARISONS = frozenset({"=", "<", "<=", ">", ">="})
TEXT_OPERATORS = frozenset({"*=", "^=", "$=", "~="})


class FilterError(Invalid):
    """A filter that cannot be read, or that cannot be answered for the data at hand.

    `position` counts characters from 0 and is None where no place in the text is to blame.
    """

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message, extra={} if position is None else {"position": position})
        self.position = position


@dataclass(frozen=True, slots=True)
class Presence:
    """`key` or `!key`."""

    key: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """`key [!] operator [?] value`.

    `value` has its escapes resolved; for `~=` it is the pattern. `quoted`: it stands, or has to stand, in quotes.
    """

    key: str
    operator: str
    value: str
    negated: bool = False
    accepts_missing: bool = False
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class And:
    """True when all parts are; two parts or more, none of them an And."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """True when one part is; two parts or more, none of them an Or."""

    parts: tuple["Node", ...]


Node = Presence | Comparison | And | Or


def all_of(parts: list[Node]) -> Node:
    """The conjunction of `parts` in its one form: no And inside an And, no And of one part."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, And) else (part,))]
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def any_of(parts: list[Node]) -> Node:
    """The disjunction of `parts` in its one form: no Or inside an Or, no Or of one part."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, Or) else (part,))]
    return flat[0] if len(flat) == 1 else Or(tuple(flat))
