"""Tasks as values: docs/contract/tasks.md 1, 2."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from dlambda.domain.rules.body import read, read_change
from dlambda.domain.tasks.schedule import next_run
from dlambda.domain.tasks.task import Result, Task, has_handle, without_handle
from dlambda.domain.tasks.task_input import Draft, TaskInput, free_name, read_tasks, titled
from dlambda.errors import Invalid, ValidationFailed

T0 = datetime(2026, 2, 17, 15, 51, 4, tzinfo=UTC)
TASK = Task(id=7, name="Tides", url="https://a.example/", created_at=T0, updated_at=T0, timer="5 */2 * * *")


def read_task(body: dict[str, Any]) -> dict[str, Any]:
    return read(TaskInput, body, text="Failed to validate task.")


def problem(body: dict[str, Any]) -> dict[str, Any]:
    """The only problem of a body that lacks nothing else."""
    with pytest.raises(ValidationFailed, match=r"Failed to validate task\.") as caught:
        read_task({"name": "a", "url": "https://a.example"} | body)
    (detail,) = caught.value.extra["detail"]
    return dict(detail)


@pytest.mark.parametrize(
    ("body", "msg"),
    [
        ({"name": 5}, "Value error, Name must be a string."),
        ({"name": "  "}, "Value error, Name cannot be empty."),
        ({"url": ""}, "Value error, URL cannot be empty."),
        (
            {"url": "ftp://example.com"},
            "Value error, Invalid URL format: Invalid scheme usage. Only HTTP or HTTPS allowed.",
        ),
        ({"url": "https:///missing-host"}, "Value error, Invalid URL format: Invalid hostname."),
        ({"url": "https://[bad"}, "Value error, Invalid URL format: Invalid URL."),
        ({"timer": "@daily"}, "Value error, Invalid timer format: Wrong number of fields"),
        ({"timer": "60 * * * *"}, "Value error, Invalid timer format: Bad minute"),
        ({"cli": "--bad"}, "Value error, Invalid command options for yt-dlp: No such option: --bad"),
    ],
)
def test_a_bad_field_is_named_with_its_reason(body: dict[str, Any], msg: str) -> None:
    assert problem(body) == {"loc": list(body), "msg": msg, "type": "value_error"}


@pytest.mark.parametrize(("field", "length"), [("name", 256), ("timer", 256), ("folder", 513), ("template", 1025)])
def test_texts_have_a_longest_length(field: str, length: int) -> None:
    assert problem({field: "x" * length})["type"] == "string_too_long"


def test_name_and_url_are_required() -> None:
    with pytest.raises(ValidationFailed) as caught:
        read_task({})
    assert [entry["loc"] for entry in caught.value.extra["detail"]] == [["name"], ["url"]]


def test_what_is_left_out_or_null_has_its_default() -> None:
    fields = read_task({"name": " a ", "url": " https://a.example ", "timer": None, "enabled": None, "id": 9})
    assert (fields["name"], fields["url"], fields["timer"], fields["enabled"]) == ("a", "https://a.example", "", True)


def test_a_patch_changes_what_is_sent_alone() -> None:
    body = {"enabled": False, "id": 99, "created_at": "x"}
    assert read_change(TaskInput, body, text="x") == {"enabled": False}


@pytest.mark.parametrize("body", [{"name": None}, {"url": None}, {"timer": "bad"}, {"cli": "--bad"}, {"name": ""}])
def test_a_patch_is_validated_like_a_post(body: dict[str, Any]) -> None:
    with pytest.raises(ValidationFailed):
        read_change(TaskInput, body, text="x")


def test_null_in_a_patch_is_the_default() -> None:
    assert read_change(TaskInput, {"timer": None}, text="x") == {"timer": ""}


def test_an_option_that_nobody_may_set_is_named_in_the_answer() -> None:
    with pytest.raises(ValidationFailed, match=r"Option '--exec' is not allowed\."):
        read_task({"name": "a", "url": "https://a.example", "cli": "--exec id"})


def test_the_view_has_every_documented_key() -> None:
    task = replace(TASK, last_result=Result(T0, "ok", 3, 2), next_run=next_run(TASK.timer, T0, UTC))
    view = task.view()
    assert set(view) == {
        *("id", "name", "url", "timer", "preset", "folder", "template", "cli", "auto_start", "handler_enabled"),
        *("enabled", "cookies", "config", "created_at", "updated_at", "last_run", "next_run", "last_result"),
    }
    assert view["next_run"] == "2026-02-17T16:05:00+00:00"
    assert view["last_result"] == {
        "at": "2026-02-17T15:51:04+00:00",
        "status": "ok",
        "found": 3,
        "queued": 2,
        "error": None,
    }
    assert (view["cookies"], view["config"]) == ("", {})


def test_the_source_of_an_item_names_the_task() -> None:
    assert TASK.extras("Tasks") == {"source_name": "Tides", "source_id": "7", "source_handler": "Tasks"}
    assert TASK.extras("RssGenericHandler")["source_id"] == 7


# Arrays

FIRST = {
    "name": "Tides",
    "url": "https://a.example",
    "preset": "audio_only",
    "folder": "tides",
    "cli": "--no-part",
    "auto_start": False,
    "timer": "0 12 * * *",
}


@pytest.mark.parametrize(
    ("bodies", "text"),
    [
        (["x"], "First item requires 'url' field."),
        ([{"name": "a"}], "First item requires 'url' field."),
        ([{"url": "https://a.example"}], "First item requires 'name' field."),
        ([{"url": "https://a.example", "name": "a", "timer": "bad"}], "Failed to validate first task."),
        ([FIRST, {"url": "ftp://b"}], "Failed to validate task."),
        ([FIRST, {"name": "b"}], "Failed to validate task."),
        ([FIRST, 5], "Failed to validate task."),
    ],
)
def test_a_bad_array_is_refused_as_a_whole(bodies: list[object], text: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_tasks(bodies)
    assert caught.value.message == text


def test_later_elements_are_completed_from_the_first() -> None:
    later = {"url": "https://b.example", "preset": "", "auto_start": True, "folder": None}
    fields = read_tasks([FIRST, later, {"url": "https://c.example"}])
    second, third = fields[1].fields, fields[2].fields
    assert (second["preset"], second["auto_start"], second["folder"], second["cli"]) == ("", True, "tides", "--no-part")
    assert (third["preset"], third["auto_start"], third["name"]) == ("audio_only", False, "task-2")
    assert [draft.fields["timer"] for draft in fields] == ["0 12 * * *", "5 12 * * *", "10 12 * * *"]


def test_an_own_name_wins_over_a_title_and_a_title_over_the_number() -> None:
    _, named, unnamed = read_tasks([FIRST, {"url": "https://b", "name": "Mine"}, {"url": "https://c"}])
    assert titled(named, "Title").fields["name"] == "Mine"
    assert titled(unnamed, " Title ").fields["name"] == "Title"
    assert titled(unnamed, None).fields["name"] == "task-2"
    assert len(titled(unnamed, "x" * 300).fields["name"]) == 255


def test_a_draft_keeps_its_place() -> None:
    drafts = read_tasks([FIRST, {"url": "https://b.example"}])
    assert [type(draft) for draft in drafts] == [Draft, Draft]
    assert [draft.fields["url"] for draft in drafts] == ["https://a.example", "https://b.example"]


@pytest.mark.parametrize(
    ("name", "taken", "expected"),
    [
        ("Tides", set(), "Tides"),
        ("Tides", {"Tides"}, "Tides-1"),
        ("Tides", {"Tides", "Tides-1"}, "Tides-2"),
        ("tides", {"Tides"}, "tides"),
        ("x" * 255, {"x" * 255}, "x" * 253 + "-1"),
    ],
)
def test_a_name_in_use_gets_a_number(name: str, taken: set[str], expected: str) -> None:
    assert free_name(name, taken) == expected


@pytest.mark.parametrize(
    ("url", "channel_id", "expected"),
    [
        ("https://www.youtube.com/@acme/videos", "UC1", "https://www.youtube.com/channel/UC1/videos"),
        ("https://www.youtube.com/@acme", "UC1", "https://www.youtube.com/channel/UC1"),
        ("https://www.youtube.com/@acme?a=/@b", "UC1", "https://www.youtube.com/channel/UC1?a=/@b"),
        ("https://www.youtube.com/@acme/videos", None, "https://www.youtube.com/@acme/videos"),
        ("https://www.youtube.com/c/acme", "UC1", "https://www.youtube.com/c/acme"),
    ],
)
def test_a_handle_becomes_the_channel_that_it_names(url: str, channel_id: str | None, expected: str) -> None:
    assert without_handle(url, channel_id) == expected


def test_only_a_url_with_a_handle_needs_a_look_up() -> None:
    assert has_handle("https://www.youtube.com/@acme")
    assert not has_handle("https://www.youtube.com/channel/UC1?x=/@a")
