"""Where items wait for a slot: by extractor, whose limit counts, and by share, of which each has its turn."""

from dataclasses import dataclass
from typing import Final

_MARK: Final = "@"
_TASK: Final = "#"


@dataclass(frozen=True, slots=True, order=True)
class Share:
    """The share of the slots that an item takes: its owner's (`""`: the admins'), and there that of its task."""

    owner: str = ""
    task: str = ""

    def __str__(self) -> str:
        return f"{self.owner}{_TASK}{self.task}" if self.task else self.owner

    @classmethod
    def parse(cls, text: str) -> "Share":
        owner, _, task = text.partition(_TASK)
        return cls(owner, task)


@dataclass(frozen=True, slots=True)
class Lane:
    """The items of an extractor and a share, which start in the order of their places.

    As text, the extractor's name where the share is that of the admins, and `@<owner>#<task>@<extractor>` elsewhere.
    """

    extractor: str
    share: Share = Share()

    def __str__(self) -> str:
        return f"{_MARK}{self.share}{_MARK}{self.extractor}" if self.share != Share() else self.extractor

    @classmethod
    def parse(cls, text: str) -> "Lane":
        if not text.startswith(_MARK):
            return cls(text)
        share, _, extractor = text[1:].partition(_MARK)
        return cls(extractor, Share.parse(share))
