"""A measured figure beside what is known of the systems that this one succeeds, and the aim."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """`limit` is the aim as a number in `unit`; `at_least` says on which side of it is good. None: no aim."""

    name: str
    value: float
    unit: str
    known: str = ""
    aim: str = ""
    limit: float | None = None
    at_least: bool = False

    @property
    def reached(self) -> bool | None:
        """Whether the aim is reached."""
        if self.limit is None:
            return None
        return self.value >= self.limit if self.at_least else self.value <= self.limit


def table(figures: Sequence[Figure]) -> str:
    """The figures as lines of equal width."""
    rows = [("what", "measured", "known", "aim", "")]
    marks = {True: "ok", False: "MISSED", None: ""}
    rows += [
        (figure.name, f"{short(figure.value)} {figure.unit}", figure.known, figure.aim, marks[figure.reached])
        for figure in figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def write_json(figures: Sequence[Figure], path: Path, taken_at: str) -> None:
    """The figures for a machine, with what they were measured on."""
    document = {
        "taken_at": taken_at,
        "machine": {
            "system": platform.platform(),
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "load": os.getloadavg(),  # of 1, 5 and 15 minutes: what others did meanwhile is in the figures
        },
        "figures": [asdict(figure) | {"reached": figure.reached} for figure in figures],
    }
    path.write_text(json.dumps(document, indent=1) + "\n")


def short(value: float) -> str:
    """A number with three figures, or whole."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
