"""What conditions make of an item: docs/contract/rules.md 3.3."""

import json

import pytest

from dlambda.domain.items.item import Item, Status
from dlambda.domain.rules.resource import CONDITIONS, PRESETS
from dlambda.store import connections
from dlambda.store.items import archive
from dlambda.usecases.items.follow_conditions import follow_conditions
from dlambda.usecases.rules import resources
from dlambda.usecases.rules.presets import default_preset
from tests.functions.deployment import deployment
from tests.stack import Stack

ITEM = Item(
    id="1", url="https://v.example/1", title="https://v.example/1", preset="default", timestamp=0, stored_at=0.0,
    cli="--no-playlist", archive="/config/archive.log", extras={"batch_id": "b"},
)  # fmt: skip
INFO = {"id": "a1", "extractor_key": "Example", "title": "A short", "duration": 30, "webpage_url": ITEM.url}


@pytest.fixture(scope="module")
def tables(engines: Stack):
    with pytest.MonkeyPatch.context() as patch, deployment(engines, patch):
        yield engines


@pytest.fixture(autouse=True)
def table(tables: Stack):
    yield
    tables.empty()


@pytest.fixture
def heard(monkeypatch):
    frames = []
    connections.add("c1", "s1")
    monkeypatch.setattr("dlambda.aws.socket.push", lambda _, frame: frames.append(json.loads(frame)["data"]) or True)
    return frames


def condition(name="Shorts", **fields):
    return resources.create(CONDITIONS, {"name": name, "filter": "duration<60", "cli": "-x", **fields})


def _follow(item: Item) -> Item:
    return follow_conditions(item, default_preset(), INFO)


def test_nothing_matches():
    condition(filter="duration>60")
    assert _follow(ITEM) is ITEM


def test_conditions_are_tried_once_for_an_item():
    condition()
    item = ITEM.evolve(requeued=True)
    assert _follow(item) is item


def test_the_options_of_the_condition_come_last():
    condition()
    followed = _follow(ITEM)
    assert (followed.cli, followed.requeued, followed.status) == ("--no-playlist\n-x", True, Status.PENDING)


def test_the_archive_is_the_one_of_the_new_options():
    condition(cli="--download-archive shorts")
    assert _follow(ITEM).archive == "shorts"


def test_an_item_is_ignored_and_archived(heard):
    condition(extras={"ignore_download": True})
    heard.clear()
    followed = _follow(ITEM)
    text = "Ignoring download of 'A short' as per condition 'Shorts' and added to archive file '/config/archive.log'."
    assert (followed.status, followed.msg, followed.archive_id) == (Status.SKIP, text, "example a1")
    assert (followed.extras["batch_id"], followed.extras["duration"]) == ("b", 30)
    assert archive.list_("/config/archive.log") == ["example a1"]
    assert [(each["event"], each["title"], each["message"]) for each in heard] == [
        ("log_info", "Ignored Download", text)
    ]


def test_an_item_is_ignored_and_not_archived():
    condition(extras={"ignore_download": True, "no_archive": True})
    followed = _follow(ITEM)
    assert followed.msg == "Ignoring download of 'A short' as per condition 'Shorts'."
    assert archive.list_("/config/archive.log") == []


def test_a_preset_is_switched_and_the_folder_stays(heard):
    resources.create(PRESETS, {"name": "Short clips", "folder": "shorts"})
    condition(extras={"set_preset": "short_clips"})
    heard.clear()
    followed = _follow(ITEM.evolve(folder="mine"))
    assert (followed.preset, followed.folder) == ("Short clips", "mine")
    assert [each["title"] for each in heard] == ["Preset Switched"]


def test_an_unknown_preset_is_passed_over(heard):
    condition(extras={"set_preset": "nobody"})
    heard.clear()
    assert _follow(ITEM).preset == "default"
    assert heard == []


def test_cookies_are_replaced_by_those_in_clear():
    condition(extras={"set_cookies": "# jar"})
    assert _follow(ITEM.evolve(cookies="own")).cookies == "# jar"


def test_unreadable_cookies_are_passed_over(caplog):
    condition("Broken", extras={"set_cookies": "jar"})
    assert _follow(ITEM.evolve(cookies="own")).cookies == "own"
    assert "The condition 'Broken' is used without its cookies." in caplog.text


def test_an_item_takes_conditions_out():
    first = condition(priority=9).id
    condition("Other", cli="-f b")
    assert _follow(ITEM.evolve(extras={"ignore_conditions": [first]})).cli == "--no-playlist\n-f b"
    everything = ITEM.evolve(extras={"ignore_conditions": ["*"]})
    assert _follow(everything) is everything


def test_a_filter_that_cannot_be_answered_is_logged_and_passed_over(caplog):
    condition("Broken", filter="title>5", priority=9)
    condition()
    assert _follow(ITEM).cli == "--no-playlist\n-x"
    assert "Broken" in caplog.text
    assert {record.item_id for record in caplog.records} == {ITEM.id}


def test_the_log_says_whose_preset_there_is_not(caplog):
    condition(extras={"set_preset": "missing"})
    assert _follow(ITEM).preset == "default"
    assert {record.item_id for record in caplog.records} == {ITEM.id}
