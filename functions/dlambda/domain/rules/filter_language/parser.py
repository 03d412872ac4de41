"""Text to tree, in two steps, because the texts of errors demand it (docs/contract/rules.md 4.1).

1. Structure: operands, `&`, `||`, parentheses. `title ~= (?i)x` is an operand `title ~=` and a left-over parenthesis.
2. Tests: each operand is read on its own. Here `n2=5` fails, and so does a pattern that does not compile.

    expr := and { "||" and }        and := unit { "&" unit }        unit := "(" expr ")" | operand
"""

import re
from dataclasses import dataclass
from typing import Final

from dlambda.domain.rules.filter_language.pattern import compile_pattern
from dlambda.domain.rules.filter_language.quantity import read_number
from dlambda.domain.rules.filter_language.tree import (
    COMPARISONS,
    TEXT_OPERATORS,
    Comparison,
    FilterError,
    Node,
    Presence,
    all_of,
    any_of,
)

MAX_LENGTH: Final = 65_536
"""Characters of a filter."""
MAX_DEPTH: Final = 100
"""Parentheses inside parentheses: the parser recurses once per level."""

# Fields that yt-dlp documents as numbers: ordering them against a text that is no quantity never makes sense, so it is
# refused when the filter is saved and not only when it first meets data.
NUMERIC_FIELDS: Final = frozenset(
    {
        "width", "height", "asr", "audio_channels", "fps", "tbr", "abr", "vbr", "filesize", "filesize_approx",
        "duration", "timestamp", "release_timestamp", "view_count", "like_count", "dislike_count", "repost_count",
        "comment_count", "concurrent_view_count", "average_rating", "age_limit", "start_time", "end_time",
        "chapter_number", "season_number", "episode_number", "track_number", "disc_number", "release_year",
        "playlist_index", "playlist_autonumber", "playlist_count", "n_entries",
    }
)  # fmt: skip

_OPERATOR: Final = r"(?:<=|>=|\*=|\^=|\$=|~=|=|<|>)"
_QUOTED: Final = r"""(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
_OPERAND: Final = re.compile(
    rf"""(?xs)
    (?: !\s* )?
    (?: \\. | {_QUOTED} | [^\s&|()<>=!*^$~'"\\] )*
    (?: \s* (?:!\s*)? {_OPERATOR} \s* (?:\?\s*)? (?: \\. | {_QUOTED} | [^\s&|()'"\\] )* )?
    """
)
_PRESENCE: Final = re.compile(r"(?P<negation>!)?\s*(?:yt:)?(?P<key>[a-z_]+)")
_COMPARISON: Final = re.compile(
    rf"""(?xs)
    (?:yt:)? (?P<key>[a-z_]+) \s*
    (?P<negation>!)? \s*
    (?P<operator>{_OPERATOR}) \s*
    (?P<missing>\?)? \s*
    (?: (?P<quoted>{_QUOTED}) | (?P<bare>(?:\\.|[^\s&|()'"\\])+) )
    """
)
_ESCAPE: Final = re.compile(r"(?s)\\(.)")
_ESCAPED_QUOTE_OR_AND: Final = re.compile(r"""(?s)\\(?:(['"&])|.)""")
_NEEDS_QUOTES: Final = re.compile(r"""[\s&|()'"\\]""")


def parse(text: str) -> Node:
    """The tree of `text`. Raises `FilterError` with the texts of rules.md 4.1 and 4.3."""
    if len(text) > MAX_LENGTH:
        raise FilterError(f"Filter is longer than {MAX_LENGTH} characters.")
    return _read(_Structure(text).whole())


@dataclass(frozen=True, slots=True)
class _Operand:
    text: str
    position: int


@dataclass(frozen=True, slots=True)
class _Group:
    """Operands and groups joined by one operator, `&` or `||`."""

    joint: str
    parts: "list[_Operand | _Group]"


class _Structure:
    """Recursive descent over the operands of one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def whole(self) -> _Operand | _Group:
        group = self._alternatives()
        if self._at < len(self._text):
            raise FilterError(f"Unexpected token '{self._text[self._at :].strip()}'", self._at)
        return group

    def _alternatives(self) -> _Operand | _Group:
        parts = [self._conjunction()]
        while self._accept("||"):
            parts.append(self._conjunction())
        return parts[0] if len(parts) == 1 else _Group("||", parts)

    def _conjunction(self) -> _Operand | _Group:
        parts = [self._unit()]
        while self._accept("&"):
            parts.append(self._unit())
        return parts[0] if len(parts) == 1 else _Group("&", parts)

    def _unit(self) -> _Operand | _Group:
        if not self._accept("("):
            return self._operand()
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise FilterError("Filter is nested too deeply.", self._at)
        group = self._alternatives()
        if not self._accept(")"):
            raise FilterError("Expected RPAREN", self._at)
        self._depth -= 1
        return group

    def _operand(self) -> _Operand:
        self._skip_blanks()
        match = _OPERAND.match(self._text, self._at)
        end = self._at if match is None else match.end()
        if self._text[end : end + 1] in ("'", '"'):
            # A quoted text is taken as a whole, so a quote that is left here has no partner.
            raise FilterError("Unterminated quoted string in filter expression", end)
        if end == self._at:
            raise FilterError("Expected ATOM", self._at)
        operand = _Operand(self._text[self._at : end].rstrip(), self._at)
        self._at = end
        self._skip_blanks()
        return operand

    def _accept(self, token: str) -> bool:
        self._skip_blanks()
        if not self._text.startswith(token, self._at):
            return False
        self._at += len(token)
        self._skip_blanks()
        return True

    def _skip_blanks(self) -> None:
        while self._at < len(self._text) and self._text[self._at].isspace():
            self._at += 1


def _read(part_tree: _Operand | _Group) -> Node:
    if isinstance(part_tree, _Operand):
        return _read_test(part_tree)
    parts = [_read(part) for part in part_tree.parts]
    return all_of(parts) if part_tree.joint == "&" else any_of(parts)


def _read_test(operand: _Operand) -> Node:
    presence = _PRESENCE.fullmatch(operand.text)
    if presence:
        return Presence(presence["key"], negated=presence["negation"] is not None)
    match = _COMPARISON.fullmatch(operand.text)
    if match is None:
        raise FilterError(f"Invalid filter part '{operand.text}'", operand.position)
    test = _comparison(match)
    if not test.quoted and test.operator in COMPARISONS and test.value[0] in "=<>":
        # `==` and its like: there is no such operator, and nobody means a value that begins so.
        raise FilterError(f"Invalid filter part '{operand.text}'", operand.position)
    _check(test, operand.position)
    return test


def _comparison(match: re.Match[str]) -> Comparison:
    value_text = match["bare"] if match["quoted"] is None else match["quoted"][1:-1]
    operator = match["operator"]
    return Comparison(
        key=match["key"],
        operator=operator,
        value=_pattern(value_text) if operator == "~=" else _ESCAPE.sub(r"\1", value_text),
        negated=match["negation"] is not None,
        accepts_missing=match["missing"] is not None,
        quoted=match["quoted"] is not None or _NEEDS_QUOTES.search(value_text) is not None,
    )


def _pattern(value_text: str) -> str:
    """A pattern keeps its backslashes, save those before a quote or `&`, which mean nothing in a pattern."""
    return _ESCAPED_QUOTE_OR_AND.sub(lambda match: match[1] or match[0], value_text)


def _check(test: Comparison, position: int) -> None:
    """Checks what can be known of a test before it sees data (rules.md 4.3)."""
    number = read_number(test.value)
    if test.operator in TEXT_OPERATORS and number is not None and not test.quoted:
        raise FilterError(f"Operator {test.operator} only supports string values!", position)
    if test.operator == "~=":
        compile_pattern(test.value, position)
    if test.operator in COMPARISONS - {"="} and number is None and test.key in NUMERIC_FIELDS:
        raise FilterError(f"Cannot compare '{test.value}' with a number.", position)
