"""/api/archiver: docs/contract/downloads.md 4.12, 8."""

from typing import Any

import pytest

from dlambda.deployment import current
from dlambda.domain.rules.resource import PRESETS
from dlambda.store.items import archive
from dlambda.usecases.rules import resources
from tests.functions.calls import Client, error
from tests.store.samples import T0

PATH = "/api/archiver"
NO_PRESET = "preset is required."
NO_ITEMS = "items is required and must be a non-empty list."


def no_archive(name: str) -> str:
    return f"Preset '{name}' does not provide a download_archive."


@pytest.fixture
def name() -> str:
    return current().settings.archive_file


@pytest.mark.parametrize("query", [{}, {"preset": ""}, {"preset": " "}, {"ids": "a 1"}])
def test_reading_wants_a_preset(archiver: Client, query: dict[str, str]) -> None:
    assert error(archiver.get(PATH, **query)) == (400, NO_PRESET)


@pytest.mark.parametrize("preset", ["nobody", "x" * 3000, "plain"])
def test_a_preset_without_archive(archiver: Client, preset: str) -> None:
    resources.create(PRESETS, {"name": "plain"})
    assert error(archiver.get(PATH, preset=preset)) == (400, no_archive(preset))
    assert error(archiver.post(PATH, {"preset": preset, "items": ["a 1"]})) == (400, no_archive(preset))
    assert error(archiver.delete(PATH, {"preset": preset, "items": ["a 1"]})) == (400, no_archive(preset))


def test_all_is_read_in_the_order_of_coming(archiver: Client, name: str) -> None:
    archive.add(name, ["b 2", "a 1"], T0)
    assert archiver.get(PATH, preset="default") == (200, {"file": name, "items": ["b 2", "a 1"], "count": 2})


def test_an_empty_archive(archiver: Client, name: str) -> None:
    assert archiver.get(f"{PATH}/", preset=" Default ") == (200, {"file": name, "items": [], "count": 0})


@pytest.mark.parametrize(
    ("ids", "found"),
    [
        ("c 3,a 1", ["c 3", "a 1"]),
        (" c   3 , a 1 ,c 3", ["c 3", "a 1"]),
        ("x 9", []),
        ("one-token", []),
        (",,", []),
        ("a 1,one,x 9", ["a 1"]),
    ],
)
def test_those_asked_for_are_read_in_their_order(archiver: Client, name: str, ids: str, found: list[str]) -> None:
    archive.add(name, ["a 1", "b 2", "c 3"], T0)
    assert archiver.get(PATH, preset="default", ids=ids)[1]["items"] == found


def test_presets_of_users_have_archives_of_their_own(archiver: Client) -> None:
    resources.create(PRESETS, {"name": "Mine", "cli": "--download-archive mine.log"})
    archiver.post(PATH, {"preset": "mine", "items": ["a 1"]})
    assert archiver.get(PATH, preset="Mine")[1] == {"file": "mine.log", "items": ["a 1"], "count": 1}
    assert archiver.get(PATH, preset="default")[1]["count"] == 0


@pytest.mark.parametrize("verb", ["POST", "DELETE"])
class TestBodies:
    @pytest.mark.parametrize(
        ("body", "text"),
        [
            (None, NO_PRESET),
            ([], NO_PRESET),
            ("x", NO_PRESET),
            ({}, NO_PRESET),
            ({"preset": 5, "items": ["a 1"]}, NO_PRESET),
            ({"preset": " ", "items": ["a 1"]}, NO_PRESET),
            ({"preset": "default"}, NO_ITEMS),
            ({"preset": "default", "items": []}, NO_ITEMS),
            ({"preset": "default", "items": "a 1"}, NO_ITEMS),
            ({"preset": "default", "items": {"a 1": 1}}, NO_ITEMS),
        ],
    )
    def test_bad_ones(
        self, archiver: Client, verb: str, body: list[Any] | str | dict[str, str] | None, text: str
    ) -> None:
        assert error(archiver.call(verb, PATH, body)) == (400, text)

    @pytest.mark.parametrize("items", [["one-token"], [""], ["  "], [5, None], [["a 1"]], ["x " + "y" * 3000]])
    def test_nothing_valid_changes_nothing(self, archiver: Client, verb: str, items: list[Any]) -> None:
        assert archiver.call(verb, PATH, {"preset": "default", "items": items})[0] == 304
        assert archiver.last.data == b""

    def test_bad_json(self, archiver: Client, verb: str) -> None:
        assert archiver.raw(verb, PATH, "{")[0] == 400

    def test_inputs_are_trimmed_once_each_and_in_order(self, archiver: Client, verb: str, name: str) -> None:
        archive.add(name, ["b 2", "a 1"] if verb == "DELETE" else [], T0)
        body = {"preset": "default", "items": [" b  2 ", "one", "a 1", "b 2", ""]}
        assert archiver.call(verb, PATH, body) == (200, {"file": name, "status": True, "items": ["b 2", "a 1"]})


def test_adding_what_is_there_changes_nothing(archiver: Client, name: str) -> None:
    archive.add(name, ["a 1"], T0)
    assert archiver.post(PATH, {"preset": "default", "items": ["a 1"]})[0] == 304
    assert archiver.post(PATH, {"preset": "default", "items": ["a 1", "b 2"]})[1]["items"] == ["a 1", "b 2"]
    assert archive.list_(name) == ["a 1", "b 2"]


@pytest.mark.parametrize(("skip", "status"), [(True, 200), (False, 304), ("yes", 304)])
def test_skip_check_appends_without_a_look(archiver: Client, name: str, skip: bool | str, status: int) -> None:
    archive.add(name, ["a 1"], T0)
    assert archiver.post(PATH, {"preset": "default", "items": ["a 1"], "skip_check": skip})[0] == status
    assert archive.list_(name) == ["a 1"]


def test_removing_what_is_not_there_changes_nothing(archiver: Client, name: str) -> None:
    assert archiver.delete(PATH, {"preset": "default", "items": ["a 1"]})[0] == 304
    archive.add(name, ["a 1", "b 2"], T0)
    assert archiver.delete(PATH, {"preset": "default", "items": ["a 1", "x 9"]})[0] == 200
    assert archive.list_(name) == ["b 2"]


def test_many_at_once(archiver: Client, name: str) -> None:
    ids = [f"site {number}" for number in range(300)]
    assert archiver.post(PATH, {"preset": "default", "items": ids})[1]["items"] == ids
    assert archiver.get(PATH, preset="default")[1]["count"] == 300
    assert archiver.delete(PATH, {"preset": "default", "items": ids})[0] == 200
