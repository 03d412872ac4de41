"""The domain asks no clock: it is told the time. The import rules (pyproject.toml) keep settings and randomness out."""

import ast
from pathlib import Path

import pytest

DOMAIN = Path(__file__).parents[2] / "functions" / "dlambda" / "domain"
MODULES = sorted(DOMAIN.rglob("*.py"))
# How long a computation takes is measured where it must be bounded; that is no moment in time.
DURATIONS = {"perf_counter", "thread_time"}
MOMENTS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")}


def clock_uses(source: str) -> list[str]:
    """Names of functions that read the clock."""
    uses: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            uses += [alias.name for alias in node.names if alias.name not in DURATIONS]
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            owner, name = node.value.id, node.attr
            if (owner == "time" and name not in DURATIONS) or (owner, name) in MOMENTS:
                uses.append(f"{owner}.{name}")
    return uses


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(DOMAIN)))
def test_no_module_of_the_domain_reads_the_clock(module: Path) -> None:
    source = module.read_text(encoding="utf-8")
    assert clock_uses(source) == []


def test_uses_of_the_clock_are_seen() -> None:
    source = "import time\nfrom datetime import date, datetime\nfrom time import monotonic, perf_counter\n"
    source += "time.time(), time.perf_counter(), datetime.now(), datetime.fromtimestamp(0), date.today()\n"
    assert sorted(clock_uses(source)) == ["date.today", "datetime.now", "monotonic", "time.time"]
