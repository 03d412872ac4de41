"""Which files of the server a command line at the console may name: cookie files of ours, by their plain name."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dlambda.domain.paths.input_rules import InputRules
from dlambda.domain.system.terminal import read_terminal_command
from dlambda.domain.ytdlp.option_table import OPTIONS
from dlambda.errors import Invalid
from dlambda.usecases.operations.cookie_files import cookie_folder, copy_cookie_file, write_cookie_file
from tests.stack import forget_settings

ROOT, FOLDER = "/downloads", "/work/cookies"
SECRET = "/data/config/secret.key"


def read(text: str) -> tuple[tuple[str, ...], str | None]:
    command = read_terminal_command(text, rules=InputRules(ROOT), cookie_folder=FOLDER)
    return command.words, command.cookies


@pytest.mark.parametrize("name", ["a1b2.txt", "preset-1.txt", "Two words.txt"])
def test_our_cookie_files_are_taken(name: str) -> None:
    assert read(f"yt-dlp --cookies '{FOLDER}/{name}' https://x.example/") == (
        ("--", "https://x.example/"),
        f"{FOLDER}/{name}",
    )


PATHS = [
    "{folder}/../../secret.key", "{folder}/../secret.txt", "{folder}/./a.txt", "{folder}//etc/passwd", "{folder}/a/b.txt",
    "{folder}/..", "{folder}/", "{folder}", "{folder}x/a.txt", "{folder}/.hidden.txt", "{folder}/..txt", "{folder}/secret.key",
    "{folder}/../cookies/a.txt", "/proc/self/environ", "{folder}/../../../proc/self/environ", "a.txt", "../a.txt", "~/a.txt",
    "{folder}/%2e%2e/a.txt/..", "{folder}/a.txt/../../b", "{folder}/a\\b.txt", "file:{folder}/a.txt", " {folder}/a.txt",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("form", ["--cookies '{}'", "--cookies='{}'", "--cookie '{}'"])
def test_any_other_path_is_refused(path: str, form: str) -> None:
    with pytest.raises(Invalid, match="cookie"):
        read(f"yt-dlp {form.format(path.format(folder=FOLDER))} https://x.example/")


# Options whose value yt-dlp takes for a path (that of SponSkrub, which it knows no more, is read by nobody).
OF_PATHS = [
    flag
    for option in OPTIONS
    for flag in option.flags[-1:]
    if option.values
    and any(
        part in f"{option.dest} {flag}" for part in ("file", "dir", "location", "path", "outtmpl", "output", "archive")
    )
    and not any(
        part in flag for part in ("filesize", "filename", "file-access", "merge-output", "placeholder", "sponskrub")
    )
]


def test_the_options_that_take_a_path_are_known() -> None:
    assert {"--cookies", "--batch-file", "--load-info-json", "--cache-dir", "--paths", "--output", "--download-archive",
            "--print-to-file", "--config-locations", "--plugin-dirs", "--ffmpeg-location", "--netrc-location"} <= set(OF_PATHS)  # fmt: skip


@pytest.mark.parametrize("flag", OF_PATHS)
@pytest.mark.parametrize("path", [SECRET, f"{FOLDER}/../../secret.key", "../../secret.key", "~/secret.key"])
def test_no_option_takes_a_path_to_elsewhere(flag: str, path: str) -> None:
    """Refused, or left out of what is run."""
    option = next(option for option in OPTIONS if flag in option.flags)
    values = " ".join([path] * option.values)
    try:
        words, cookies = read(f"yt-dlp {flag} {values} https://x.example/")
    except Invalid:
        return
    assert path not in words
    assert cookies is None


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("DLAMBDA_WORK_DIR", str(tmp_path / "work"))
    forget_settings()
    yield tmp_path
    forget_settings()


def test_a_cookie_file_is_copied_privately(scratch: Path) -> None:
    path = write_cookie_file("# Netscape\n")
    assert copy_cookie_file(path, scratch / "copy")
    assert (scratch / "copy").read_text() == "# Netscape\n"
    assert (scratch / "copy").stat().st_mode & 0o077 == 0


def _link(folder: Path, secret: Path) -> Path:
    (folder / "link.txt").symlink_to(secret)
    return folder / "link.txt"


def _linked_folder(folder: Path, secret: Path) -> Path:
    (folder / "sub").symlink_to(secret.parent)
    return folder / "sub" / secret.name


def _directory(folder: Path, _secret: Path) -> Path:
    (folder / "directory.txt").mkdir()
    return folder / "directory.txt"


def _fifo(folder: Path, _secret: Path) -> Path:
    os.mkfifo(folder / "fifo.txt")
    return folder / "fifo.txt"


def _dots(folder: Path, secret: Path) -> Path:
    return folder / ".." / ".." / secret.name


def _missing(folder: Path, _secret: Path) -> Path:
    return folder / "missing.txt"


@pytest.mark.parametrize("make", [_link, _linked_folder, _directory, _fifo, _dots, _missing])
def test_what_is_no_file_of_ours_is_not_read(scratch: Path, make: Callable[[Path, Path], Path]) -> None:
    secret = scratch / "secret.txt"
    secret.write_text("secret")
    cookie_folder().mkdir(parents=True)
    assert not copy_cookie_file(str(make(cookie_folder(), secret)), scratch / "copy")
    assert not (scratch / "copy").exists()
