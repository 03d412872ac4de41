"""Format selectors, as far as a request must be judged: would yt-dlp read them (docs/contract/hostapi.md, Tasks).

    choice = merge { "/" merge }
    merge  = one { "+" one }
    one    = ( name | "(" choice ")" ) { filter } | filter { filter }

Stricter than yt-dlp in what makes no sense for one file: no commas, nothing empty. Written by hand because yt-dlp's own
parser would load yt-dlp into the function that only accepts orders.
"""

import re

from dlambda.errors import Invalid

_LIMIT = 500
_NAME = re.compile(r"[\w.*:-]+")
_BLANKS = re.compile(r"[ \t]*")
_NUMBER_FILTER = re.compile(
    r"\s*[\w.-]+\s*(?:<=|>=|!=|<|>|=)(?:\s*\?)?\s*(?:\d+\.?\d*|\.\d+)(?:[kKmMgGtTpPeEzZyY]i?[Bb]?)?\s*"
)
_TEXT_FILTER = re.compile(
    r"\s*[a-zA-Z0-9._-]+\s*(?:!\s*)?(?P<op>\^=|\$=|\*=|~=|=)\s*(?:\?\s*)?(?P<quote>[\"'])?"
    r"(?P<value>(?(quote)(?:(?!(?P=quote))[^\\]|\\.)+|[\w.-]+))(?(quote)(?P=quote))\s*"
)
# A bracket inside quotes belongs to the text.
_BRACKETS = re.compile(r"\[((?:[^\]\"']|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')*)\]")


def check_selector(value: object, field: str) -> str:
    """The selector in `value`. Raises `Invalid` with a text that names the field when it does not parse."""
    if not isinstance(value, str) or not value.strip():
        raise Invalid(f"{field}: a format selector is wanted, such as bestvideo[height<=1080].")
    text = value.strip()
    if len(text) > _LIMIT:
        raise Invalid(f"{field}: the format selector is longer than {_LIMIT} characters.")
    reader = _Reader(text, field)
    reader.choice()
    reader.end()
    return text


class _Reader:
    def __init__(self, text: str, field: str) -> None:
        self._text = text
        self._field = field
        self._at = 0

    def choice(self) -> None:
        self._merge()
        while self._took("/"):
            self._merge()

    def end(self) -> None:
        if self._at < len(self._text):
            raise self._wrong()

    def _merge(self) -> None:
        self._one()
        while self._took("+"):
            self._one()

    def _one(self) -> None:
        is_complete = self._filters() > 0
        if not is_complete and self._took("("):
            self.choice()
            if not self._took(")"):
                raise self._wrong()
            is_complete = True
        elif not is_complete and (match := _NAME.match(self._text, self._at)):
            self._at = match.end()
            is_complete = True
        if not is_complete:
            raise self._wrong()
        self._filters()

    def _filters(self) -> int:
        count = 0
        self._blanks()
        while self._text.startswith("[", self._at):
            match = _BRACKETS.match(self._text, self._at)
            if match is None or not _is_filter(match[1]):
                raise self._wrong()
            self._at = match.end()
            self._blanks()
            count += 1
        return count

    def _took(self, sign: str) -> bool:
        self._blanks()
        if not self._text.startswith(sign, self._at):
            return False
        self._at += len(sign)
        self._blanks()
        return True

    def _blanks(self) -> None:
        match = _BLANKS.match(self._text, self._at)
        self._at = match.end() if match else self._at

    def _wrong(self) -> Invalid:
        excerpt = self._text[self._at : self._at + 20]
        where = f"at '{excerpt}'" if excerpt else "at its end"
        return Invalid(f"{self._field}: the format selector cannot be read {where}.")


def _is_filter(text: str) -> bool:
    if _NUMBER_FILTER.fullmatch(text):
        return True
    match = _TEXT_FILTER.fullmatch(text)
    if match is None:
        return False
    # Patterns are run against what a site says, by a worker that nobody should be able to keep busy for ever.
    return match["op"] != "~=" or _is_plain_pattern(match["value"])


def _is_plain_pattern(pattern: str) -> bool:
    """True if a regular expression compiles and cannot run away: no repeated group that repeats, no references."""
    try:
        re.compile(pattern)
    except re.error:
        return False
    return not re.search(r"\([^)]*[*+{][^)]*\)[*+{?]|\\\d", pattern)
