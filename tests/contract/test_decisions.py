"""Decisions say when they were made, which code carries them out and which tests hold them; the index has them all."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(path for path in (ROOT / "docs/decisions").glob("*.md") if path.name != "README.md")
STATUS = re.compile(
    r"^# [^\n]+\n\nStatus: (?:accepted|replaced|turned down) \d{4}-\d\d-\d\d\. Code: ([^\n]+?)\. Tests: ([^\n]+)\.\n"
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_decision_names_code_and_tests_that_exist(page: Path) -> None:
    status = STATUS.match(page.read_text(encoding="utf-8"))
    assert status, "a page begins with its title, an empty line and its status"
    for paths in status.groups():
        names = re.findall(r"`([^`]+)`", paths)
        assert names
        assert [name for name in names if not (ROOT / name).exists()] == []


def test_the_index_lists_every_decision() -> None:
    index = (ROOT / "docs/decisions/README.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| \d{4}-\d\d-\d\d \| \[([\w-]+)\]\(\1\.md\) \|", index, re.MULTILINE) == [
        page.stem for page in PAGES
    ]


@pytest.mark.parametrize("page", sorted((ROOT / "docs/how-to").glob("*.md")), ids=lambda page: page.stem)
def test_a_how_to_names_files_that_exist(page: Path) -> None:
    """Paths below a folder of the project, as they stand in code marks."""
    folders = ("functions", "tests", "docs", "local", ".github", ".ci", "infra")
    text = page.read_text(encoding="utf-8")
    names = [name for name in re.findall(r"`([^`\s]+?)`", text) if name.split("/")[0] in folders and "*" not in name]
    assert [name for name in names if not (ROOT / name).exists()] == []
