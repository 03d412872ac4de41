"""Secrets in option texts of users, behind a mask (docs/contract/README.md, Secrets).

A text is read as yt-dlp reads it: words as a shell splits them, options in any spelling (`-p x`, `-px`, `--passw=x`).
Comments are read the same way. A masked text is still a text of options, and keeps the form that the user gave it as
far as quoting allows.
"""

import io
import re
import shlex
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Final

from dlambda.domain.secrets.mask import (
    MASK,
    Secret,
    in_order,
    is_secret_name,
    match_masks,
    replace_secrets,
    secrets_in_addresses,
)
from dlambda.domain.ytdlp.option_table import Option
from dlambda.domain.ytdlp.options import COMMENT, find_option

PASSWORDS: Final = frozenset({"password", "videopassword", "ap_password", "twofactor", "client_certificate_password"})
# Headers that hold no secret but in an address; every other one may.
PLAIN_HEADERS: Final = frozenset({
    "accept", "accept-charset", "accept-encoding", "accept-language", "cache-control", "connection", "content-type",
    "dnt", "host", "origin", "pragma", "range", "referer", "te", "upgrade-insecure-requests", "user-agent",
    "x-forwarded-for", "x-requested-with",
})  # fmt: skip
# Arguments of extractors beside those whose names tell of a secret: `youtube:visitor_data=...`, `generic:key_query=...`
_SECRET_ARGUMENT: Final = re.compile(r"visitor_?data|data_?sync_?id|device_?id|_query$|(?:^|_)key(?:$|_)")
_BLANKS: Final = re.compile(r"[ \t\r\n]*")
_COMMENT_MARK: Final = re.compile(r"[ \t]*#+")
_LOGIN_WITHOUT_SCHEME: Final = re.compile(r"(?P<before>[^\s/:@]*:)(?P<secret>[^\s/?#]+)(?=@)")


@dataclass(frozen=True, slots=True)
class _Word:
    """A word, where it stands in the text, and whether it is part of a comment."""

    value: str
    start: int
    end: int
    in_comment: bool = False


@dataclass(frozen=True, slots=True)
class _Place:
    """A secret's place in a word. `glued`: its option stands in the same word without `=`, as in `-px`."""

    word: _Word
    secret: Secret
    glued: bool = False

    @property
    def value(self) -> str:
        return self.word.value[self.secret.start : self.secret.end]


@lru_cache(maxsize=64)
def mask_options(text: str) -> str:
    """`text` with every secret masked. Never raises: what cannot be read as options is looked through word by word."""
    places = _places(text)
    return _rewritten(text, places, [MASK] * len(places))


def unmask_options(text: str, previous: str) -> str:
    """`text` with each mask replaced by what `previous` has in its place, or by nothing."""
    if MASK not in text:
        return text
    places, before = _places(text), _places(previous)
    pairs = [(place.secret.key, place.value) for place in places]
    values = _unmask_values(pairs, before, [place.word.in_comment for place in places])
    return _rewritten(text, places, [value or "" for value in values])


def secret_values(text: str) -> list[str]:
    """The secrets in an option text, longest first."""
    return sorted({place.value for place in _places(text)} - {MASK}, key=len, reverse=True)


def _unmask_values(
    pairs_of_text: Sequence[tuple[tuple[str, ...], str]], previous: Sequence[_Place], in_comment: Sequence[bool]
) -> list[str | None]:
    """A mask in a comment means a comment's value, and else an option's: lines are put in and out of use that way."""
    values = [(place.secret.key, place.value, place.word.in_comment) for place in previous]
    values_meant: list[str | None] = [None] * len(pairs_of_text)
    for commented in (False, True):
        numbers = [number for number, is_comment in enumerate(in_comment) if is_comment is commented]
        pairs = [pairs_of_text[number] for number in numbers]
        own = match_masks(pairs, [(key, value) for key, value, comment in values if comment is commented])
        other_values = match_masks(pairs, [(key, value) for key, value, comment in values if comment is not commented])
        for number, first, second in zip(numbers, own, other_values, strict=True):
            values_meant[number] = second if first is None else first
    return values_meant


# Words


def _words(text: str) -> list[list[_Word]]:
    """The words of the options, and those of each comment."""
    comments = [match.span() for match in COMMENT.finditer(text)]
    options = _option_words(text, comments)
    starts = [word.start for word in options]
    free = [span for span in comments if not _lies_in(options, bisect_right(starts, span[0]) - 1, span[0])]
    return [options, *(_comment_words(text, *span) for span in free)]


def _lies_in(words: Sequence[_Word], number: int, place: int) -> bool:
    """True if a word that goes over several lines, the only one that can, has a comment inside."""
    return number >= 0 and place < words[number].end


def _option_words(text: str, comments: Sequence[tuple[int, int]]) -> list[_Word]:
    """Comments are cut out before the words are split, also inside of quotes (`options.split_words`)."""
    places: list[int] = []
    end = 0
    for start, after in [*comments, (len(text), len(text))]:
        places += range(end, start)
        end = after
    code = "".join(text[place] for place in places) if comments else text
    return [_Word(value, places[start], places[stop - 1] + 1) for value, start, stop in _split(code)]


def _comment_words(text: str, start: int, end: int) -> list[_Word]:
    mark = _COMMENT_MARK.match(text, start, end)
    begin = mark.end() if mark else start
    return [_Word(value, begin + at, begin + stop, in_comment=True) for value, at, stop in _split(text[begin:end])]


def _split(text: str) -> list[tuple[str, int, int]]:
    """(word, start, end) as a shell splits them, or at blanks where a quotation is not closed."""
    stream = io.StringIO(text + "\n")
    lexer = shlex.shlex(stream, posix=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    words: list[tuple[str, int, int]] = []
    begin = 0
    try:
        while (word := lexer.get_token()) is not None:
            start = match.end() if (match := _BLANKS.match(text, begin)) else begin
            begin = stream.tell()
            words.append((word, start, begin - 1))
    except ValueError:
        return [(match[0], *match.span()) for match in re.finditer(r"\S+", text)]
    return words


# Options and their values


def _places(text: str) -> list[_Place]:
    """The secrets in `text`, in their order."""
    if len(text) < 2:
        return []
    places = [place for words in _words(text) for place in _places_in(words)]
    return sorted(places, key=lambda place: (place.word.start, place.secret.start))


def _places_in(words: Sequence[_Word]) -> Iterator[_Place]:
    waiting: list[Option] = []  # one for each value that is still to come
    options_end = False
    for word in words:
        option, offset = (waiting.pop(0), 0) if waiting else (None, 0)
        if option is None and not options_end and word.value.startswith("-"):
            options_end = word.value == "--"
            option, offset, waiting = _read_option(word.value)
        glued = offset > 0 and not word.value.startswith("--")
        for secret in in_order(_secrets_of(option, word.value[offset:])):
            yield _Place(word, secret.moved(offset), glued)


def _read_option(word: str) -> tuple[Option | None, int, list[Option]]:
    """The option of a value that begins in `word`, and where; the options whose values are the next words."""
    if word.startswith("--"):
        name, equals, _ = word.partition("=")
        return _value_of(find_option(name), word, len(name) + 1 if equals else len(word))
    for place, letter in enumerate(word[1:], start=2):
        option = find_option(f"-{letter}")
        if option is not None and option.values:
            return _value_of(option, word, place)
    return None, 0, []


def _value_of(option: Option | None, word: str, place: int) -> tuple[Option | None, int, list[Option]]:
    """`place`: behind the option's name. `--password=` has an empty value, `-p` none yet."""
    if option is None or not option.values:
        return None, 0, []
    here = place < len(word) or (word.startswith("--") and word.endswith("="))
    return (option, place, [option] * (option.values - 1)) if here else (None, 0, [option] * option.values)


def _secrets_of(option: Option | None, value: str) -> list[Secret]:
    """The secrets in one value of an option, or in a word that is none."""
    if option is None:
        return secrets_in_addresses(value)
    if option.dest in PASSWORDS:
        return [Secret((option.dest,), 0, len(value))] if value else []
    if option.dest == "headers":
        return _in_header(value)
    if option.dest == "extractor_args":
        return _in_arguments(value)
    if "proxy" in option.flags[0] and (match := _LOGIN_WITHOUT_SCHEME.match(value)) and "://" not in value:
        return [Secret(("login", match["before"].lower()), *match.span("secret"))]
    return secrets_in_addresses(value)


def _in_header(header: str) -> list[Secret]:
    name, colon, value = header.partition(":")
    start = len(name) + 1 + len(value) - len(value.lstrip())
    if name.strip().lower() in PLAIN_HEADERS:
        return [secret.moved(start) for secret in secrets_in_addresses(header[start:])]
    return [Secret(("header", name.strip().lower()), start, len(header))] if colon and value.strip() else []


def is_secret_argument(name: str) -> bool:
    """`name` as yt-dlp normalises it: lower case, with underscores."""
    return is_secret_name(name) or _SECRET_ARGUMENT.search(name) is not None


def _in_arguments(text: str) -> list[Secret]:
    """`extractor:name=value,value;name=value`. Beside the arguments, in addresses that are no secret's part."""
    extractor, colon, _ = text.partition(":")
    secrets: list[Secret] = []
    start = len(extractor) + len(colon)
    for argument in text[start:].split(";"):
        name, equals, value = argument.partition("=")
        key = name.strip().lower().replace("-", "_")
        begin, end = start + len(name) + len(equals), start + len(argument)
        if value and is_secret_argument(key):
            secrets.append(Secret(("argument", extractor.strip().lower(), key), begin, end))
        start = end + 1
    return [*secrets, *secrets_in_addresses(text)]


# Writing


def _rewritten(text: str, places: Sequence[_Place], values: Sequence[str]) -> str:
    """`text` with each secret replaced by its value. Words without a secret stay as they are, letter by letter."""
    parts, end = [], 0
    for word, group in groupby(zip(places, values, strict=True), key=lambda pair: pair[0].word):
        pairs = list(group)
        parts += [text[end : word.start], _new_word(text[word.start : word.end], word, pairs)]
        end = word.end
    return "".join([*parts, text[end:]])


def _new_word(word_text: str, word: _Word, pairs: Sequence[tuple[_Place, str]]) -> str:
    """The word with new values, quoted as it was where that still means the same."""
    pairs = [(place, "" if word.in_comment and _breaks_line(value) else value) for place, value in pairs]
    value = replace_secrets(word.value, [place.secret for place, _ in pairs], [new for _, new in pairs])
    if value == word.value:
        return word_text
    new_text = _replace_as_written(word_text, pairs)
    if new_text is None or new_text.startswith("#") or [part for part, _, _ in _split(new_text)] != [value]:
        new_text = shlex.quote(value)
    last, new = pairs[-1]
    return f"{new_text} ''" if last.glued and not new and last.secret.end == len(word.value) else new_text


def _breaks_line(value: str) -> bool:
    """A line break would end a comment, and make options of what follows it."""
    return len(value.splitlines()) > 1 or value.endswith(("\n", "\r"))


def _replace_as_written(word_text: str, pairs: Sequence[tuple[_Place, str]]) -> str | None:
    end = len(word_text)
    for place, value in reversed(pairs):
        at = word_text.rfind(place.value, 0, end)
        if at < 0:
            return None
        word_text = word_text[:at] + value + word_text[at + len(place.value) :]
        end = at
    return word_text
