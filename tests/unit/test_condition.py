"""docs/contract/rules.md 3."""

import pytest

from dlambda.domain.rules.body import read, read_change
from dlambda.domain.rules.condition import (
    Condition,
    ConditionInput,
    effect_of,
    first_match,
    ignored_text,
    masked,
    read_ignored,
    switched_text,
    unmasked,
)
from dlambda.domain.secrets.mask import MASK
from dlambda.errors import ValidationFailed

TEXT = "Failed to validate condition."
PRIMARY = Condition(id=123, name="Primary", filter="duration>1", cli="-x", priority=20)
FALLBACK = Condition(id=124, name="Fallback", filter="duration>1", cli="-x", priority=10)
INFO = {"duration": 60, "title": "BBC"}


def match(conditions, info=INFO, ignored=()):
    broken = []
    found = first_match(conditions, info, ignored=ignored, on_broken=lambda condition, _: broken.append(condition.name))
    return found.name if found else None, broken


def test_the_highest_priority_acts_and_no_other():
    assert match([FALLBACK, PRIMARY]) == ("Primary", [])


def test_among_equals_the_name_decides():
    assert match([Condition("b", filter="title"), Condition("a", filter="title")]) == ("a", [])


def test_what_is_off_empty_or_false_is_passed_over():
    off = Condition("off", filter="title", enabled=False, priority=9)
    empty = Condition("empty", priority=8)
    false = Condition("false", filter="!title", priority=7)
    assert match([off, empty, false, FALLBACK]) == ("Fallback", [])


def test_a_broken_filter_is_reported_and_passed_over():
    unreadable = Condition("unreadable", filter="a &", priority=99)
    unanswerable = Condition("unanswerable", filter="title>5", priority=98)
    assert match([unreadable, unanswerable, FALLBACK]) == ("Fallback", ["unreadable", "unanswerable"])


def test_nothing_matches():
    assert match([PRIMARY], {}) == (None, [])


@pytest.mark.parametrize(
    ("ignored", "name"),
    [
        ([], "Primary"),
        (["Primary"], "Fallback"),
        (["123"], "Fallback"),
        ([123], "Fallback"),
        (["*"], None),
        (["Primary", "124"], None),
        ([True], "Primary"),
        (["primary"], "Primary"),
    ],
)
def test_an_item_may_take_conditions_out(ignored, name):
    assert match([PRIMARY, FALLBACK], ignored=read_ignored(ignored))[0] == name


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ([" 123 ", "Primary", "", " * "], ("123", "Primary", "*")),
        ([123, "Primary", True, " * "], ("123", "Primary", "*")),
        ([None, {}, 1.5, False], ()),
        ("Primary", ()),
        (None, ()),
    ],
)
def test_the_list_of_ignored_conditions(value, names):
    assert read_ignored(value) == names


@pytest.mark.parametrize(
    ("extras", "skip", "archive"),
    [
        ({"ignore_download": True}, True, True),
        ({"ignore_download": True, "no_archive": True}, True, False),
        ({"ignore_download": True, "set_preset": "x"}, True, True),
        ({"no_archive": True}, False, False),
        ({"ignore_download": False}, False, False),
        ({"ignore_download": "true"}, False, False),
    ],
)
def test_a_match_may_skip_the_download(extras, skip, archive):
    effect = effect_of(Condition("c", extras=extras, cli="-x"), item_cli="-f b")
    assert (effect.skip, effect.archive) == (skip, archive)


def test_nothing_else_of_a_match_that_skips_counts():
    effect = effect_of(Condition("c", extras={"ignore_download": True, "set_preset": "x"}, cli="-x"), item_cli="-f b")
    assert (effect.preset, effect.cookies, effect.cli) == (None, None, "")


def test_a_match_may_switch_preset_and_cookies():
    effect = effect_of(Condition("c", extras={"set_preset": "talks", "set_cookies": "jar", "other": 1}), item_cli="")
    assert (effect.preset, effect.cookies) == ("talks", "jar")


@pytest.mark.parametrize("value", ["", "  ", None, 5, True])
def test_blank_settings_have_no_effect(value):
    effect = effect_of(Condition("c", extras={"set_preset": value, "set_cookies": value}), item_cli="")
    assert (effect.preset, effect.cookies) == (None, None)


def test_the_options_of_the_condition_come_behind_those_of_the_item():
    assert effect_of(Condition("c", cli="-f best"), item_cli="-x").cli == "-x\n-f best"
    assert effect_of(Condition("c"), item_cli="-x").cli == "-x"


def test_the_texts_of_events():
    condition = Condition("Shorts")
    assert ignored_text("A", condition, None) == "Ignoring download of 'A' as per condition 'Shorts'."
    assert ignored_text("A", condition, "/c/archive.log") == (
        "Ignoring download of 'A' as per condition 'Shorts' and added to archive file '/c/archive.log'."
    )
    assert switched_text("A", condition, "default", "talks").startswith(
        "Switching preset from 'default' to 'talks' for "
    )


# What a client sends


def posted(**body):
    return read(ConditionInput, {"name": "c", "cli": "-x", **body}, text=TEXT, context={"complete": True})


def refusal(**body):
    with pytest.raises(ValidationFailed) as caught:
        posted(**body)
    return caught.value


def test_defaults():
    assert posted() == {
        "name": "c", "filter": "", "cli": "-x", "extras": {}, "enabled": True, "priority": 0, "description": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "loc", "msg"),
    [
        ({"name": 5}, "name", "Name must be a string."),
        ({"name": " "}, "name", "Name cannot be empty."),
        ({"filter": ""}, "filter", "Invalid filter. 'Expected ATOM'."),
        ({"filter": "title~='['"}, "filter", "Invalid filter. 'Invalid regular expression '['"),
        ({"enabled": "yes"}, "enabled", "Enabled must be a boolean."),
        ({"enabled": 1}, "enabled", "Enabled must be a boolean."),
        ({"priority": "high"}, "priority", "Priority must be an integer."),
        ({"priority": True}, "priority", "Priority must be an integer."),
        ({"priority": -1}, "priority", "Priority must be >= 0."),
        ({"extras": []}, "extras", "Extras must be a dictionary."),
        ({"cli": "--bogus-option"}, "cli", "Invalid command options for yt-dlp. '"),
        ({"cli": ""}, None, "Either cli or extras must be set."),
        ({"cli": "  "}, None, "Either cli or extras must be set."),
    ],
)
def test_refusals(body, loc, msg):
    error = refusal(**body)
    (detail,) = error.extra["detail"]
    assert error.message == TEXT
    assert detail["msg"].startswith(f"Value error, {msg}")
    assert detail["loc"] == ([loc] if loc else [])


def test_an_option_that_no_client_may_set_is_named():
    assert refusal(cli="--exec rm").message == "Option '--exec' is not allowed."


def test_extras_alone_are_enough_and_the_rest_is_trimmed():
    fields = posted(cli=" ", extras={"ignore_download": True, "n": 5}, name=" c ", filter=" duration>1 ", id=99)
    assert (fields["name"], fields["filter"], fields["extras"]) == (
        "c",
        "duration>1",
        {"ignore_download": True, "n": 5},
    )


def test_a_change_reads_only_what_was_sent():
    assert read_change(ConditionInput, {"cli": "", "id": 7}, text=TEXT) == {"cli": ""}
    assert read_change(ConditionInput, {"priority": None, "enabled": None}, text=TEXT) == {
        "priority": 0,
        "enabled": True,
    }


@pytest.mark.parametrize("body", [{"name": None}, {"filter": "a &"}, {"name": ""}])
def test_a_change_is_checked(body):
    with pytest.raises(ValidationFailed):
        read_change(ConditionInput, body, text=TEXT)


def test_cookies_and_passwords_are_masked_and_come_back():
    known = posted(extras={"set_cookies": "jar", "n": 1}, cli="--proxy http://me:pw@example.com:80")
    shown = masked(known)
    assert shown["extras"] == {"set_cookies": MASK, "n": 1}
    assert shown["cli"] == f"--proxy http://me:{MASK}@example.com:80"
    assert unmasked(shown, known) == known
    assert unmasked({"extras": {"set_cookies": "new"}}, known) == {"extras": {"set_cookies": "new"}}
