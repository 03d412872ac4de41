"""A setting that cannot work."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """`text` says what is wrong with `variable`; `fatal`: one machine does not start with it."""

    variable: str
    text: str
    fatal: bool = False

    def __str__(self) -> str:
        return f"{self.variable}: {self.text}"
