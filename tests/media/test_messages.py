"""Messages of yt-dlp as people get them."""

import pytest
from yt_dlp.utils import ExtractorError, bug_reports_message

from dlambda.media.workers.downloader import plain


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
        ("\x1b[0;31mERROR:\x1b[0m Report of a crash", "Report of a crash"),
    ],
)
def test_nobody_is_sent_to_the_makers_of_yt_dlp(message: str, expected: str) -> None:
    assert plain(message) == expected
