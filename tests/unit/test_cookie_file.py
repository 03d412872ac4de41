"""Cookie files in the forms that browsers and extensions write: docs/contract/ytdlp.md 9. The judge is yt-dlp's own jar."""

import io
from typing import Any

import pytest
from yt_dlp.cookies import YoutubeDLCookieJar

from dlambda.domain.ytdlp.cookie_file import HEADER, MAX_BYTES, check_cookies, read_cookies
from dlambda.errors import Invalid
from tests.patience import must_end

ROW = "127.0.0.1\tFALSE\t/\tFALSE\t0\tsid\tabc"
SITE = ".site.example\tTRUE\t/\tTRUE\t2145916800\tsid\tabc"


def sent(text: str, url: str = "http://127.0.0.1/film.mp4") -> str | None:
    """The header that yt-dlp sends to `url`."""
    jar = YoutubeDLCookieJar(io.StringIO(read_cookies(text).text))
    jar.load()
    header: str | None = jar.get_cookie_header(url)
    return header


@pytest.mark.parametrize(
    "text",
    [
        f"{HEADER}{ROW}\n",
        f"\ufeff{HEADER}{ROW}\n",
        f"\u00ef\u00bb\u00bf{HEADER}{ROW}\n",
        f"\ufeff{ROW}",
        f"{ROW}\n",
        f"# exported by hand\n\n{ROW}\n",
        f"{HEADER}{ROW}\n".replace("\n", "\r\n"),
        f"{HEADER}{ROW}\n".replace("\n", "\r"),
        f"{HEADER}  {ROW}  \n",
        f"{HEADER}#HttpOnly_{ROW}\n",
        HEADER + ROW.replace("\t", "    "),
        HEADER + ROW.replace("\t", " "),
        HEADER + ROW.replace("FALSE\t/", "FALSE  /"),
        HEADER + ROW.replace("FALSE", "False"),
        HEADER + ROW.replace("FALSE", "TRUE", 1),
        HEADER + ROW.replace("127.0.0.1", ".127.0.0.1"),
        *(HEADER + ROW.replace("\t0\t", f"\t{expiry}\t") for expiry in
          ("-1", "", "-1.0", "Session", "2145916800", "2145916800.25", "2145916800000", "13790390400000000", "2.1e9")),
        f"{HEADER}no cookie\n{ROW}\n",
    ],
)  # fmt: skip
def test_forms_that_are_read(text: Any) -> None:
    assert sent(text) == "sid=abc"


@pytest.mark.parametrize(
    ("row", "header"),
    [
        (ROW.replace("abc", ""), "sid="),
        (ROW.replace("\tabc", ""), "sid="),
        (ROW.replace("abc", "a b"), "sid=a b"),
        (ROW.replace("abc", '"a=b"'), 'sid="a=b"'),
        (ROW.replace("abc", "ä\u2028ö"), "sid=ä\u2028ö"),
        (ROW.replace("\t", "  ").replace("abc", "a b"), "sid=a b"),
        (ROW.replace("sid\tabc", "\tabc"), "abc"),
    ],
)
def test_values(row: Any, header: str) -> None:
    assert sent(HEADER + row) == header


@pytest.mark.parametrize(
    "row", [SITE, SITE.replace(".site", "site"), SITE.replace("TRUE", "FALSE", 1), SITE.replace("2145916800", "0")]
)
def test_a_flag_that_contradicts_the_dot(row: Any) -> None:
    """Python's own reader gives up the whole file for it."""
    assert sent(row, "https://www.site.example/") == sent(row, "https://site.example/") == "sid=abc"
    assert sent(row, "https://other.example/") is None


@pytest.mark.parametrize("text", ["", "  \n", "\ufeff", HEADER, "# a comment\n"])
def test_a_file_without_cookies(text: Any) -> None:
    assert sent(text) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("garbage", "Line 1 cannot be read: it has 1 field in place of 7"),
        (f"{HEADER}garbage here", "Line 3 cannot be read: it has 2 fields in place of 7"),
        (f"{HEADER}\n<html>".replace("\n", "\r\n"), "Line 4 cannot be read"),
        (ROW.replace("\t0\t", "\tsoon\t"), "Line 1 cannot be read: its field 5 is no number of seconds"),
        (ROW.replace("\t0\t", "\tinf\t"), "Line 1 cannot be read: its field 5"),
        (ROW.replace("/", "path"), "Line 1 cannot be read: its field 3 is no path"),
        (ROW.replace("FALSE", "maybe", 1), "Line 1 cannot be read: its field 2 is neither TRUE nor FALSE"),
        (ROW.replace("127.0.0.1", "http://127.0.0.1/"), "Line 1 cannot be read: its field 1 is no host name"),
        (ROW.replace("abc", "a\x1bc"), "Line 1 cannot be read: it holds control characters"),
        (ROW.replace("sid\tabc", "\t"), "Line 1 cannot be read"),
        (f"{ROW}\textra", "Line 1 cannot be read: it has 8 fields in place of 7"),
        (f"{HEADER}{ROW}".replace("\n", " ").replace("\t", " "), "Line 1 begins with '#' and holds cookies"),
        (f"{HEADER}{ROW}".replace("\n", "\\n").replace("\t", "\\t"), "Line 1 begins with '#' and holds cookies"),
        ('"a","FALSE","/"', "not JSON"),
        ('[{"domain": "127.0.0.1", "name": "sid", "value": "abc"}]', "must be Netscape formatted, not JSON"),
        ('\ufeff\n[\n  {"domain"', "must be Netscape formatted, not JSON"),
        ('{"cookies": [{"name": "sid"}], "origins": []}', "must be Netscape formatted, not JSON"),
        ("[]", "must be Netscape formatted, not JSON"),
        ("{}", "must be Netscape formatted, not JSON"),
        ("sid=abc; lang=de", "not a Cookie header"),
        ("Cookie: sid=abc", "not a Cookie header"),
        (f"{HEADER}{ROW}".encode("utf-16-le").decode("latin-1"), "UTF-8"),
        (f"{ROW}\n" * (MAX_BYTES // len(ROW)), "larger than 200000 bytes"),
    ],
)  # fmt: skip
def test_what_is_refused(text: Any, reason: str) -> None:
    with pytest.raises(Invalid) as error:
        check_cookies(text)
    assert reason in error.value.message
    assert "abc" not in error.value.message


def test_a_text_of_blanks_is_no_work() -> None:
    with must_end(), pytest.raises(Invalid):
        check_cookies("a=" + " " * (MAX_BYTES - 10) + "\tx")


def test_a_bad_line_costs_itself_and_is_named() -> None:
    file = read_cookies(f"{HEADER}{ROW}\nno cookie\n{SITE}\n")
    assert file.text == f"{HEADER}{ROW}\n{SITE}\n"
    assert [text.partition(" in place of")[0] for text in file.skipped] == ["Line 4 cannot be read: it has 2 fields"]
