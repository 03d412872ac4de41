"""Which entries of a list become items, and how they are told apart (docs/contract/downloads.md 5.4)."""

import json

import pytest

from dlambda.domain.items.entries import Plan, pick, plan_entries, told_fields

PAGE = "https://site.example/page"


def listed(*entries, **head):
    return {
        "_type": "playlist",
        "id": "p",
        "webpage_url": PAGE,
        "extractor_key": "Generic",
        "entries": [*entries],
        **head,
    }


def video(id_: str, **fields):
    return {"id": id_, "webpage_url": PAGE, "formats": [{"url": "https://cdn.example/v.mp4"}], **fields}


def link(url: str, **fields):
    return {"_type": "url", "url": url, **fields}


def planned(info, known=(PAGE,)):
    return [(entry.url, entry.label, entry.hinted_url) for entry in plan_entries(info, set(known)).entries]


SMUGGLED = f"{PAGE}#__youtubedl_smuggle=%7B%7D"


@pytest.mark.parametrize(
    ("entries", "items"),
    [
        ([video("a"), video("b")], [(PAGE, "a", ""), (PAGE, "b", "")]),
        ([video("a", title="T"), video("a", title="U")], [(PAGE, "a T", ""), (PAGE, "a U", "")]),
        ([video("a"), video("a"), video("a")], [(PAGE, "a", ""), (PAGE, "a 2", ""), (PAGE, "a 3", "")]),
        ([video("a", webpage_url="https://b.example/")], [("https://b.example/", "", "")]),
        ([video("a", webpage_url="https://b.example/"), video("b", webpage_url="https://b.example/")],
         [("https://b.example/", "a", ""), ("https://b.example/", "b", "")]),
        ([{"_type": "video", "id": "a", "formats": []}], [(PAGE, "a", "")]),
        ([link("https://b.example/1"), link("https://b.example/2")],
         [("https://b.example/1", "", ""), ("https://b.example/2", "", "")]),
        ([link("https://b.example/1"), link("https://b.example/1")], [("https://b.example/1", "", "")]),
        ([link("https://b.example/1", id="x"), link("https://b.example/1", id="y")],
         [("https://b.example/1", "", ""), ("https://b.example/1", "y", "")]),
        ([link("https://b.example/1", webpage_url="https://b.example/page")],
         [("https://b.example/page", "", "https://b.example/1")]),
        ([link(PAGE)], []),
        ([link(PAGE, ie_key="Generic")], []),
        ([link(PAGE, ie_key="Other")], [(PAGE, "entry", "")]),
        ([link(SMUGGLED)], [(PAGE, PAGE, SMUGGLED)]),
        ([link("kaltura:1:2"), link("nonsense"), {"url": "nonsense"}, {"id": "x"}], []),
        ([link("file:///etc/passwd", ie_key="Kaltura"), link("ftp://b.example/", ie_key="Kaltura"),
          link("kaltura:1:2", ie_key="Generic"), link("file:etc", ie_key="Kaltura")], []),
        ([link("kaltura:1:2", ie_key="Kaltura")], [(PAGE, "kaltura:1:2", "kaltura:1:2")]),
        ([link("dQw4w9WgXcQ", ie_key="Youtube", id="dQw4w9WgXcQ")], [(PAGE, "dQw4w9WgXcQ", "dQw4w9WgXcQ")]),
        ([link(""), {"_type": "url", "id": "x"}, None, "text"], []),
        ([link("https://b.example/a\nhttps://b.example/b")], []),
        ([listed(video("a"), video("b")), video("c")], [(PAGE, "a", ""), (PAGE, "b", ""), (PAGE, "c", "")]),
    ],
)  # fmt: skip
def test_items_of_a_list(entries, items):
    assert planned(listed(*entries)) == items


def test_what_stays_out_is_counted():
    assert plan_entries(listed(link(PAGE), {"_type": "url"}, link("https://b.example/")), {PAGE}).left_out == 2


def test_a_list_in_a_list_keeps_its_own_name_and_numbers():
    inner = listed(video("b", playlist_index=7), id="inner", title="Inner")
    plan = plan_entries(listed(video("a"), inner, title="Outer"), {PAGE})
    assert [(plan.playlists[entry.playlist]["title"], entry.index) for entry in plan.entries] == [
        ("Outer", 1), ("Inner", 7),
    ]  # fmt: skip
    assert [(head["playlist_count"], head["last_index"]) for head in plan.playlists] == [(2, 2), (1, 7)]


def test_entries_of_one_name_are_numbered():
    plan = plan_entries(listed(*(video("a", title="T") for _ in range(4000))), {PAGE})
    assert len({entry.label for entry in plan.entries}) == 4000
    assert [entry.label.rpartition(" ")[2] for entry in plan.entries[1:4]] == ["2", "3", "4"]


def test_the_form_of_before_is_read():
    """An older version left it in the middle of a list; its count and order stay."""
    plan = Plan.read({"playlist": {"title": "P"}, "entries": [link("https://b.example/1"), {"_type": "url"}]})
    assert [(entry.url, entry.index) for entry in plan.entries] == [("https://b.example/1", 1), ("", 2)]


def test_a_plan_survives_json():
    plan = plan_entries(listed(video("a"), link("https://b.example/1")), {PAGE})
    assert Plan.read(json.loads(json.dumps(plan.rendered()))) == plan


@pytest.mark.parametrize(
    ("now", "found"),
    [
        (listed(video("a", title="T"), video("b", title="U")), "U"),
        (listed(video("new", title="N"), video("a", title="T"), video("b", title="U")), "U"),
        (listed(video("a", title="T"), video("b", title="Renamed")), "Renamed"),
        (listed(video("b", title="U"), video("b", title="U", n=2)), "U"),
        (video("b", title="Alone"), "Alone"),
        (listed(video("a", title="T")), None),
        (listed(), None),
        (video("other"), None),
    ],
)
def test_an_entry_is_found_again(now, found):
    entry = pick(now, PAGE, "b U", 2)
    assert (entry or {}).get("title") == found


def test_of_two_that_are_called_alike_the_number_tells():
    info = listed(video("a", title="T", n=1), video("a", title="T", n=2))
    assert [pick(info, PAGE, label, index)["n"] for label, index in (("a T", 1), ("a T 2", 2), ("a T", 2))] == [1, 2, 2]


def test_what_a_list_tells_of_its_entry():
    entry = {
        "_type": "url_transparent", "url": "u", "ie_key": "Generic", "id": "1", "title": "T", "timestamp": 1,
        "description": "d" * 9000, "subtitles": {"en": [{"data": "x" * 9000}]}, "duration": None,
        "playlist_index": 3, "n_entries": 5,
    }  # fmt: skip
    told = told_fields(entry)
    assert told == {"title": "T", "timestamp": 1, "description": "d" * 8000}
    assert told_fields(entry | {"section_start": 0})["id"] == "1"
    assert told_fields(entry | {"_type": "url"}) == {}
