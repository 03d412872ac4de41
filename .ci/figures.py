"""Figures of the code: names, docstrings, sizes, `Any`, dead code, and the last test run.

Names: every bound name (argument, assignment, loop, `with`, `except`, function, class) counts each time it is bound.
Test times and coverage come from the files that the last `make test` and `make coverage` left, if there are any.
"""

import argparse
import ast
import json
import statistics
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Participles and pronouns: a name that is one of these does not say what the thing is.
_UNTELLING_WORDS = (
    "found each known wanted kept told shown given made done left taken sent gone asked seen heard met said put got "
    "held lost brought built caught chosen drawn fed felt fetched grown hidden laid led looked meant moved named "
    "needed opened paid picked planned read_ ready_ saved set_ sought split_ spoken started stopped stored thrown "
    "tried used waited watched written one ones this that these those other others another it its they them their who "
    "whom whose what which mine ours theirs everything something nothing anything all_ some any_ none_ both either "
    "neither such same more most rest passed removed added changed ended finished_ read_back touched counted cut "
)
UNTELLING = frozenset(_UNTELLING_WORDS.split())
_PRONOUN_WORDS = "what who whoever whom whose which whether those these this that one it they everything"
PRONOUNS = frozenset(_PRONOUN_WORDS.split())


@dataclass
class Figures:
    """Counts of one folder."""

    names: Counter[str] = field(default_factory=Counter)
    openings: Counter[str] = field(default_factory=Counter)
    functions: list[tuple[int, str]] = field(default_factory=list)
    files: list[tuple[int, str]] = field(default_factory=list)
    anys: int = 0

    @property
    def lines(self) -> int:
        """Lines of all files."""
        return sum(length for length, _ in self.files)


def count(folder: Path) -> Figures:
    """The figures of all Python files below `folder`."""
    figures = Figures()
    for path in sorted(folder.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text)
        figures.files.append((text.count("\n"), str(path.relative_to(folder))))
        figures.names.update(bound_names(tree))
        figures.openings.update(_openings(tree))
        figures.functions += _functions(tree, str(path.relative_to(folder)))
        figures.anys += sum(isinstance(node, ast.Name) and node.id == "Any" for node in ast.walk(tree))
    return figures


def bound_names(tree: ast.AST) -> Iterator[str]:
    """Every name that the module binds, once for each binding."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                yield name


def _openings(tree: ast.AST) -> Iterator[str]:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, kinds) and (text := ast.get_docstring(node)):
            yield text.split(maxsplit=1)[0].strip("`\"'.,:;()").lower()


def _functions(tree: ast.AST, path: str) -> list[tuple[int, str]]:
    return [
        ((node.end_lineno or node.lineno) - node.lineno + 1, f"{path}:{node.lineno} {node.name}")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def untelling_share(names: Counter[str]) -> float:
    """The share of bound names that are participles or pronouns, in percent."""
    return 100 * sum(times for name, times in names.items() if name.strip("_") in UNTELLING) / max(1, names.total())


def pronoun_share(openings: Counter[str]) -> float:
    """The share of docstrings that open with a pronoun, in percent."""
    return 100 * sum(times for word, times in openings.items() if word in PRONOUNS) / max(1, openings.total())


def _most(counter: Counter[str], words: frozenset[str]) -> str:
    return ", ".join(f"{name} {times}" for name, times in counter.most_common() if name.strip("_") in words)[:160]


def _sizes(rows: Iterable[tuple[int, str]]) -> str:
    lengths = sorted(length for length, _ in rows)
    if len(lengths) < 2:
        return str(lengths)
    parts = statistics.quantiles(lengths, n=100)
    return f"median {statistics.median(lengths):.0f}, p95 {parts[94]:.0f}, p99 {parts[98]:.0f}, max {lengths[-1]}"


def report(folder: Path) -> Iterator[str]:
    """The lines to print about one folder."""
    figures = count(folder)
    yield f"{folder.name}/: {len(figures.files)} files, {figures.lines:,} lines"
    names, openings = figures.names, figures.openings
    yield f"  participle and pronoun names  {untelling_share(names):.1f} %  ({_most(names, UNTELLING)})"
    yield f"  docstrings opening with a pronoun  {pronoun_share(openings):.1f} %  ({_most(openings, PRONOUNS)})"
    yield f"  function lines  {_sizes(figures.functions)}; over 30: {sum(n > 30 for n, _ in figures.functions)}"
    yield f"  file lines  {_sizes(figures.files)}; over 250: {sum(n > 250 for n, _ in figures.files)}"
    yield f"  `Any` per 1,000 lines  {1000 * figures.anys / max(1, figures.lines):.1f}"


def dead_code() -> str:
    """The number of reports of unused code, tests not counted as users."""
    command = [sys.executable, str(ROOT / ".ci" / "dead_code.py")]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"dead code: {len(process.stdout.splitlines())} reports"


def test_times(file: Path) -> Iterator[str]:
    """Number and seconds of tests by folder, from a JUnit file."""
    seconds: Counter[str] = Counter()
    tests: Counter[str] = Counter()
    # Written by pytest on this machine a moment ago: no stranger's document.
    for case in ET.parse(file).iter("testcase"):  # noqa: S314
        folder = "/".join(case.get("classname", "").split(".")[:2])
        seconds[folder] += float(case.get("time", 0))  # type: ignore[assignment]
        tests[folder] += 1
    yield f"tests: {tests.total():,}, {seconds.total():.0f} s of all workers together"
    for folder, total in seconds.most_common():
        yield f"  {folder}  {tests[folder]:,} tests, {total:.0f} s"


def main() -> None:
    """Prints the figures of the folders that are named, functions/ and local/ by default."""
    parser = argparse.ArgumentParser(prog="figures")
    parser.add_argument("folders", nargs="*", type=Path, default=[ROOT / "functions", ROOT / "local"])
    for folder in parser.parse_args().folders:
        print(*report(folder), sep="\n")
    print(dead_code())
    if (times := ROOT / "build" / "tests.xml").exists():
        print(*test_times(times), sep="\n")
    if (coverage := ROOT / "build" / "coverage.json").exists():
        totals = json.loads(coverage.read_text())["totals"]
        print(f"coverage: {totals['percent_covered']:.1f} % of lines and branches")


if __name__ == "__main__":
    main()
