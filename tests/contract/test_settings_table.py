"""What docs/contract/system.md 10 says of settings, and what `UserSettings` reads, are the same."""

import re
from collections.abc import Iterator
from pathlib import Path

from dlambda.environment import IGNORED_SETTINGS
from dlambda.user_settings import UserSettings

ROOT = Path(__file__).parents[2]
NO_EFFECT = "no effect here"
SAID_IN_WORDS = {"pictures_backends", "max_workers_for_<EXTRACTOR>"}


def _rows() -> Iterator[tuple[str, str, str]]:
    """Name, default and meaning of each setting of the table."""
    text = (ROOT / "docs/contract/system.md").read_text(encoding="utf-8")
    section = text.partition("\n## 10. ")[2].partition("\n## ")[0]
    for line in section.splitlines():
        if line.startswith("| `"):
            names, defaults, meaning = (cell.strip() for cell in line[1:-1].split("|", 2))
            found = re.findall(r"`([^`]+)`", names)
            given = re.sub(r" \(.*\)", "", defaults) if len(found) == 1 else defaults
            values = [given] if len(found) == 1 else given.split(", ")
            for name, value in zip(found, values, strict=True):
                yield name, value.strip("`"), meaning


def _read() -> set[str]:
    limits = {"extractor_limits": "max_workers_for_<EXTRACTOR>"}
    return {limits.get(name, name) for name in UserSettings.model_fields}


def test_every_setting_that_has_an_effect_is_in_the_table_and_no_other() -> None:
    assert {name for name, _, meaning in _rows() if NO_EFFECT not in meaning} == _read()


def test_what_has_no_effect_is_not_read() -> None:
    assert not {name for name, _, meaning in _rows() if NO_EFFECT in meaning} & _read()


def test_defaults_are_those_of_the_table() -> None:
    said = {name: value for name, value, _ in _rows()}
    for name, field in UserSettings.model_fields.items():
        if name in said.keys() - SAID_IN_WORDS:
            default = "unset" if field.default in ("", None) else str(field.default)
            assert said[name].lower() == default.lower(), name


def test_what_has_no_effect_is_accepted_by_name() -> None:
    assert {name for name, _, meaning in _rows() if NO_EFFECT in meaning} == IGNORED_SETTINGS
