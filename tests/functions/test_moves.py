"""Moves that go on after a crash, by the plan that was stored. docs/contract/files.md 5."""

import time
import uuid

import pytest

from dlambda.aws import bucket
from dlambda.domain.files.file_action import Refused
from dlambda.errors import NotFound
from dlambda.store.files import filename_claims
from dlambda.usecases.files.copy_by_plan import copy_by_plan, take_back
from dlambda.usecases.files.plan_move import Plan, Transfer
from dlambda.usecases.files.take_names import give_names_back, take_names
from tests.store import records
from tests.store.samples import item

pytestmark = pytest.mark.usefixtures("stack", "permitted")


@pytest.fixture
def plan() -> Plan:
    """Of a folder with three files, in a place of its own."""
    source, target = f"{uuid.uuid4()}/from", f"{uuid.uuid4()}/to"
    return Plan(source, target, tuple(Transfer(f"{source}/{name}", f"{target}/{name}") for name in "abc"))


def put(folder: str, **files: str) -> None:
    for name, text in files.items():
        bucket.put_bytes(f"files/{folder}/{name}", text.encode())


def texts(folder: str) -> dict[str, str]:
    prefix = f"files/{folder}/"
    return {each.key.removeprefix(prefix): bucket.get_bytes(each.key).decode() for each in bucket.list_(prefix)}


def nothing() -> None:
    """After a batch."""


def test_what_is_copied_is_not_copied_again_unless_its_source_is_newer(plan: Plan) -> None:
    put(plan.target, b="B")
    time.sleep(1.1)  # what some stores tell times apart by
    put(plan.source, a="1", b="2", c="3")
    time.sleep(1.1)
    put(plan.target, a="A", c="torn")
    copied = copy_by_plan(plan, nothing)
    assert texts(plan.target) == {"a": "A", "b": "2", "c": "3"}
    assert {path: each.size_bytes for path, each in copied.items()} == {f"{plan.target}/{name}": 1 for name in "abc"}


def test_what_lost_its_source_is_copied_already(plan: Plan) -> None:
    put(plan.source, c="3")
    put(plan.target, a="1", b="2")
    copy_by_plan(plan, nothing)
    assert texts(plan.target) == {"a": "1", "b": "2", "c": "3"}


def test_what_is_at_neither_place_fails_the_move(plan: Plan) -> None:
    put(plan.source, a="1", c="3")
    with pytest.raises(NotFound, match=f"path '{plan.source}/b' does not exist"):
        copy_by_plan(plan, nothing)


def test_only_copies_of_what_is_still_there_are_taken_back(plan: Plan) -> None:
    put(plan.source, a="1")
    put(plan.target, a="1", b="2")
    take_back(plan)
    assert texts(plan.target) == {"b": "2"}


def test_a_file_and_its_sidecars_are_no_folder(plan: Plan) -> None:
    put(plan.source, a="film", b="text", c="other")
    pair = Plan(f"{plan.source}/a", f"{plan.target}/a", plan.transfers[:2])
    assert (pair.is_folder, plan.is_folder) == (False, True)
    copy_by_plan(pair, nothing)
    assert texts(plan.target) == {"a": "film", "b": "text"}


FILMS = ("one", "two", "three")


@pytest.fixture
def films() -> Plan:
    """Of a folder with three films and a text; a download has made the first."""
    place = uuid.uuid4().hex
    filename_claims.claim(f"{place}/from/one", "https://video.example/one")
    found = [Transfer(f"{place}/from/{name}.mp4", f"{place}/to/{name}.mp4") for name in FILMS]
    text = Transfer(f"{place}/from/text.en.srt", f"{place}/to/text.en.srt")
    return Plan(f"{place}/from", f"{place}/to", (*found, text))


def target(films: Plan, number: int) -> str:
    """Without its extension."""
    return films.transfers[number].target.removesuffix(".mp4")


def holders(films: Plan) -> list[str | None]:
    targets = [target(films, number) for number in range(3)]
    found = filename_claims.find_sources(targets)
    return [found.get(each) for each in targets]


def test_names_go_with_their_files(films: Plan) -> None:
    filename_claims.claim(target(films, 1), "https://video.example/gone")
    for _ in range(2):
        take_names(films)
        assert holders(films) == ["https://video.example/one", filename_claims.NOBODY, filename_claims.NOBODY]
    give_names_back(films)
    assert holders(films) == [None, None, None]


def test_no_name_is_taken_when_one_is_being_downloaded(films: Plan) -> None:
    records.add([item("x")])
    filename_claims.claim(target(films, 2), "https://video.example/x")
    with pytest.raises(Refused, match=r"Destination '.*/to/three' is being downloaded\."):
        take_names(films)
    assert holders(films) == [None, None, "https://video.example/x"]


@pytest.mark.parametrize("name", ["text", "text.en"])
def test_nor_when_its_sidecar_may_be(films: Plan, name: str) -> None:
    records.add([item("x")])
    filename_claims.claim(f"{films.target}/{name}", "https://video.example/x")
    with pytest.raises(Refused, match=f"/to/{name}' is being downloaded"):
        take_names(films)


def test_a_name_with_a_file_stays_with_its_download(films: Plan) -> None:
    filename_claims.claim(target(films, 1), "https://video.example/other")
    bucket.put_bytes(f"files/{target(films, 1)}.mkv", b"other's")
    take_names(films)
    expected = ["https://video.example/one", "https://video.example/other", filename_claims.NOBODY]
    assert holders(films) == expected
    give_names_back(films)
    assert holders(films) == [None, "https://video.example/other", None]


def test_a_move_that_keeps_its_name_does_not_give_it_away(films: Plan) -> None:
    first = films.transfers[0]
    other_ending = Plan(first.source, "", (Transfer(first.source, first.source.replace(".mp4", ".mkv")),))
    take_names(other_ending)
    give_names_back(other_ending)
    assert filename_claims.is_of(first.source.removesuffix(".mp4"), "https://video.example/one")
