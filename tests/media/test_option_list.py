"""The list of options (docs/contract/ytdlp.md 7)."""

from typing import Any

from dlambda.media.workers import ytdlp_queries


def list_options() -> list[dict[str, Any]]:
    options: list[dict[str, Any]] = ytdlp_queries.list_options()["options"]
    return options


def by_flag() -> dict[str, dict[str, Any]]:
    return {flag: option for option in list_options() for flag in option["flags"]}


def test_every_option_with_a_long_flag_is_listed_root_first() -> None:
    options = list_options()
    assert 300 <= len(options) <= 330
    groups = [option["group"] for option in options]
    assert groups[0] == "root"
    assert groups == [group for group in dict.fromkeys(groups) for _ in range(groups.count(group))]
    assert all(any(flag.startswith("--") for flag in option["flags"]) for option in options)


def test_descriptions_hide_how_they_are_hidden() -> None:
    options = list_options()
    assert all(option["description"] for option in options)
    assert not [option for option in options if "SUPPRESS" in option["description"]]
    assert not [option for option in options if "%default" in option["description"]]
    assert "(default is 10)" in by_flag()["--retries"]["description"]
    assert by_flag()["--sponskrub"]["description"] == "No description available from yt-dlp."


def test_what_has_no_effect_here_is_marked() -> None:
    found = by_flag()
    for flag in ("-P", "--output", "--quiet", "--newline", "--version", "--help", "--batch-file", "-F"):
        assert found[flag]["ignored"] is True, flag
    for flag in ("-f", "--format-sort", "--embed-subs", "--download-archive"):
        assert found[flag]["ignored"] is False, flag
