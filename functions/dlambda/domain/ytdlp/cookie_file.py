"""Cookie files as browsers, extensions and editors write them, in the one form that yt-dlp reads.

Source: docs/contract/ytdlp.md 9. Pure.
"""

import re
from dataclasses import dataclass
from typing import Final

from dlambda.domain.web.hosts import read_address
from dlambda.errors import Invalid

HEADER: Final = "# Netscape HTTP Cookie File\n\n"
MAX_BYTES: Final = 200_000

_FIELDS: Final = ("domain", "TRUE or FALSE", "path", "TRUE or FALSE", "expiry", "name", "value")
_HTTP_ONLY: Final = "#HttpOnly_"
# A byte order mark, and one that was read as Latin-1.
_BYTE_ORDER_MARK: Final = re.compile("\\A(?:\ufeff|\u00ef\u00bb\u00bf)+")
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_JSON: Final = re.compile(r'\A\s*(?:[\[{]\s*(?:["\[{\]}]|\Z)|")')
_COOKIE_HEADER: Final = re.compile(r"\A\s*(?:cookie:\s*)?[^\s=;,#]+=[^\t\r\n]*+\s*+\Z", re.IGNORECASE)
_ROW_IN_COMMENT: Final = re.compile(r"(?:TRUE|FALSE).*(?:TRUE|FALSE)", re.IGNORECASE)
_TRUTH: Final = {"TRUE": True, "1": True, "FALSE": False, "0": False}
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_NO_EXPIRY: Final = frozenset({"", "session"})
_MOST_SECONDS: Final = 100_000_000_000  # the year 5138: a larger number counts milliseconds


@dataclass(frozen=True)
class CookieFile:
    """`text` is the file for yt-dlp; `skipped` says of each line that was left out why, with its number."""

    text: str
    skipped: tuple[str, ...] = ()


class _Unreadable(Exception):
    """The text says what is wrong with a line. It quotes nothing of it: any part may be a secret."""


def check_cookies(text: str) -> None:
    """Raises `Invalid` with the reason when no cookie of `text` can be read. A text of blanks is none."""
    read_cookies(text)


def read_cookies(text: str) -> CookieFile:
    """Reads `text` and leaves out the lines that are none. Raises `Invalid` when it is no cookie file at all."""
    plain = _BYTE_ORDER_MARK.sub("", text)
    _check_kind(plain)
    rows: list[str] = []
    skipped: list[str] = []
    comment_rows: list[str] = []
    for number, line in enumerate(_LINE_END.split(plain), start=1):
        if _is_comment(line):
            if _ROW_IN_COMMENT.search(line):
                comment_rows.append(f"Line {number} begins with '#' and holds cookies: are its line ends lost?")
            continue
        try:
            rows.append(_row(line))
        except _Unreadable as error:
            skipped.append(f"Line {number} cannot be read: {error}.")
    problems = [*skipped, *comment_rows]
    if problems and not rows:
        raise Invalid(f"The cookies do not look like a Netscape format cookies file. {problems[0]}")
    return CookieFile(HEADER + "".join(f"{row}\n" for row in rows), tuple(skipped))


def _check_kind(text: str) -> None:
    """Raises `Invalid` for files that hold cookies in another form."""
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise Invalid(f"The cookies are larger than {MAX_BYTES} bytes. Leave out those of other sites.")
    if "\0" in text:
        raise Invalid("The cookies are no UTF-8 text: save the Netscape format cookies file as UTF-8.")
    if _JSON.match(text):
        raise Invalid('The cookies must be Netscape formatted, not JSON: export them as "Netscape" or "cookies.txt".')
    if _COOKIE_HEADER.match(text):
        raise Invalid(
            "The cookies must be a Netscape format cookies file, not a Cookie header, which names no site: "
            'export them as "Netscape" or "cookies.txt".'
        )


def _is_comment(line: str) -> bool:
    text = line.strip()
    return not text or (text.startswith("#") and not text.startswith(_HTTP_ONLY))


def _row(line: str) -> str:
    """A row of the file. Raises `_Unreadable`."""
    domain, flag, path, secure, expiry, name, value = _split(line.lstrip().removeprefix(_HTTP_ONLY))
    if _CONTROL.search(line):
        raise _Unreadable("it holds control characters")
    whole_domain = _truth(flag, 2) or domain.startswith(".")
    host = _host(domain)
    if not path.startswith("/"):
        raise _Unreadable("its field 3 is no path")
    if not name and not value:
        raise _Unreadable("it names no cookie")
    below = whole_domain and read_address(host.strip("[]")) is None
    texts = ("TRUE" if below else "FALSE", path, "TRUE" if _truth(secure, 4) else "FALSE", _seconds(expiry), name)
    return "\t".join((f".{host}" if below else host, *texts, value))


def _split(line: str) -> list[str]:
    """The seven fields. Editors make blanks of TABs, and drop the TAB behind which a value is empty."""
    by_tabs = [field.strip() for field in line.rstrip("\r\n").split("\t")]
    by_blanks = [field.strip() for field in line.split(maxsplit=len(_FIELDS) - 1)]
    for fields in (by_tabs, by_blanks):
        if len(fields) == len(_FIELDS) and "\t" not in fields[-1]:
            return fields
    for fields in (by_tabs, by_blanks):
        if len(fields) == len(_FIELDS) - 1:
            return [*fields, ""]
    count = len(by_tabs) if len(by_tabs) > 1 else len(by_blanks)
    noun = "field" if count == 1 else "fields"
    raise _Unreadable(f"it has {count} {noun} in place of {len(_FIELDS)} ({', '.join(_FIELDS)})")


def _host(domain: str) -> str:
    host = domain.lstrip(".")
    if not host or re.search(r"[\s/\"',;=]", host):
        raise _Unreadable("its field 1 is no host name")
    return host


def _truth(text: str, number: int) -> bool:
    truth = _TRUTH.get(text.upper())
    if truth is None:
        raise _Unreadable(f"its field {number} is neither TRUE nor FALSE")
    return truth


def _seconds(expiry: str) -> str:
    """Whole seconds since 1970, `0` for the end of the session, which exporters also write as -1, blank or a word."""
    if expiry.lower() in _NO_EXPIRY:
        return "0"
    try:
        whole = max(0, int(float(expiry)))
    except (ValueError, OverflowError):
        raise _Unreadable("its field 5 is no number of seconds") from None
    while whole > _MOST_SECONDS:
        whole //= 1000
    return str(whole)
