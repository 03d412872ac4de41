"""Titles, templates, extensions and options that try to choose where a file goes or what it is."""

from pathlib import Path

import pytest

from tests.e2e.api import Api
from tests.e2e.service import Service
from tests.security.attempts import Attempt, Batch, Content, Own, names
from tests.security.hostile import json_ld
from tests.security.lab import Lab, files_below

_TITLES = {
    "leads up": "../../../../evil", "is absolute": "/etc/evil", "holds a NUL": "a\0b", "holds line breaks": "a\r\nb",
    "turns writing around": "\u202egpj.exe", "is long": "x" * 5000, "is long in bytes": "\U0001f600" * 600,
    "is an option": "-rf", "is a long option": "--exec=id", "ends a quotation": "'; touch /tmp/evil; '",
    "holds commands": '"$(touch /tmp/evil)`id`"', "is a template": "%(id)s%(ext)s%s",
    "holds escapes of a terminal": "\x1b]0;evil\x07", "is a dot": ".", "is two dots": "..",
    "leads up by backslashes": "..\\..\\evil", "is a device": "CON", "is a script": "<script>alert(1)</script>",
    "holds half a letter": "a\ud800b", "holds marks of addresses": "a#b?c&d", "is escaped": "%2e%2e%2fevil",
    "is hidden": ".bashrc", "is the home": "~", "is a variable": "$HOME", "is blank": "   ",
    "is a sidecar": "x.info.json", "is an address": "http://127.0.0.1/x", "isolates writing": "\u2066evil\u2069",
    "holds folders": "a/b/c", "leads up on a second line": "tmp\n../../evil", "leads up from a name": "evil.mp4/../../x",
}  # fmt: skip
_BOTH_WAYS = ("leads up", "is two dots")
_TEMPLATES = ("@KEY@. %(title)s.%(ext)s", "@KEY@.d/%(title)s/%(title)s.%(ext)s")
_OPTIONS = {
    "a placeholder for missing fields": "--output-na-placeholder ../../../x -o '@KEY@. %(nothing)s/x.%(ext)s'",
    "metadata for the path": "--parse-metadata 'after_move:%(title)s:(?P<filepath>.+)'",
    "metadata for the name": "--parse-metadata 'before_dl:%(title)s:(?P<_filename>.+)'",
    "metadata for the extension": "--parse-metadata 'pre_process:/../../../evil:(?P<ext>.+)'",
    "metadata for the id": "--parse-metadata '../../../evil:(?P<id>.+)' -o '@KEY@. %(id)s.%(ext)s'",
    "an NFO beside": "--parse-metadata 'after_move:%(title)s:(?P<filepath>.+)' --use-postprocessor NFOMaker:when=after_move",
    "link files": "--write-link --write-desktop-link --write-url-link --write-webloc-link",
    "a header with a line break": "--add-headers 'X: a\r\nHost: 127.0.0.1'",
    "a referer with a line break": "--referer 'http://a\r\nX: y'",
    "an environment variable": "-o '@KEY@. $HOME%(title)s.%(ext)s'",
    "a separator by a variable": "-o '@KEY@. ..%(os_sep)s..%(os_sep)sevil.%(ext)s'",
    "a missing extension": "-o '@KEY@. evil'",
    "a title of a chapter": "--split-chapters -o 'chapter:%(section_title)s.%(ext)s'",
}
_TITLE_OF_OPTIONS = "../../../evil\r\nExec=touch /tmp/evil"


def _titles() -> list[Attempt]:
    return [
        Attempt(
            f"a title that {fact}, as {'a name' if kind == 0 else 'folders'}",
            {"@KEY@.html": json_ld("@BASE@/good.mp4", name=title), "good.mp4": Own.MP4},
            {"template": _TEMPLATES[kind]},
        )
        for number, (fact, title) in enumerate(_TITLES.items())
        for kind in ((0, 1) if fact in _BOTH_WAYS else (number % 2,))
    ]  # fmt: skip


def _extensions() -> list[Attempt]:
    def attempt(fact: str, page: str, cli: str = "", **more: Content) -> Attempt:
        return Attempt(fact, {"@KEY@.html": page, "good.mp4": Own.MP4, **more}, {"cli": cli} if cli else {})

    by_format = [
        Attempt(f"a film named .{name}", {f"@KEY@.{name}": Own.MP4}, {"url": f"@BASE@/@KEY@.{name}"})
        for name in ("desktop", "exe", "html")
    ]
    subtitles = [
        attempt(
            f"subtitles named .{name}",
            '<html><body><video><source src="good.mp4" type="video/mp4"><track kind="subtitles" srclang="en" '
            f'src="s.{name}"></video></body></html>', "--write-subs", **{f"s.{name}": "[Desktop Entry]\nExec=id\n"},
        )
        for name in ("desktop", "url")
    ]  # fmt: skip
    return [*by_format, *subtitles]


def _options() -> list[Attempt]:
    page = json_ld("@BASE@/good.mp4", name=_TITLE_OF_OPTIONS)
    return [Attempt(fact, {"@KEY@.html": page, "good.mp4": Own.MP4}, {"cli": cli}) for fact, cli in _OPTIONS.items()]


ATTEMPTS = [*_titles(), *_extensions(), *_options()]


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=names(ATTEMPTS))
def test_the_file_stays_what_and_where_it_should(batch: Batch, attempt: Attempt) -> None:
    posted = batch.posted(attempt)
    if posted.reply.status == 400:
        batch.check_harmless(posted)
        return
    batch.check(attempt)


@pytest.fixture
def kept(batch: Batch, service: Service) -> list[Path]:
    """The files of the service, once all attempts have ended."""
    for attempt in ATTEMPTS:
        if batch.posted(attempt).reply.status == 200:
            batch.ended(batch.posted(attempt))
    return list(files_below(service.folder / "media"))


def test_every_file_lies_inside(kept: list[Path], service: Service) -> None:
    assert kept
    for path in files_below(service.folder.parent):
        if "evil" in path.name:
            assert path.is_relative_to(service.folder / "media" / "dlambda" / "files"), path
    assert not Path("/tmp/evil").exists()
    assert not Path("/etc/evil").exists()


_STARTERS = (".desktop", ".exe", ".sh", ".url", ".html", ".bat", ".lnk")


def test_no_file_starts_a_program(batch: Batch, kept: list[Path]) -> None:
    keys = [batch.posted(attempt).key for attempt in ATTEMPTS if attempt.fact != "link files"]
    own = [path for path in kept if any(f"{key}." in path.name for key in keys)]
    assert [path for path in own if path.suffix.lower() in _STARTERS] == []


def test_no_name_turns_writing_around(kept: list[Path]) -> None:
    forbidden = set("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert [path.name for path in kept if forbidden & set(path.name)] == []
    assert [path.name for path in kept if any(ord(letter) < 32 for letter in path.name)] == []


_FOLDERS = ("../x", "a/../../x", "/../x", "a\n../../x", "x\0y", "n" * 300, "..", "a/..\\../..", "\udc80")


@pytest.mark.parametrize("folder", _FOLDERS)
def test_no_folder_leads_out(lab: Lab, api: Api, service: Service, folder: str) -> None:
    url = f"http://pub.test/folder/{_FOLDERS.index(folder)}.mp4"
    reply = api.post("/api/history", {"url": url, "folder": folder})
    if reply.status == 200:
        assert api.wait_for(url)["download_dir"].startswith("/downloads")
    else:
        assert reply.status == 400
    assert not (service.folder.parent / "x").exists()


@pytest.mark.parametrize("template", ["../%(title)s.%(ext)s", "/etc/%(title)s.%(ext)s", "~/%(title)s", "a/../../x.%(ext)s",
                                      "..\\x.%(ext)s", "%(title", "x" * 70000])  # fmt: skip
def test_no_template_leads_out(api: Api, template: str) -> None:
    assert api.post("/api/history", {"url": "http://pub.test/template.mp4", "template": template}).status == 400
