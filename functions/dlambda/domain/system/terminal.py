"""Command lines of the terminal (docs/contract/system.md 5); those of `/api/yt-dlp/command` are among them."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dlambda.domain.paths.input_rules import InputRules
from dlambda.domain.paths.paths import resolve_folder
from dlambda.domain.ytdlp.options import EXITING, FoundOption, read_command
from dlambda.errors import Invalid

# A plain name: what is a path may lead anywhere.
_COOKIE_FILE: Final = re.compile(r"[^./\\\0][^/\\\0]*\.txt")
_HOME: Final = re.compile(r"^(?:home:)?(?P<path>/.*)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Command:
    """`words` for yt-dlp, run in `folder` (below the root). `cookies`: the path that was named, one of ours."""

    words: tuple[str, ...]
    folder: str = ""
    cookies: str | None = None


def read_terminal_command(text: str, *, rules: InputRules, cookie_folder: str) -> Command:
    """The command in `text`. Raises `Invalid`: "Option '--exec' is not allowed." and the like.

    The root and our cookie files may be named by their full path. Archives are ours and no files: they are left out.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise Invalid(str(error)) from None
    if words[:1] == ["yt-dlp"]:
        words = words[1:]
    options, urls = read_command(words, allow_internal=rules.allow_internal_urls)
    words_allowed: list[str] = []
    folder, cookies = "", None
    for given_option in options:
        flag = given_option.option.flags[-1]
        if given_option.option.dest == "paths" and (below := _below(given_option.values[0], rules)) is not None:
            folder = below
        elif given_option.option.dest == "paths" and given_option.values[0].startswith("temp:"):
            continue
        elif given_option.option.dest == "cookiefile" and _is_ours(given_option.values, cookie_folder):
            cookies = given_option.values[0]
        elif given_option.option.dest != "download_archive":
            _check(given_option)
            words_allowed += [flag, *given_option.values]
    if any(url.startswith("-") for url in urls):
        raise Invalid("A URL cannot begin with a dash.")
    return Command((*words_allowed, "--", *urls) if urls else tuple(words_allowed), folder, cookies)


def _is_ours(values: Sequence[str], cookie_folder: str) -> bool:
    """True if it is the full path of a file directly in `cookie_folder`. The file is looked at when it is read."""
    folder, _, name = values[0].rpartition("/") if values else ("", "", "")
    return folder == cookie_folder and _COOKIE_FILE.fullmatch(name) is not None


def _check(given_option: FoundOption) -> None:
    if given_option.problem and EXITING.isdisjoint(given_option.option.flags):
        raise Invalid(given_option.problem)


def _below(value: str, rules: InputRules) -> str | None:
    match = _HOME.match(value)
    if match is None:
        return None
    path, base = match["path"], rules.download_path.rstrip("/")
    if path == base or path.startswith(f"{base}/"):
        return resolve_folder(path.removeprefix(base), rules)
    return None
