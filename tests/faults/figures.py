"""What came of a fault's rounds."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What may be wrong with an item."""

    LOST = "lost"
    DOUBLED = "doubled"
    STUCK = "stuck"
    WRONG = "wrong"
    """A file that is not that of its source, or another end than its job's."""
    LEFT = "left"
    """A slot, lease or message of an item that has ended, or a count that is not that of its list."""
    UNEXPLAINED = "unexplained"
    """A traceback in the log that the fault does not explain."""


@dataclass
class Figures:
    """Of one fault. `struck`: what it did; `unanswered_adds`: of clients that gave up.

    `slowest_seconds`: from the fault's end until every item had ended, at most.
    """

    fault: str
    rounds: int = 0
    struck: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    problems: dict[Kind, list[str]] = field(default_factory=lambda: {kind: [] for kind in Kind})
    unanswered_adds: int = 0
    slowest_seconds: float = 0.0

    @property
    def items(self) -> int:
        """How many have ended."""
        return sum(self.ends.values())

    @property
    def is_good(self) -> bool:
        """True if nothing was wrong."""
        return not any(self.problems.values())

    def add(self, kind: Kind, text: str) -> None:
        """Notes a problem of the present round."""
        self.problems[kind].append(f"round {self.rounds + 1}: {text}")

    def report(self) -> str:
        """A line, and one for each problem."""
        lines = [
            f"{self.fault}: {self.rounds} rounds, {self.items} items {dict(self.ends)}, struck {dict(self.struck)}"
        ]
        lines += [f"  {kind}: {text}" for kind, texts in self.problems.items() for text in texts]
        return "\n".join(lines)
