"""How likely a text is in a script: by how often its letters occur there, and by what stands beside them.

A text in a code page that nobody names is read in each of several; the likeliest text tells the code page.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

_MARKS = frozenset(
    "\u00a0«»“”„‘’‚–—…♪♫°·•©®™¿¡、。，！？「」『』・～：；（）《》ー〜%‰€£§´¨\u200e\u200f\u200c\u200d\ufeff"
)
_MARK = 0.02
_ASCII_LETTER = 0.37  # counted as well, since in some code pages it is half of another letter
_LISTED_SHARE = 0.9  # of all letters of a text
_STRANGE = 1e-5  # no letter of the script
_LOST = 1e-6  # what the code page has no letter for
_RARELY_BESIDE = 0.01  # a letter beside one of ASCII; in Latin scripts, two beside each other that are not ASCII
# How likely a letter is a capital:
_CAPITAL = 0.1
_CAPITALS = 0.9  # behind another
_CAPITAL_INSIDE = 0.005


@dataclass(frozen=True)
class Script:
    """`listed`: its commonest letters in order. `others`: how many more there are. `first`, `last`: where they lie."""

    listed: str
    first: str = "\u0080"
    last: str = "\u024f"
    others: int = 30

    @property
    def is_latin(self) -> bool:
        """True if its letters beyond ASCII stand among those of ASCII."""
        return self.first == "\u0080"

    @cached_property
    def _shares(self) -> dict[str, float]:
        is_alphabet = self.others < 100
        weights = {
            letter: math.exp(-rank / 12) if is_alphabet else 1 / (rank + 3) for rank, letter in enumerate(self.listed)
        }
        total = sum(weights.values())
        return {letter: math.log(_LISTED_SHARE * weight / total) for letter, weight in weights.items()}

    def likelihood(self, text: str) -> float:
        """The logarithm of the probability of what is not ASCII in `text`."""
        return sum(self._costs(text))

    def _costs(self, text: str) -> Iterator[float]:
        before = " "
        for letter in text:
            if letter in _MARKS:
                yield math.log(_MARK)
            elif not letter.isascii():
                yield self._cost(letter, before)
            elif letter.isalpha():
                yield math.log(_RARELY_BESIDE if self._is_misplaced(letter, before) else _ASCII_LETTER)
            before = letter

    def _cost(self, letter: str, before: str) -> float:
        if letter == "\ufffd":
            return math.log(_LOST)
        small = letter.lower()
        cost = self._shares.get(small)
        if cost is None:
            inside = self.first <= letter <= self.last and letter.isalpha()
            cost = math.log((1 - _LISTED_SHARE) / self.others if inside else _STRANGE)
        if small != letter:
            cost += math.log(_CAPITAL_INSIDE if before.islower() else _CAPITALS if before.isupper() else _CAPITAL)
        return cost + (math.log(_RARELY_BESIDE) if self._is_misplaced(letter, before) else 0.0)

    def _is_misplaced(self, letter: str, before: str) -> bool:
        """True if `letter` would rarely follow the letter `before` it."""
        if not (before.isalpha() and letter.isalpha()):
            return False
        if self.is_latin:
            return not (before.isascii() or letter.isascii())
        return before.isascii() != letter.isascii()
