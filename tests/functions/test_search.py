"""Lists by words. docs/contract/downloads.md 4.1."""

from typing import Any

import pytest

from dlambda.domain.items.item import Item, Shelf, Status
from dlambda.domain.items.search_text import Search
from dlambda.store.accounts import accounts
from dlambda.store.items import items
from dlambda.usecases.items import search_items
from tests.functions.calls import Client, error
from tests.functions.people import make_account, set_up
from tests.stack import Stack
from tests.store import records
from tests.store.samples import done, item, waiting


@pytest.fixture(autouse=True)
def _films(stack: Stack) -> None:
    records.add(
        [
            done("a", title="Harbour at Dawn", extras={"uploader": "Sea Channel"}),
            done("b", Status.ERROR, title="Straße im Hafen", folder="städte/kiel"),
            done(
                "c", title="ＦＵＬＬ width", url="https://films.example/watch?v=XYZ", posted_url="https://s.example/1"
            ),
            done("d", title="Cafe\u0301 \n  culture", extras={"channel": "Harbour Town", "uploader": 5}),
            item("q", title="Harbour in the queue"),
            waiting("w", title="Another harbour"),
        ]
    )


def found(history: Client, search: str, **query: Any) -> list[str]:
    status, body = history.get("/api/history", **({"type": "done", "search": search} | query))
    assert status == 200
    assert body["search_complete"] is True
    assert body["pagination"]["total"] >= len(body["items"])
    return [view["_id"] for view in body["items"]]


@pytest.mark.parametrize(
    ("search", "ids"),
    [
        ("harbour", ["d", "a"]),
        ("HARBOUR", ["d", "a"]),
        ("dawn harbour", ["a"]),
        ("bour daw", ["a"]),
        ("harbour nothing", []),
        ("sea channel", ["a"]),
        ("strasse", ["b"]),
        ("STÄDTE", ["b"]),
        ("kiel", ["b"]),
        ("full", ["c"]),
        ("v=xyz", ["c"]),
        ("https://films.example/watch?v=XYZ", ["c"]),
        ("s.example/1", []),
        ("café", ["d"]),
        ("café culture", ["d"]),
        ("dawn\nsea", ["a"]),
        ("town caf", ["d"]),
        ("%", []),
        (".*", []),
        ("\0", []),
    ],
)
def test_what_is_found(history: Client, search: str, ids: list[str]) -> None:
    assert found(history, search) == ids


def test_the_queue_in_its_own_order(history: Client) -> None:
    assert found(history, "harbour", type="queue") == ["w", "q"]
    assert found(history, "harbour", type="queue", order="ASC") == ["q", "w"]
    history.post("/api/history/position", {"ids": ["w"], "position": "front"})
    assert found(history, "harbour", type="queue", order="ASC") == ["w", "q"]


@pytest.mark.parametrize(
    ("status", "ids"),
    [("error", ["b"]), ("!error", ["d", "c", "a"]), ("finished,error", ["d", "c", "b", "a"]), ("skip", []), ("x", [])],
)
def test_with_a_filter(history: Client, status: str, ids: list[str]) -> None:
    assert found(history, "a", status=status) == ids


def test_pages_of_what_is_found(history: Client) -> None:
    assert found(history, "a", per_page=3) == ["d", "c", "b"]
    body = history.get("/api/history", type="done", search="a", per_page=3, page=9)[1]
    assert body["pagination"] == {
        "page": 2, "per_page": 3, "total": 4, "total_pages": 2, "has_next": False, "has_prev": True,
    }  # fmt: skip
    assert [view["_id"] for view in body["items"]] == ["a"]
    empty = history.get("/api/history", type="done", search="nothing")[1]
    assert (empty["items"], empty["pagination"]["total"], empty["pagination"]["total_pages"]) == ([], 0, 1)


@pytest.mark.parametrize("search", ["", "  ", "\u3000"])
def test_a_blank_search_is_none(history: Client, search: str) -> None:
    body = history.get("/api/history", type="done", search=search)[1]
    assert (len(body["items"]), "search_complete" in body) == (4, False)


def test_a_search_that_is_too_long(history: Client) -> None:
    answer = history.get("/api/history", type="done", search="x" * 201)
    assert error(answer) == (400, "search must have at most 200 characters.")


def test_changes_are_found(history: Client) -> None:
    history.post("/api/history/a", {"title": "Renamed"})
    assert found(history, "renamed") == ["a"]
    assert found(history, "dawn") == []
    history.post("/api/history/cancel", {"ids": ["w"]})
    assert found(history, "another") == ["w"]
    assert found(history, "another", type="queue") == []
    history.delete("/api/history", {"type": "done", "ids": ["w"]})
    assert found(history, "another") == []


def test_the_oldest_of_a_very_long_list_are_not_looked_at(history: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_items, "MOST_BUCKETS", 1)
    first: Item = items.get("a")
    records.save(first, first.evolve(seq=-1))
    body = history.get("/api/history", type="done", search="harbour")[1]
    assert ([view["_id"] for view in body["items"]], body["search_complete"]) == (["d"], False)


def test_long_texts_are_found_by_their_beginnings(history: Client) -> None:
    records.add([done("long", title="begin " + "x" * 5000 + " end", url="https://e.example/" + "y" * 3000)])
    assert found(history, "begin") == ["long"]
    assert found(history, "end") == []


def test_a_member_finds_its_own_items_alone(history: Client) -> None:
    own: dict[str, Any] = {"owner": "ann", "home": "members/ann", "folder": "members/ann"}
    records.add([done("m1", title="Harbour of Ann", **own), done("m2", Status.ERROR, title="Ann's other", **own)])
    wanted = Search.read("harbour")
    assert wanted is not None
    request: dict[str, Any] = {"page": 1, "per_page": 9, "newest_first": True}
    hits = search_items.search_items(Shelf.DONE, wanted, owner="ann", **request)
    assert (list(hits.page.ids), hits.page.total) == (["m1"], 1)
    errors = search_items.search_items(Shelf.DONE, Search(("ann",)), owner="ann", statuses=["error"], **request)
    assert list(errors.page.ids) == ["m2"]
    assert search_items.search_items(Shelf.DONE, wanted, owner="bob", **request).page.total == 0
    assert found(history, "harbour") == ["m1", "d", "a"]


def test_members_search_among_their_own() -> None:
    member, _ = make_account(set_up(), "somebody", "member")
    account = accounts.find_by_name("somebody")
    assert account is not None
    records.add([done("own", title="Harbour of a member", owner=account.principal.owner)])
    status, body = member.ask("history", "GET", "/api/history?type=done&search=harbour")
    assert (status, [view["_id"] for view in body["items"]]) == (200, ["own"])
