"""docs/contract/rules.md 2."""

import shlex
from typing import Any

import pytest

from dlambda.domain.rules.body import read
from dlambda.domain.rules.preset import (
    FIRST_OWN_ID,
    SYSTEM_PRESETS,
    Preset,
    PresetInput,
    fill_in_variables,
    find_system_preset,
    join_cli,
    masked,
    normalise_name,
    unmasked,
    without_comments,
)
from dlambda.domain.secrets.mask import MASK
from dlambda.errors import ValidationFailed

TALKS = Preset(name="talks", folder="talks", template="%(title)s.%(ext)s", cookies="jar", cli="--format 720p")


@pytest.mark.parametrize(
    ("name", "key"),
    [("My  Preset", "my_preset"), ("Custom", "custom"), ("  a\tb \n c ", "a_b_c"), ("Ünder", "ünder"), ("", "")],
)
def test_names_are_compared_in_one_form(name: str, key: str) -> None:
    assert normalise_name(name) == key


def test_lists_put_high_priorities_first_and_then_go_by_name() -> None:
    presets = [Preset(name="B", priority=1), Preset(name="a", priority=1), Preset(name="c", priority=2)]
    assert [preset.name for preset in sorted(presets, key=lambda preset: preset.order)] == ["c", "a", "B"]


def test_the_system_presets_are_the_documented_ones() -> None:
    assert [preset.name for preset in SYSTEM_PRESETS] == [
        "default", "mobile", "1080p", "720p", "audio_only", "info_reader_plugin", "nfo_maker_tv", "nfo_maker_movie",
        "generic_browser",
    ]  # fmt: skip


@pytest.mark.parametrize("preset", SYSTEM_PRESETS, ids=lambda preset: preset.name)
def test_every_system_preset(preset: Preset) -> None:
    assert preset.default
    assert (preset.folder, preset.cookies, preset.priority) == ("", "", 0)
    assert preset.id < FIRST_OWN_ID
    assert shlex.split(preset.cli)[:4] == ["--socket-timeout", "30", "--download-archive", "%(archive_file)s"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("default", []),
        (
            "mobile",
            ["-t", "mp4", "--merge-output-format", "mp4", "--add-chapters", "--remux-video", "mp4", "--embed-metadata",
             "--embed-thumbnail", "--postprocessor-args", "-movflags +faststart"],
        ),
        ("1080p", ["-S", "vcodec:h264", "--format", "bv[height<=1080][ext=mp4]+ba[ext=m4a]/b[ext=mp4]/b[ext=webm]"]),
        ("720p", ["-S", "vcodec:h264", "--format", "bv[height<=720][ext=mp4]+ba[ext=m4a]/b[ext=mp4]/b[ext=webm]"]),
        (
            "audio_only",
            ["--extract-audio", "--add-chapters", "--embed-metadata", "--embed-thumbnail", "--format",
             "bestaudio/best"],
        ),
        (
            "info_reader_plugin",
            ["--windows-filenames", "--write-info-json", "--embed-info-json", "--convert-thumbnails", "jpg",
             "--write-thumbnail", "--embed-metadata"],
        ),
        (
            "nfo_maker_tv",
            ["--use-postprocessor", "NFOMakerPP:when=after_move", "--windows-filenames", "--convert-thumbnails", "jpg",
             "--write-thumbnail"],
        ),
        (
            "nfo_maker_movie",
            ["--use-postprocessor", "NFOMakerPP:when=after_move;mode=movie", "--windows-filenames",
             "--convert-thumbnails", "jpg", "--write-thumbnail"],
        ),
        ("generic_browser", ["--use-extractors", "generic"]),
    ],
)  # fmt: skip
def test_options_of_system_presets(name: str, words: list[Any]) -> None:
    preset = find_system_preset(name)
    assert preset is not None
    assert shlex.split(preset.cli)[4:] == words


EPISODE = (
    "%(channel)s [%(channel_id|Unknown_id)s]/Season %(release_date>%Y,upload_date>%Y|Unknown)s/"
    "S%(release_date>%Y,upload_date>%Y)sE%(release_date>%m%d,upload_date>%m%d)s - %(title).100B [%(id)s].%(ext)s"
)
READER = (
    "%(channel)s [%(channel_id|Unknown_id)s]/Season %(release_date>%Y,upload_date>%Y|Unknown)s/"
    "%(release_date>%Y%m%d,upload_date>%Y%m%d)s - %(title).180B [%(id)s].%(ext)s"
)


@pytest.mark.parametrize(
    ("name", "template"),
    [("default", ""), ("info_reader_plugin", READER), ("nfo_maker_tv", EPISODE), ("nfo_maker_movie", EPISODE)],
)
def test_templates_of_system_presets(name: str, template: str) -> None:
    preset = find_system_preset(name)
    assert preset is not None
    assert preset.template == template


def test_a_system_preset_is_found_in_any_spelling() -> None:
    assert find_system_preset(" Audio  Only ") is find_system_preset("audio_only")
    assert find_system_preset("nobody") is None


def test_comments_are_no_options() -> None:
    assert without_comments("# a\n  #b\n-x # stays\n") == "-x # stays"
    assert join_cli("# only a comment", "", "-x") == "-x"


def test_variables_are_filled_in_and_the_extractors_own_stay() -> None:
    values = {"download_path": "/d", "temp_path": "/t", "config_path": "/c", "archive_file": "/c/a.log", "os_sep": "/"}
    cli = "-a %(archive_file)s -b %(download_path)s%(os_sep)s%(title)s"
    assert fill_in_variables(cli, values) == "-a /c/a.log -b /d/%(title)s"


def test_cookies_are_not_shown_in_logs() -> None:
    assert "jar" not in repr(TALKS)


# What a client sends

TEXT = "Failed to validate preset."


def test_defaults_of_what_is_sent() -> None:
    assert read(PresetInput, {"name": " My  Preset "}, text=TEXT) == {
        "name": "My  Preset", "description": "", "folder": "", "template": "", "cookies": "", "cli": "", "priority": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "msg"),
    [
        ({}, "Field required"),
        ({"name": None}, "Value error, Name must be a string."),
        ({"name": 1}, "Value error, Name must be a string."),
        ({"name": ""}, "Value error, Name cannot be empty."),
        ({"name": "a", "priority": -1}, "Value error, Priority must be >= 0."),
        ({"name": "a", "priority": "x"}, "Value error, Priority must be an integer."),
        ({"name": "a", "cli": "--bogus-option"}, "Value error, Invalid command options for yt-dlp: No such option"),
        ({"name": "a", "cli": "-f"}, "Value error, Invalid command options for yt-dlp: -f option requires 1 argument"),
    ],
)
def test_refusals(body: dict[str, Any], msg: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        read(PresetInput, body, text=TEXT)
    assert caught.value.message == TEXT
    assert caught.value.extra["detail"][0]["msg"].startswith(msg)


def test_an_option_that_no_client_may_set_is_named() -> None:
    with pytest.raises(ValidationFailed) as caught:
        read(PresetInput, {"name": "a", "cli": "--exec x"}, text=TEXT)
    assert caught.value.message == "Option '--exec' is not allowed."


@pytest.mark.parametrize("preset", SYSTEM_PRESETS, ids=lambda preset: preset.name)
def test_system_presets_pass_their_own_checks(preset: Preset) -> None:
    assert read(PresetInput, {"name": preset.name, "cli": preset.cli}, text=TEXT)["cli"] == preset.cli


def test_cookies_are_masked_and_the_mask_means_unchanged() -> None:
    known = read(PresetInput, {"name": "a", "cookies": "# jar", "cli": "--proxy socks5://u:p@h:1"}, text=TEXT)
    shown = masked(known)
    assert (shown["cookies"], shown["cli"]) == (MASK, f"--proxy socks5://u:{MASK}@h:1")
    assert unmasked(shown, known) == known
    assert unmasked({"cookies": "new"}, known) == {"cookies": "new"}
    assert unmasked({"cookies": MASK}, {}) == {"cookies": ""}


def test_unreadable_cookies_are_refused_with_the_line() -> None:
    with pytest.raises(ValidationFailed, match=r"Line 2 cannot be read") as error:
        read(PresetInput, {"name": "a", "cookies": "# none\ngarbage"}, text=TEXT)
    assert error.value.extra["detail"][0]["loc"] == ["cookies"]
    assert read(PresetInput, {"name": "a", "cookies": MASK}, text=TEXT)["cookies"] == MASK
