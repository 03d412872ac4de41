"""Names of a download's files: short enough, free, told apart (docs/contract/downloads.md 6)."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from dlambda.media.workers.child.naming import UniqueNames
from dlambda.media.ytdlp.options import parse_options
from tests.media.conftest import Start, finish
from tests.origin import Origin

LONG = "T" * 250
SCRIPT = "长" * 100
MARKED = "e\u0301" * 120
CHAPTERS = [{"start_time": 0, "end_time": 1, "title": LONG}, {"start_time": 1, "end_time": 2, "title": LONG}]
CHAPTER = "%(title)s - %(section_number)03d %(section_title)s.%(ext)s"


@pytest.fixture
def names(origin: Origin, short_film: Mapping[str, Any], start: Start) -> Any:
    """Downloads the short film; answers the names of its files, the film's first."""

    def download(template: str, cli: str = "", *, taken: Any = (), templates: Any = None, **fields: Any) -> list[str]:
        params = parse_options(cli).params
        params["outtmpl"] = {"default": template, "chapter": CHAPTER} | (templates or {})
        result = finish(start(origin.url("/short.mp4"), info={**short_film, **fields}, params=params, taken=taken))
        assert (result.error, result.warnings) == (None, ())
        assert result.filepath
        return [result.filepath, *result.extra_files]

    return download


@pytest.mark.parametrize("title", [LONG, SCRIPT, MARKED, "🎬" * 80, "a:" * 120, "a/" * 150])
@pytest.mark.parametrize(
    "template",
    [
        "%(title)s [%(id)s].%(ext)s",
        "%(title)s - %(title)s [%(id)s].%(ext)s",
        "%(uploader)s/%(title)s [%(id)s].%(ext)s",
        "%(title,fulltitle)s [%(id)s].%(ext)s",
        "%(id)s %(title)S [%(id)s].%(ext)s",
    ],
)
def test_what_follows_a_long_title_stays(names: Any, title: str, template: str) -> None:
    film, *beside = names(template, "--write-info-json --write-link", title=title, uploader=title)
    assert film.endswith(" [short].mp4")
    assert max(len(part.encode()) for part in film.split("/")) <= 200
    assert beside == [film.removesuffix("mp4") + ending for ending in ("desktop", "info.json")]
    assert not film.removesuffix(" [short].mp4").endswith("e")  # without its accent


@pytest.mark.parametrize("template", ["%(title)s.%(ext)s", "%(id)s.%(ext)s", "%(title)s/%(id)s.%(ext)s"])
def test_long_chapters(names: Any, template: str) -> None:
    film, *chapters = names(template, "--split-chapters", title=LONG, chapters=CHAPTERS)
    assert len(chapters) == 2
    assert all(name.endswith(".mp4") and len(name.rpartition("/")[2].encode()) <= 210 for name in (film, *chapters))
    assert [" - 001 T" in chapters[0], " - 002 T" in chapters[1]] == [True, True]


@pytest.mark.parametrize(
    ("template", "beside"),
    [
        ("x" * 300, "x" * 200 + ".info.json"),
        ("%(title)s/%(title)s", "T" * 190 + "/" + "T" * 190 + ".info.json"),
    ],
)
def test_long_names_of_sidecars(names: Any, template: str, beside: str) -> None:
    assert names("%(id)s.%(ext)s", "--write-info-json", templates={"infojson": template}, title=LONG)[1:] == [beside]


def test_a_subtitle_of_a_long_language(names: Any, origin: Origin) -> None:
    subtitles = {"x" * 300: [{"url": origin.url("/clip.en.vtt"), "ext": "vtt"}]}
    assert names("%(id)s.%(ext)s", "--write-subs --sub-langs all", subtitles=subtitles)[1:] == [f"short.{'x' * 32}.vtt"]


@pytest.mark.parametrize(
    ("title", "expected"),
    [("...", "_..."), (". .", "_. ."), ("..", "_.."), (".", "_."), ("..a", "..a"), ("a..", "a..")],
)
def test_titles_of_dots(names: Any, title: str, expected: str) -> None:
    assert names("%(title)s.%(ext)s", "--write-info-json", title=title) == [
        f"{expected}.mp4",
        f"{expected}.info.json",
    ]


@pytest.mark.parametrize("title", ["...", ". .", "..", ".", " . "])
def test_folders_of_dots_are_folders(names: Any, title: str) -> None:
    film = names("a/%(title)s/%(id)s.%(ext)s", title=title)[0]
    assert film.startswith("a/")
    assert film.endswith("/short.mp4")
    assert not {"", ".", ".."} & set(film.split("/"))


def test_half_a_character_is_shown_as_such(names: Any) -> None:
    """A page's JSON may be broken in the middle of one."""
    found = names("%(title)s.%(ext)s", "--write-info-json --write-description", title="a\ud83db", description="\ude00")
    assert found == ["a\ufffdb.mp4", "a\ufffdb.description", "a\ufffdb.info.json"]


def test_chapters_of_one_name_are_files_of_their_own(names: Any) -> None:
    chapters = [{"start_time": n, "end_time": n + 1, "title": "Song"} for n in range(3)]
    templates = {"chapter": "%(section_title)s.%(ext)s"}
    found = names("%(id)s.%(ext)s", "--split-chapters", templates=templates, chapters=chapters)
    assert found == ["short.mp4", "Song (2).mp4", "Song (3).mp4", "Song.mp4"]


def test_a_chapter_never_has_the_name_of_its_film(names: Any) -> None:
    chapters = [{"start_time": 0, "end_time": 1, "title": "x"}]
    templates = {"chapter": "%(id)s.%(ext)s"}
    found = names("%(id)s.%(ext)s", "--split-chapters", templates=templates, chapters=chapters)
    assert found == ["short.mp4", "short (2).mp4"]


def test_chapters_and_sidecars_with_templates_of_their_own_replace_nothing(names: Any) -> None:
    taken = {"Show - 001 one", "cover", "info/Show"}
    found = names(
        "%(id)s.%(ext)s", "--split-chapters --write-info-json", taken=taken,
        templates={"infojson": "info/%(title)s"}, title="Show", chapters=[{"start_time": 0, "end_time": 1, "title": "one"}],
    )  # fmt: skip
    assert found == ["short.mp4", "Show - 001 one (2).mp4", "info/Show (2).info.json"]


def test_sections_and_formats_are_files_of_their_own(names: Any) -> None:
    assert names("%(id)s.%(ext)s", "--download-sections *0-1 --download-sections *1-2") == [
        "short.mp4",
        "short (2).mp4",
    ]


class TestUniqueNames:
    def test_the_same_file_keeps_its_name(self) -> None:
        unique = UniqueNames(lambda stem: " (2)" if stem == "a" else "")
        assert [unique.name_for("a", 1), unique.name_for("a", 1), unique.name_for("b", 1)] == ["a (2)", "a (2)", "b"]

    def test_another_one_gets_the_next(self) -> None:
        unique = UniqueNames(lambda stem: " (2)" if stem == "a" else "")
        assert [unique.name_for("a", key) for key in range(3)] == ["a (2)", "a (3)", "a (4)"]


@pytest.mark.parametrize(
    ("placeholder", "text"),
    [("%(ytp_random:8)s", "[A-Za-z0-9]{8}"), ("%(ytp_random:6:d)s", r"\d{6}"), ("%(ytp_random:5:s)s", "[A-Za-z]{5}")],
)
def test_random_parts_of_names(names: Any, placeholder: str, text: str) -> None:
    (film,) = names(f"{placeholder} {placeholder} %(id)s.%(ext)s")
    assert re.fullmatch(rf"({text}) \1 short\.mp4", film)
