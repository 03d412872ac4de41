"""Every section of the contract that code, tests and pages cite exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACT = ROOT / "docs" / "contract"
FOLDERS = ("functions", "local", "tests", "docs")
_NUMBER = r"\d+(?:\.\d+)?"
_CITATION = re.compile(rf"\b([a-z]+\.md)`?,? ((?:{_NUMBER})(?:(?:, | and |-)(?:{_NUMBER})(?![\w.]*%))*)")
_HEADING = re.compile(rf"^#+ ({_NUMBER})\.? ", re.MULTILINE)
_ROW = re.compile(rf"^\| ({_NUMBER}) \|", re.MULTILINE)
SECTIONS = {
    path.name: {*_HEADING.findall(path.read_text()), *_ROW.findall(path.read_text())} for path in CONTRACT.glob("*.md")
}


def citations() -> list[tuple[str, str, str]]:
    """(where, page, section number) of each citation of a numbered section."""
    paths = [path for folder in FOLDERS for suffix in ("py", "md") for path in (ROOT / folder).rglob(f"*.{suffix}")]
    return [
        (str(path.relative_to(ROOT)), match[1], number)
        for path in paths
        if "system/pages" not in str(path)
        for match in _CITATION.finditer(re.sub(r"\n\s*", " ", path.read_text()))
        for number in re.findall(_NUMBER, match[2])
    ]


CITATIONS = citations()


def test_citations_are_read() -> None:
    assert len(CITATIONS) > 400


@pytest.mark.parametrize("page", sorted({page for _, page, _ in CITATIONS if page in SECTIONS}))
def test_citations_of_a_page_name_sections_that_exist(page: str) -> None:
    missing = {(where, number) for where, cited, number in CITATIONS if cited == page and number not in SECTIONS[page]}
    assert not missing


def test_cited_pages_exist() -> None:
    numbered = {page for _, page, _ in CITATIONS}
    assert numbered <= SECTIONS.keys()
