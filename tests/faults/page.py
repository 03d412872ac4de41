"""docs/faults.md and its figures, which grow with each round until a fault is played anew."""

import fcntl
import json
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.faults.figures import Figures, Kind
from tests.faults.registry import FAULTS

_DOCS = Path(__file__).parents[2] / "docs"
_FIGURES = _DOCS / "faults.json"
_PAGE = _DOCS / "faults.md"
_FIGURES_OF, _FAULTS_OF = "figures", "faults"
_COLUMNS = "| fault | rounds | struck | items | lost | doubled | stuck | wrong file or end | left behind | unexplained errors | longest recovery |"
_RULE = "| --- | ---: | --- | " + "---: | " * 8
_HIGHEST = ("load", "slowest_seconds")  # of all rounds; other numbers are added up
Row = dict[str, Any]


def row_of(figures: Figures) -> Row:
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


def _table(rows: Sequence[Row]) -> str:
    return "\n".join([_COLUMNS, _RULE.rstrip(), *(_line(row) for row in rows)])


def _line(row: Row) -> str:
    texts = ", ".join(f"{count} {name}" for name, count in row["struck"].items()) or "each download"
    cells = [
        row["fault"],
        row["rounds"],
        texts,
        row["items"],
        *(row[kind] for kind in Kind),
        f"{row['slowest_seconds']} s",
    ]
    return f"| {' | '.join(map(str, cells))} |"


def find_row(fault_name: str) -> Row | None:
    """The figures of the rounds of a fault so far."""
    return _rows().get(fault_name)


def write_row(figures: Figures, earlier: Row | None) -> None:
    """Adds figures to those of earlier rounds, puts the sum in the fault's row, and writes the table.

    Several commands may play different faults at once.
    """
    row = row_of(figures)
    with _locked():
        rows = _rows() | {figures.fault: _sum(earlier, row) if earlier else row}
        ordered = [rows[fault.name] for fault in FAULTS if fault.name in rows]
        _write(_FIGURES, json.dumps(ordered, indent=1) + "\n")
        _write_page(ordered)


def _rows() -> dict[str, Row]:
    rows = json.loads(_FIGURES.read_text()) if _FIGURES.exists() else []
    return {row["fault"]: row for row in rows}


def _sum(earlier: Row, row: Row) -> Row:
    """The row of both."""
    numbers = {name: number for name, number in row.items() if isinstance(number, int)}
    highest = {name: max(earlier[name], numbers.pop(name)) for name in _HIGHEST}
    totals = {name: earlier.get(name, 0) + number for name, number in numbers.items()}
    struck: Counter[str] = Counter(earlier["struck"]) + Counter(row["struck"])
    return row | totals | highest | {"struck": dict(sorted(struck.items()))}


@contextmanager
def _locked() -> Iterator[None]:
    folder = os.open(_DOCS, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _write(path: Path, text: str) -> None:
    """Writes all or nothing: a round may be interrupted at any moment."""
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text)
    draft.replace(path)


def _write_page(rows: Sequence[Row]) -> None:
    dates = sorted({row["date"] for row in rows})
    load = max(row["load"] for row in rows)
    when = f"Played {' to '.join(dict.fromkeys([dates[0], dates[-1]]))}, on a machine of {os.cpu_count()} processors with a load of up to {load}."
    text = _replace(_PAGE.read_text(), _FIGURES_OF, f"\n\n{when}\n\n{_table(rows)}\n\n")
    deeds = "".join(f"| {fault.name} | {fault.says} |\n" for fault in FAULTS)
    _write(_PAGE, _replace(text, _FAULTS_OF, f"\n\n| fault | what is done |\n| --- | --- |\n{deeds}\n"))


def _replace(text: str, subject: str, part: str) -> str:
    """The text with another part between the marks of `subject`."""
    begin, end = f"<!-- {subject} -->", f"<!-- end of {subject} -->"
    head, _, tail = text.partition(begin)
    return f"{head}{begin}{part}{end}{tail.partition(end)[2]}"
