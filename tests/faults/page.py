"""docs/faults.md and its figures, which stay until a fault is played again."""

import json
import os
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.faults.figures import Figures, Kind
from tests.faults.registry import FAULTS

_DOCS = Path(__file__).parents[2] / "docs"
_FIGURES = _DOCS / "faults.json"
_PAGE = _DOCS / "faults.md"
_FIGURES_OF, _FAULTS_OF = "figures", "faults"
_COLUMNS = "| fault | rounds | struck | items | lost | doubled | stuck | wrong file or end | left behind | unexplained errors | longest recovery |"
_RULE = "| --- | ---: | --- | " + "---: | " * 8


def row_of(figures: Figures) -> dict[str, object]:
    """The figures of one fault, as JSON has them."""
    counts = {str(kind): len(texts) for kind, texts in figures.problems.items()}
    return {
        "fault": figures.fault,
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "load": round(os.getloadavg()[0]),
        "rounds": figures.rounds,
        "struck": dict(sorted(figures.struck.items())),
        "items": figures.items,
        "unanswered_adds": figures.unanswered_adds,
        **counts,
        "slowest_seconds": round(figures.slowest_seconds),
    }


def table(results: Iterable[Figures]) -> str:
    """A row for each fault."""
    return _table([row_of(figures) for figures in results])


def _table(rows: Sequence[dict[str, object]]) -> str:
    return "\n".join([_COLUMNS, _RULE.rstrip(), *(_line(row) for row in rows)])


def _line(row: dict[str, object]) -> str:
    struck = row["struck"]
    assert isinstance(struck, dict)
    texts = ", ".join(f"{count} {name}" for name, count in struck.items()) or "each download"
    cells = [
        row["fault"],
        row["rounds"],
        texts,
        row["items"],
        *(row[kind] for kind in Kind),
        f"{row['slowest_seconds']} s",
    ]
    return f"| {' | '.join(map(str, cells))} |"


def write_page(results: Sequence[Figures]) -> None:
    """Puts the new figures in the place of the earlier ones of these faults, and writes the table."""
    earlier_rows = json.loads(_FIGURES.read_text()) if _FIGURES.exists() else []
    rows = {row["fault"]: row for row in [*earlier_rows, *map(row_of, results)]}
    ordered = [rows[fault.name] for fault in FAULTS if fault.name in rows]
    _FIGURES.write_text(json.dumps(ordered, indent=1) + "\n")
    dates = sorted({str(row["date"]) for row in ordered})
    loads = [int(row["load"]) for row in ordered]
    when = f"Played {' to '.join(dict.fromkeys([dates[0], dates[-1]]))}, on a machine of {os.cpu_count()} processors with a load of {min(loads)} to {max(loads)}."
    text = _replace(_PAGE.read_text(), _FIGURES_OF, f"\n\n{when}\n\n{_table(ordered)}\n\n")
    deeds = "".join(f"| {fault.name} | {fault.says} |\n" for fault in FAULTS)
    _PAGE.write_text(_replace(text, _FAULTS_OF, f"\n\n| fault | what is done |\n| --- | --- |\n{deeds}\n"))


def _replace(text: str, subject: str, part: str) -> str:
    """The text with another part between the marks of `subject`."""
    begin, end = f"<!-- {subject} -->", f"<!-- end of {subject} -->"
    head, _, tail = text.partition(begin)
    return f"{head}{begin}{part}{end}{tail.partition(end)[2]}"
