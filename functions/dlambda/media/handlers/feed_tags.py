"""Tags of a feed that do not match: pieces of HTML in a description, an element that is never closed.

An XML parser that goes on takes any end tag for that of the innermost element, so one forgotten `</p>` would move what
follows into it. Here an end tag closes the element of its name, as in HTML, and one without an element is left out.
"""

import re
from collections import Counter
from typing import Final

_TOKEN: Final = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<\?[^<>]*>"
    r"|<(?P<end>/?)(?P<name>[A-Za-z_][\w:.-]*+)(?P<rest>(?:[^<>\"']|\"[^\"<]*+\"|'[^'<]*+')*+|[^<>]*+)>|<",
    re.DOTALL,
)
_ROOT: Final = re.compile(r"<(?:[\w.-]{1,50}:)?(?:rss|feed|rdf|channel)[\s>]", re.IGNORECASE)
_BARE_VALUE: Final = re.compile(r"(\s[\w:.-]+)\s*=\s*([^\s\"'<>=]+)")
_QUOTED: Final = re.compile(r"\"[^\"]*\"|'[^']*'")
# Elements that hold text alone: the next one of these begins behind them.
_LEAVES: Final = frozenset({"title", "link", "guid", "pubdate"})
_ENTRIES: Final = frozenset({"item", "entry"})
_STARTS: Final = _LEAVES | _ENTRIES | {"description", "enclosure"}
_EMPTY: Final = frozenset({"br", "hr", "img", "wbr", "input", "enclosure"})


class _Balance:
    """The open elements, as they are written and in lower case."""

    def __init__(self) -> None:
        self._open: list[tuple[str, str]] = []
        self._names: Counter[str] = Counter()

    def replace(self, token: re.Match[str]) -> str:
        name = token["name"]
        if name is None:
            return "&lt;" if token[0] == "<" else token[0]
        if token["end"]:
            return self._close(name.lower())
        return self._begin(name, token["rest"])

    def _begin(self, name: str, rest: str) -> str:
        lower = name.lower()
        before = ""
        if lower in _ENTRIES:
            before = "".join(self._close(entry_name) for entry_name in _ENTRIES)
        elif lower in _STARTS and self._open and self._open[-1][1] in _LEAVES:
            before = self._close(self._open[-1][1])
        is_empty = rest.rstrip().endswith("/") or lower in _EMPTY
        if not is_empty:
            self._open.append((name, lower))
            self._names[lower] += 1
        return f"{before}<{name}{_quote(rest.rstrip().removesuffix('/'))}{'/' if is_empty else ''}>"

    def _close(self, name: str) -> str:
        if not self._names[name]:
            return ""
        closed = []
        while self._names[name]:
            spelling, lower = self._open.pop()
            self._names[lower] -= 1
            closed.append(f"</{spelling}>")
            if lower == name:
                break
        return "".join(closed)

    def rest(self) -> str:
        """The end tags that close all that is open."""
        return "".join(f"</{spelling}>" for spelling, _ in reversed(self._open))


def _quote(attributes: str) -> str:
    return attributes if _QUOTED.search(attributes) else _BARE_VALUE.sub(r'\1="\2"', attributes)


def balanced(text: str) -> str:
    """`text` from its root on, each element closed where it has to end. Linear in its length."""
    root = _ROOT.search(text)
    balance = _Balance()
    return _TOKEN.sub(balance.replace, text[root.start() if root else 0 :]) + balance.rest()
