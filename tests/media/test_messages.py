"""Messages of yt-dlp as people get them."""

import pytest
from yt_dlp.utils import ExtractorError, bug_reports_message

from dlambda.media.ytdlp.wording import plain
from tests.patience import must_end

_COOKIES = "--cookies-from-browser or --cookies"
_PASSWORD = "--username and --password, --netrc-cmd, or --netrc (x) to provide account credentials"
_HOW = (
    "See  https://github.com/yt-dlp/yt-dlp/wiki/FAQ#how-do-i-pass-cookies-to-yt-dlp  for how to manually pass cookies"
)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("ERROR: [site] x: Unable to extract title" + bug_reports_message(), "[site] x: Unable to extract title"),
        ("Unable to extract title. " + bug_reports_message(""), "Unable to extract title."),
        ("Is it you?" + bug_reports_message("").join(["\n", ""]), "Is it you?"),
        ("Failed (caused by KeyError('x'))" + bug_reports_message(), "Failed"),
        ("Failed (caused by KeyError('x'))", "Failed"),
        (str(ExtractorError("Unable to extract id")), "Unable to extract id"),
        (str(ExtractorError("Unable to extract id.", cause=KeyError("x"))), "Unable to extract id."),
        (
            f"[x] This video is only available for registered users. Use {_COOKIES} for the authentication. {_HOW}",
            "[x] This video is only available for registered users. Add cookies of a logged-in browser.",
        ),
        (
            f"[x] Login needed. Use --cookies, --cookies-from-browser, {_PASSWORD}. {_HOW}",
            "[x] Login needed. Add cookies of a logged-in browser.",
        ),
        (
            "The extension ('php') is unusual. If you believe this is an error" + bug_reports_message(","),
            "The extension ('php') is unusual.",
        ),
        (
            "[DRM] It will NOT be supported.\nPlease DO NOT open an issue, unless you have evidence",
            "[DRM] It will NOT be supported.",
        ),
        (
            """[generic] 'x' is not a valid URL. Set --default-search "ytsearch" (or run  yt-dlp "ytsearch:x" ) to search YouTube""",
            "[generic] 'x' is not a valid URL.",
        ),
        (
            "Requested format is not available. Use --list-formats for a list of available formats",
            "Requested format is not available.",
        ),
        ("\x1b[0;31mERROR:\x1b[0m Report of a crash", "Report of a crash"),
    ],
)
def test_nobody_is_sent_to_the_makers_of_yt_dlp(message: str, expected: str) -> None:
    assert plain(message) == expected


def test_a_message_of_blanks_is_no_work() -> None:
    with must_end():
        assert plain("x" + " " * 100_000 + "y") == "x"
