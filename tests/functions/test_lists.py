"""Pages with several videos, playlists and feeds as sources (docs/contract/downloads.md 5.4)."""

import json
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

import pytest

from dlambda.aws import bucket
from dlambda.domain.rules.resource import CONDITIONS
from dlambda.usecases.rules import resources
from tests.functions.calls import Client
from tests.functions.working import work
from tests.origin import Origin
from tests.stack import Stack

PATH = "/api/history"
Add = Callable[..., list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def no_retries(configure: Callable[..., None]) -> None:
    configure(retries=0)


@pytest.fixture
def add(history: Client, stack: Stack) -> Add:
    """Adds a URL, works until nothing is left to do, and answers the records below the folder, in their order."""

    def act(url: str, **fields: Any) -> list[dict[str, Any]]:
        folder = fields.setdefault("folder", f"lists-{next(_numbers)}")
        status, body = history.post(PATH, {"url": url, **fields})
        assert status == 200, body
        work(stack)
        _, page = history.get(PATH, type="done", order="ASC", per_page=1000)
        return [record for record in page["items"] if record["folder"] == folder]

    return act


_numbers = iter(range(10_000))


def names(records: Iterable[dict[str, Any]]) -> list[str]:
    return sorted(record["filename"] for record in records)


def size_of(origin: Origin, path: str) -> int:
    return origin.media("clip.mp4" if "/a/" in path else "other.mp4").stat().st_size


@pytest.mark.parametrize(
    ("path", "files"),
    [
        ("two.html", ["Two films (1).mp4", "Two films (2).mp4"]),
        ("players.html", ["A.mp4", "B.mp4"]),
        ("two.xspf", ["One.mp4", "Two.mp4"]),
        ("same-id.html", ["A.mp4", "B.mp4"]),
    ],
)
def test_a_page_with_several_videos_gives_all_of_them(add: Add, origin: Origin, path: str, files: list[str]) -> None:
    records = add(origin.url(f"lists/{path}"))
    assert [record["status"] for record in records] == ["finished"] * 2
    assert names(records) == files
    sizes = {record["filename"]: record["file_size"] for record in records}
    assert [sizes[name] for name in files] == [size_of(origin, "/a/"), size_of(origin, "/b/")]
    assert {record["url"] for record in records} == {origin.url(f"lists/{path}")}


def test_a_redirect_to_such_a_page(add: Add, origin: Origin) -> None:
    records = add(origin.url("redirect/1/lists/players.html"))
    assert names(records) == ["A.mp4", "B.mp4"]


def test_the_page_once_more_replaces_its_records(add: Add, origin: Origin) -> None:
    url = origin.url("lists/two.html?again")
    first = add(url, folder="lists-again")
    second = add(url, folder="lists-again")
    assert names(second) == names(first) == ["Two films (1).mp4", "Two films (2).mp4"]
    assert {record["_id"] for record in first}.isdisjoint(record["_id"] for record in second)


def test_the_page_while_its_videos_wait_makes_no_second_records(history: Client, stack: Stack, origin: Origin) -> None:
    url = origin.url("lists/two.html?waiting")
    for _ in range(2):
        history.post(PATH, {"url": url, "auto_start": False, "folder": "lists-waiting"})
        work(stack)
    _, page = history.get(PATH, type="queue", order="ASC", per_page=1000)
    waiting = [record for record in page["items"] if record["folder"] == "lists-waiting"]
    assert [record["title"] for record in waiting] == ["Two films (1)", "Two films (2)"]
    history.post(f"{PATH}/cancel", {"ids": [record["_id"] for record in waiting]})


def test_a_watched_page_brings_nothing_twice(add: Add, origin: Origin) -> None:
    watched = {
        "url": origin.url("lists/players.html?watched"),
        "folder": "watched",
        "extras": {"source_handler": "Tasks"},
    }
    first = add(**watched)
    assert len(first) == 2
    assert [record["_id"] for record in add(**watched)] == [record["_id"] for record in first]


def test_a_video_of_a_page_is_found_again_when_its_metadata_is_old(
    history: Client, stack: Stack, configure: Callable[..., None], origin: Origin
) -> None:
    configure(download_info_expires=0)
    for path, folder in (("players.html?old", "lists-old-1"), ("same-id.html?old", "lists-old-2")):
        history.post(PATH, {"url": origin.url(f"lists/{path}"), "folder": folder, "cli": "--playlist-items 2"})
        work(stack)
        _, page = history.get(PATH, type="done", per_page=1000)
        [record] = [record for record in page["items"] if record["folder"] == folder]
        assert (record["status"], record["filename"]) == ("finished", "B.mp4"), record["error"]
        assert record["file_size"] == size_of(origin, "/b/")


def test_a_failure_of_one_video_is_its_own(add: Add, origin: Origin) -> None:
    good, bad = sorted(add(origin.url("lists/one-is-gone.html")), key=lambda record: record["title"])
    assert (good["status"], good["filename"]) == ("finished", "A.mp4")
    assert (bad["status"], bad["title"], bad["failure"]["kind"]) == ("error", "B", "gone")


SHOW = "%(playlist_index)s %(title)s [%(upload_date)s] %(season_number)sx%(episode_number)s %(id)s.%(ext)s"


def test_a_feed_says_what_its_files_do_not(add: Add, origin: Origin, stack: Stack) -> None:
    records = add(origin.url("lists/show.rss?names"), template=SHOW, cli="--write-info-json --playlist-items 2")
    [record] = records
    assert record["filename"] == "2 Ep 2： Title [20261102] 2x2 ep-2.mp4"
    assert (record["title"], record["description"]) == ("Ep 2: Title", "Notes 2")
    [written] = [each.key for each in bucket.list_(f"files/{record['folder']}/") if each.key.endswith(".info.json")]
    info = json.loads((stack.bucket_dir / written).read_text())
    assert (info["title"], info["description"], info["upload_date"]) == ("Ep 2: Title", "Notes 2", "20261102")


def test_the_feed_also_wins_when_the_page_is_read_again(
    add: Add, configure: Callable[..., None], origin: Origin
) -> None:
    configure(download_info_expires=0)
    [record] = add(origin.url("lists/show.rss?old"), template=SHOW, cli="--playlist-items 3")
    assert record["filename"] == "3 Ep 3： Title [20261103] 2x3 ep-3.mp4"


def test_an_nfo_has_what_the_feed_says(add: Add, history: Client, origin: Origin, stack: Stack) -> None:
    [record] = add(origin.url("lists/show.rss?nfo"), cli="--playlist-items 1")
    status, body = history.post(f"{PATH}/{record['_id']}/nfo", {"type": "tv"})
    assert status == 200, body
    text = (stack.bucket_dir / "files" / record["folder"] / "Ep 1： Title.nfo").read_text()
    assert "<title>Ep 1: Title</title>" in text
    assert "2026-11-01" in text


def test_an_nfo_of_a_video_that_shares_its_page(add: Add, history: Client, origin: Origin, stack: Stack) -> None:
    record = add(origin.url("lists/players.html?nfo"))[1]
    status, body = history.post(f"{PATH}/{record['_id']}/nfo", {"type": "movie"})
    assert status == 200, body
    text = (stack.bucket_dir / "files" / record["folder"] / f"{record['title']}.nfo").read_text()
    assert f"<title>{record['title']}</title>" in text


def test_conditions_see_what_the_feed_and_the_page_say(add: Add, origin: Origin) -> None:
    skip = {"extras": {"ignore_download": True}}
    made = [
        resources.create(CONDITIONS, {"name": name, "filter": f"title*='{name}'", **skip}) for name in ("Ep 2", "B")
    ]
    try:
        feed = add(origin.url("lists/show.rss?condition"), cli="--playlist-items 2-3")
        page = add(origin.url("lists/players.html?condition"))
    finally:
        for document in made:
            resources.remove(CONDITIONS, document.id)
    assert {record["title"]: record["status"] for record in feed} == {"Ep 2: Title": "skip", "Ep 3: Title": "finished"}
    assert {record["title"]: record["status"] for record in page} == {"A": "finished", "B": "skip"}


@pytest.mark.parametrize(
    ("cli", "titles"),
    [
        ("--match-title 'Ep 2'", ["Ep 2: Title"]),
        ("--dateafter 20261103", ["Ep 3: Title"]),
        ("--match-filters 'episode_number<=1'", ["Ep 1: Title"]),
        ("--playlist-end 1", ["Ep 1: Title"]),
        ("--no-playlist --playlist-items 3", ["Ep 3: Title"]),
    ],
)
def test_filters_see_what_the_feed_says(add: Add, origin: Origin, cli: str, titles: list[str]) -> None:
    records = add(origin.url(f"lists/show.rss?{quote(cli)}"), cli=cli)
    assert [record["title"] for record in records if record["status"] == "finished"] == titles


NUMBERS = "%(playlist_index)s %(playlist_autonumber)s %(n_entries)s %(autonumber)d %(title)s"


@pytest.mark.parametrize(
    ("path", "cli", "files"),
    [
        ("show.rss", "--playlist-items 2-3", ["2 1 2 1 Ep 2： Title", "3 2 2 2 Ep 3： Title"]),
        ("show.rss", "--playlist-reverse --playlist-items 2,3", ["2 2 2 2 Ep 2： Title", "3 1 2 1 Ep 3： Title"]),
        ("show.rss", "-I -1", ["3 1 1 1 Ep 3： Title"]),
        ("show.rss", "--playlist-items 3,1", ["1 2 2 2 Ep 1： Title", "3 1 2 1 Ep 3： Title"]),
        ("show.rss", "--match-title 'Ep 3' --autonumber-start 5", ["3 3 3 5 Ep 3： Title"]),
        ("long.rss", "--playlist-items 9,10", ["09 1 2 1 Ep 9： Title", "10 2 2 2 Ep 10： Title"]),
        ("players.html", "--playlist-reverse", ["1 2 2 2 A", "2 1 2 1 B"]),
    ],
)
def test_numbers(add: Add, origin: Origin, path: str, cli: str, files: list[str]) -> None:
    records = add(origin.url(f"lists/{path}?{quote(cli)}"), cli=cli, template=f"{NUMBERS}.%(ext)s")
    assert names(records) == [f"{name}.mp4" for name in files]


def test_addresses_that_are_added_together_are_numbered(history: Client, stack: Stack, origin: Origin) -> None:
    elements = [
        {
            "url": origin.url(f"episode/together-{n}/clip.mp4"),
            "folder": "together",
            "template": "%(autonumber)d.%(ext)s",
        }
        for n in range(2)
    ]
    history.post(PATH, elements)
    work(stack)
    assert sorted(each.key for each in bucket.list_("files/together/")) == [
        "files/together/1.mp4",
        "files/together/2.mp4",
    ]


@pytest.mark.parametrize(
    ("path", "cli", "status", "text"),
    [
        ("empty.rss", "", "error", "There is nothing to download: the list has no entries."),
        ("no-address.rss", "", "error", "There is nothing to download: the list has no entries."),
        ("show.rss", "--dateafter 20270101", "skip", "Upload date '20261101' is not in range"),
        ("show.rss", "--playlist-items 9", "skip", "The options leave out all 3 entries of the list."),
        ("players.html", "--match-title nothing", "skip", "title did not match pattern"),
    ],
)
def test_a_list_that_brings_nothing_says_so(
    add: Add,
    history: Client,
    origin: Origin,
    path: str,
    cli: str,
    status: str,
    text: str,
) -> None:
    url = origin.url(f"lists/{path}?{quote(cli)}")
    [record] = add(url, cli=cli)
    assert record["status"] == status
    assert text in (record["error"] or record["msg"])


def test_whoever_waits_hears_that_a_list_brought_nothing(history: Client, stack: Stack, origin: Origin) -> None:
    from tests.functions.working import beside

    answers = []
    url = origin.url("lists/empty.rss?sync")
    thread = beside(lambda: answers.append(history.post(f"{PATH}?sync=true", {"url": url})))
    while thread.is_alive():
        work(stack)
    [(status, body)] = answers
    assert (status, body[0]["status"]) == (200, False)
    assert "no entries" in body[0]["msg"]


def test_a_feed_that_is_added_by_hand_again_comes_again(add: Add, origin: Origin) -> None:
    url = origin.url("lists/show.rss?by-hand")
    assert len(names(add(url, cli="--playlist-items 2-3", template="%(playlist_index)s.%(ext)s"))) == 2
    assert names(add(url, cli="--playlist-items 3", template="again %(playlist_index)s.%(ext)s")) == ["again 3.mp4"]


def test_an_episode_that_stands_twice_comes_once(add: Add, origin: Origin) -> None:
    assert len(add(origin.url("lists/doubled.rss"))) == 1


def test_two_episodes_of_one_file_are_two(add: Add, origin: Origin) -> None:
    records = add(origin.url("lists/one-file.rss"))
    assert names(records) == ["Ep 1.mp4", "Ep 2.mp4"]


def test_an_entry_that_leads_to_several_videos(add: Add, origin: Origin) -> None:
    records = add(origin.url("lists/pages.rss"), template="%(playlist_title)s - %(title)s.%(ext)s")
    assert len(names(records)) == 2


def test_an_entry_without_a_usable_address_is_none(add: Add, origin: Origin) -> None:
    assert names(add(origin.url("lists/foreign.rss"))) == ["Good.mp4"]
