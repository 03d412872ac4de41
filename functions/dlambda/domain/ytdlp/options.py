"""Option texts of users: split into words, checked against the table of options. Needs no yt-dlp.

Every save and add calls `check_options`; `read_options` is the same check, and returns what it read. yt-dlp itself
judges deeper values (a format expression, a date): `dlambda.media.ytdlp.options.parse_options`.
Source: docs/contract/README.md "Options from users", docs/contract/ytdlp.md 2.
"""

import optparse
import re
import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from dlambda.domain.web.urls import INTERNAL_TEXT
from dlambda.domain.ytdlp.option_limits import not_allowed, problem_of
from dlambda.domain.ytdlp.option_table import OPTIONS, Option, OptionClass
from dlambda.errors import Invalid

__all__ = [
    "COMMENT", "EXITING", "FoundOption", "OptionClass", "check_options", "check_passwords", "find_option",
    "not_allowed", "read_command", "read_options", "reason_text", "split_words",
]  # fmt: skip

MIN_LENGTH = 3  # shorter texts are ignored (downloads.md 2.1)
COMMENT = re.compile(r"^[ \t]*#.*$", re.MULTILINE)
# These end a naive parser, so they stand for an error even where refused options are merely taken out.
EXITING = frozenset({"--help", "--version"})


@dataclass(frozen=True)
class FoundOption:
    """An option as it stands in a text: `written` as the user wrote it, the words that belong to it, and its values."""

    option: Option
    written: str
    values: tuple[str, ...] = ()
    problem: str | None = None  # why it is not allowed

    @property
    def refused(self) -> bool:
        return self.problem is not None


@dataclass
class _Found:
    allow_internal: bool
    options: list[FoundOption] = field(default_factory=list)


def split_words(text: object) -> list[str]:
    """The words of `text` as a POSIX shell splits them; comment lines are dropped. Raises `Invalid`.

    What is no text, or shorter than two characters, has no words.
    """
    if not isinstance(text, str) or len(text.strip()) < 2:
        return []
    try:
        return shlex.split(COMMENT.sub("", text), comments=False, posix=True)
    except ValueError as error:
        raise Invalid(str(error)) from None


class _Parser(optparse.OptionParser):
    """optparse with yt-dlp's options, none of its effects, and its notion of abbreviations."""

    def error(self, msg: str) -> Any:
        raise Invalid(reason_text(msg))

    def _match_long_opt(self, opt: str) -> str:
        """Like yt-dlp's parser, two spellings of one option are no ambiguity."""
        try:
            return str(super()._match_long_opt(opt))
        except optparse.AmbiguousOptionError as error:
            names = list(error.possibilities)
            if len({id(self._long_opt[name]) for name in names}) == 1:
                return str(names[0])
            raise


def reason_text(message: str) -> str:
    """A parser's message as it is shown: last line, no program name, first letter upper-cased, the rest lower-cased."""
    line = message.strip().splitlines()[-1] if message.strip() else message
    return re.sub(r"^\S+: error: ", "", line).strip().capitalize()


def _recorder(option: Option) -> Callable[..., None]:
    def record(_option: optparse.Option, flag: str, value: Any, parser: optparse.OptionParser) -> None:
        values = () if value is None else value if isinstance(value, tuple) else (value,)
        texts = tuple(str(part) for part in values)
        if option.choices and texts[0] not in option.choices:
            choices = ", ".join(map(repr, option.choices))
            raise optparse.OptionValueError(f"option {flag}: invalid choice: {texts[0]!r} (choose from {choices})")
        collector: _Found = parser.values.found  # type: ignore[union-attr]
        problem = problem_of(option, flag, texts)
        allowed = problem == INTERNAL_TEXT and collector.allow_internal
        collector.options.append(FoundOption(option, flag, texts, None if allowed else problem))

    return record


@lru_cache(maxsize=1)
def _parser() -> _Parser:
    parser = _Parser(prog="yt-dlp", usage="", add_help_option=False, conflict_handler="resolve")
    for option in OPTIONS:
        value: dict[str, Any] = {}
        if option.values:
            # `choice` is checked by the recorder: optparse wants its choices only with action="store".
            kind = option.kind if option.kind in ("int", "float") else "str"
            value = {"type": kind, "nargs": option.values}
        parser.add_option(*option.flags, action="callback", callback=_recorder(option), **value)
    return parser


_BY_FLAG = {flag: option for option in OPTIONS for flag in option.flags}


def find_option(flag: str) -> Option | None:
    """The option of a flag, abbreviated or not; None for what is none, or might be several."""
    if not flag.startswith("--"):
        return _BY_FLAG.get(flag)
    try:
        return _BY_FLAG[_parser()._match_long_opt(flag)]  # noqa: SLF001 how optparse reads an abbreviation
    except optparse.BadOptionError:
        return None


def read_options(text: object, *, allow_internal: bool = False) -> list[FoundOption]:
    """The options in `text`, in order. Raises `Invalid` with yt-dlp's reason for what its parser cannot read.

    `allow_internal`: whether a proxy may have a private address.
    """
    return read_command(split_words(text), allow_internal=allow_internal)[0]


def read_command(words: list[str], *, allow_internal: bool = False) -> tuple[list[FoundOption], list[str]]:
    """The options among `words`, and what is none: URLs. Raises `Invalid` like `read_options`."""
    values = optparse.Values({"found": _Found(allow_internal)})
    _, urls = _parser().parse_args(words, values=values)
    collector: _Found = values.found
    return collector.options, urls


def check_options(text: object, *, allow_internal: bool = False) -> None:
    """Raises `Invalid` with the reason when `text` holds an option that is not allowed or cannot be read."""
    if not isinstance(text, str) or len(text.strip()) < MIN_LENGTH:
        return
    options = read_options(text, allow_internal=allow_internal)
    for option in options:
        if option.problem:
            raise Invalid(option.problem)
    check_passwords(options)


def check_passwords(options: Iterable[FoundOption]) -> None:
    """Raises `Invalid` for a user name without a password: yt-dlp would ask for it on a terminal."""
    names = {option.option.dest for option in options}
    for user, password in (("username", "password"), ("ap_username", "ap_password")):
        if user in names and password not in names:
            raise Invalid("Account password missing")
