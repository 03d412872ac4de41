"""Options parsed by yt-dlp, and what an item runs with (docs/contract/ytdlp.md 2, 3, 8)."""

import json
import pickle
from collections.abc import Mapping
from typing import Any

import pytest

from dlambda.environment import read_settings
from dlambda.errors import Invalid
from dlambda.media.workers.ytdlp_queries import places_of
from dlambda.media.ytdlp.callables import MatchFilter, RetrySleep
from dlambda.media.ytdlp.effective import effective_params
from dlambda.media.ytdlp.merging import merge
from dlambda.media.ytdlp.options import parse_options, render_params
from dlambda.media.ytdlp.worker_jobs import OptionTexts

SETTINGS = read_settings({})


def shown(text: str) -> dict[str, Any]:
    """Parsed, sent to another process, and rendered."""
    params = pickle.loads(pickle.dumps(parse_options(text).params))
    rendered: dict[str, Any] = json.loads(json.dumps(render_params(params), allow_nan=False))
    return rendered


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("# nothing", {}),
        ("--write-sub --embed-subs", {
            "writesubtitles": True,
            "postprocessors": [{"key": "FFmpegEmbedSubtitle", "already_have_subtitle": True}],
        }),
        ("--format best", {"format": "best"}),
        ("--quiet --match-filters 'duration<2min' --download-archive archive.txt", {
            "download_archive": "archive.txt", "match_filter": {"filters": ["duration<2min"]},
        }),
        ("-x --audio-format mp3", {
            "format": "bestaudio/best", "final_ext": "mp3",
            "postprocessors": [{"key": "FFmpegExtractAudio", "preferredcodec": "mp3", "preferredquality": "5",
                                "nopostoverwrites": False}],
        }),
        ("--no-playlist", {"noplaylist": True}),
        ("--socket-timeout 30", {"socket_timeout": 30.0}),
        ("--max-downloads 5", {"max_downloads": 5}),
        ("--sub-langs en,ja --write-auto-subs", {"subtitleslangs": ["en", "ja"], "writeautomaticsub": True}),
        ("--dateafter 20240101", {"daterange": {"start": "20240101", "end": "99991231"}}),
        ("--replace-in-metadata title foo bar", {
            "postprocessors": [{"key": "MetadataParser", "actions": [["replace", "title", "foo", "bar"]],
                                "when": "pre_process"}],
        }),
        ("--use-postprocessor 'NFOMakerPP:when=after_move;mode=tv;prefix=true'", {
            "postprocessors": [{"key": "NFOMaker", "when": "after_move", "mode": "tv", "prefix": "true"}],
        }),
        ("--retries inf --retry-sleep exp=1:20", {"retries": "inf", "retry_sleep_functions": {"http": "exp=1:20"}}),
        ("--match-filters a --match-filters b --no-match-filters --match-filters c", {
            "match_filter": {"filters": ["c"]},
        }),
        ("--quiet --skip-download", {}),
        ("-f b https://a.example/ignored", {"format": "b"}),
        ("-t mkv", {
            "merge_output_format": "mkv", "final_ext": "mkv",
            "postprocessors": [{"key": "FFmpegVideoRemuxer", "preferedformat": "mkv"}],
        }),
    ],
)  # fmt: skip
def test_options_become_parameters(text: str, expected: dict[str, Any]) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(
    ("text", "removed"),
    [
        ("-f bv --quiet -o '%(id)s.%(ext)s'", ["-o, --output", "-q, --quiet", "--no-progress"]),
        ("--quiet --skip-download", ["-q, --quiet", "--skip-download", "--no-progress"]),
        ("--print title", ["-q, --quiet", "-O, --print", "--simulate", "--no-progress"]),
        ("--paths home:/a --paths temp:/b", ["-P, --paths"]),
        ("--exec id -f b -U", ["--exec", "-U, --update"]),
        ("--cookies /x --batch-file y", ["--cookies", "-a, --batch-file"]),
        ("--ppa 'ffmpeg:-i x'", ["--postprocessor-args"]),
        ("--use-postprocessor Exec:exec_cmd=id", ["--use-postprocessor"]),
        ("--list-formats -F", ["-F, --list-formats"]),
        ("-f b", []),
    ],
)
def test_removed_options_are_reported(text: str, removed: list[str]) -> None:
    assert parse_options(text).removed == removed


def test_template_path_and_format_are_reported() -> None:
    found = parse_options("-f 'bv*+ba' -o '%(id)s.%(ext)s' -P /x")
    assert (found.output_template, found.download_path, found.format) == ("%(id)s.%(ext)s", "/x", "bv*+ba")
    assert parse_options("-x").output_template is None
    assert parse_options("-P home:/a -P temp:/b").download_path == "/a"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("--bogus-option", "No such option: --bogus-option"),
        ("-f", "-f option requires 1 argument"),
        ("--retries many", 'Invalid download retry count "many" given'),
        ("-S '!!'", 'Invalid format sorting "!!" given'),
        ("--version", "Option '--version' is not allowed."),
        ("-h", "Option '-h' is not allowed."),
        ("-u me", "Account password missing"),
        ("-f 'b", "No closing quotation"),
        ("--remux-video exe", 'Invalid remux video format "exe" given'),
    ],
)
def test_what_cannot_be_read_says_why(text: str, reason: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_options(text)
    assert caught.value.message == reason


def test_no_option_touches_the_environment(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("SECRET", "s3cret")
    assert parse_options("--download-archive $SECRET").params == {"download_archive": "$SECRET"}
    assert parse_options("-v --ignore-config").params == {}
    assert capfd.readouterr() == ("", "")


def test_parsing_leaves_yt_dlp_as_it_was() -> None:
    from yt_dlp.utils import FormatSorter
    from yt_dlp.utils._utils import _UnsafeExtensionError

    before = FormatSorter.default
    parse_options("--compat-options prefer-vp9-sort,allow-unsafe-ext")
    assert FormatSorter.default is before
    assert _UnsafeExtensionError._enabled is not False


# Effective options


def effective(**given: Any) -> dict[str, Any]:
    rendered: dict[str, Any] = render_params(effective_params(OptionTexts(places_of(SETTINGS), **given)))
    return rendered


def test_defaults_of_an_item() -> None:
    assert effective() == {
        "paths": {"home": "/downloads", "temp": "/tmp"},
        "outtmpl": {"default": SETTINGS.output_template, "chapter": SETTINGS.output_template_chapter},
    }


def test_folder_and_template_of_an_item() -> None:
    found = effective(folder="a/b", template="%(id)s.%(ext)s")
    assert (found["paths"]["home"], found["outtmpl"]["default"]) == ("/downloads/a/b", "%(id)s.%(ext)s")


def test_the_item_speaks_after_the_preset() -> None:
    found = effective(preset_cli="--format 720p --extract-audio", item_cli="--format bv --no-playlist")
    assert (found["format"], found["noplaylist"]) == ("bv", True)


@pytest.mark.parametrize(
    ("written", "meant"), [("not_set", None), ("default", None), ("best", None), ("-best", "best"), ("bv", "bv")]
)
def test_words_for_the_default_format(written: str, meant: str | None) -> None:
    assert effective(item_cli=f"--format={written}")["format"] == meant


def test_variables_are_filled_in_behind_the_checks() -> None:
    found = effective(preset_cli="--download-archive %(archive_file)s")
    assert found["download_archive"] == "/config/archive.log"
    assert "download_archive" not in effective()
    assert "download_archive" not in effective(item_cli="--download-archive /etc/passwd")


def test_a_template_field_is_no_variable() -> None:
    found = parse_options("--output %(home)s/%(user)s", {"home": "/actual/home", "user": "testuser"})
    assert found.output_template == "/actual/home/testuser"
    assert parse_options("--output '%(title)s'", {"home": "x"}).output_template == "%(title)s"


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"preset_cli": "--bogus", "preset_name": "p"},
         "Invalid preset 'p' command options for yt-dlp. 'No such option: --bogus'."),
        ({"item_cli": "--bogus"}, "Invalid command options for yt-dlp were given. 'No such option: --bogus'."),
    ],
)  # fmt: skip
def test_broken_texts_are_named(given: dict[str, str], text: str) -> None:
    with pytest.raises(Invalid) as caught:
        effective(**given)
    assert caught.value.message == text


@pytest.mark.parametrize("text", ["", "x", None])
def test_short_texts_are_ignored(text: Any) -> None:
    assert effective(item_cli=text) == effective()


# Merging


@pytest.mark.parametrize(
    ("destination", "source", "merged"),
    [
        ({"b": 2}, {"a": 1}, {"a": 1, "b": 2}),
        ({"a": 1}, {"a": 2}, {"a": 2}),
        ({"a": {"x": 1, "y": 1}}, {"a": {"y": 2}}, {"a": {"x": 1, "y": 2}}),
        ({"a": [1]}, {"a": [2, 1]}, {"a": [1, 2, 1]}),
        ({"a": [1]}, {"a": 2}, {"a": 2}),
        ({"a": 1, "__class__": 1}, {"__builtins__": 1, "b": {"__dict__": 1, "c": 1}}, {"a": 1, "b": {"c": 1}}),
        ({}, {"": 1, "  ": 2, 5: 3, "_kept": 4}, {"_kept": 4}),
    ],
)
def test_merging(destination: Mapping[Any, Any], source: Mapping[Any, Any], merged: dict[str, Any]) -> None:
    before = repr((destination, source))
    assert merge(destination, source) == merged
    assert repr((destination, source)) == before


def test_merging_has_limits() -> None:
    with pytest.raises(Invalid, match="Both source and destination must be dictionaries"):
        merge({}, [])
    deep: dict[str, Any] = {}
    for _ in range(60):
        deep = {"a": deep}
    with pytest.raises(Invalid, match=r"Recursion depth limit exceeded \(50\)"):
        merge({}, deep)
    circle: dict[str, Any] = {}
    circle["a"] = circle
    with pytest.raises(Invalid, match="Circular"):
        merge({}, circle)
    assert len(merge({"a": [1] * 9000}, {"a": [2] * 9000})["a"]) == 10_000


# Functions as values


@pytest.mark.parametrize(
    ("expression", "waits"),
    [
        ("5", [5, 5, 5]),
        ("linear=1::2", [1, 3, 5]),
        ("exp=1:20", [1, 2, 4]),
        ("linear=1:3", [1, 2, 3]),
        ("exp=2:10:3", [2, 6, 10]),
    ],
)
def test_waits_between_tries_are_those_of_yt_dlp(expression: str, waits: list[float]) -> None:
    import yt_dlp

    theirs = yt_dlp.parse_options(["--ignore-config", "--retry-sleep", expression]).ydl_opts["retry_sleep_functions"]
    assert [RetrySleep(expression)(n) for n in range(3)] == waits == [theirs["http"](n) for n in range(3)]


def test_a_filter_is_that_of_yt_dlp() -> None:
    chosen = MatchFilter(("duration<100",))
    assert chosen({"duration": 50, "title": "x"}) is None
    assert "does not pass filter" in chosen({"duration": 500, "title": "x"})


def test_what_was_parsed_before_is_not_changed_by_those_who_got_it() -> None:
    text = "--match-filters duration>9 --replace-in-metadata title a b --dateafter now-1week --add-headers A:1"
    first = parse_options(text)
    shown = render_params(first.params)
    first.params["http_headers"]["A"] = "2"
    first.params["postprocessors"].clear()
    assert render_params(parse_options(text).params) == shown
