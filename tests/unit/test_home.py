"""A member's home: no path leads out of it, and none shows what lies around it."""

import pytest

from dlambda.domain.events.event import EVERYONE, Event, Name, item_moved, item_updated
from dlambda.domain.paths.home import at_home, from_home, is_at_home, text_from_home
from dlambda.errors import Invalid
from tests.store.samples import done, item

HOME = "members/ann"


@pytest.mark.parametrize(
    ("path", "below_root"),
    [
        ("", HOME),
        ("/", HOME),
        ("a.mp4", f"{HOME}/a.mp4"),
        ("/sea/../a.mp4", f"{HOME}/a.mp4"),
        ("./sea//b", f"{HOME}/sea/b"),
        ("members/bob/c", f"{HOME}/members/bob/c"),
        ("%2e%2e/x", f"{HOME}/%2e%2e/x"),
    ],
)
def test_a_path_begins_at_the_home(path: str, below_root: str) -> None:
    assert at_home(HOME, path) == below_root
    assert at_home("", from_home(HOME, below_root)) == from_home(HOME, below_root)


@pytest.mark.parametrize("path", ["..", "../bob/a", "sea/../../bob", "//etc", "a\0b", "../ann/a"])
def test_no_path_leads_out_of_the_home(path: str) -> None:
    with pytest.raises(Invalid):
        at_home(HOME, path)


def test_a_name_that_begins_like_the_home_is_another_folder() -> None:
    assert not is_at_home(HOME, "members/anna")
    assert from_home(HOME, "members/anna/a.mp4") == ""
    assert is_at_home(HOME, HOME)


def test_admins_see_the_whole_root() -> None:
    assert (at_home("", "a/b"), from_home("", "a/b"), is_at_home("", "a")) == ("a/b", "a/b", True)
    assert text_from_home("", "'a' is a folder.") == "'a' is a folder."


def test_texts_name_paths_as_the_client_does() -> None:
    assert text_from_home(HOME, f"'{HOME}/a' and '{HOME}' exist") == "'a' and '/' exist"


def test_an_item_is_shown_to_its_owner_from_its_home() -> None:
    made = done(
        "a", owner="1", home=HOME, folder=f"{HOME}/sea", download_dir=f"/downloads/{HOME}/sea",
        sidecar={"image": [{"file": f"/downloads/{HOME}/sea/a.jpg"}]},
    )  # fmt: skip
    shown = made.view_for("1")
    assert (shown["folder"], shown["download_dir"]) == ("sea", "/downloads/sea")
    assert shown["sidecar"] == {"image": [{"file": "/downloads/sea/a.jpg"}]}
    assert made.view_for("")["folder"] == f"{HOME}/sea"
    in_home = made.evolve(folder=HOME, download_dir=f"/downloads/{HOME}").view_for("1")
    assert (in_home["folder"], in_home["download_dir"]) == ("", "/downloads")


def test_the_request_of_an_item_stays_at_home() -> None:
    made = item("a", owner="1", home=HOME, folder=f"{HOME}/sea")
    assert (made.request().folder, made.request().home, made.request().owner) == ("sea", HOME, "1")


@pytest.mark.parametrize("owner", ["", "1"])
def test_an_event_is_for_admins_and_its_owner(owner: str) -> None:
    told = item_updated(item("a", owner=owner))
    assert told.is_for("")
    assert told.is_for("1") is (owner == "1")
    assert not told.is_for("2")
    assert Event(Name.PAUSED, {}, owner=EVERYONE).is_for("2")
    assert not Event(Name.LOG_ERROR, {}).is_for("2")


def test_the_owner_hears_of_paths_from_its_home() -> None:
    made = done("a", owner="1", home=HOME, folder=HOME, download_dir=f"/downloads/{HOME}")
    data = item_moved(made).for_owner().frame()["data"]
    assert data["item"]["folder"] == data["data"]["item"]["folder"] == ""
    assert HOME not in str(data)
    assert item_moved(made).frame()["data"]["item"]["folder"] == HOME
