"""What messages of yt-dlp mean."""

import pytest

from dlambda.domain.items.failure import FailureKind, classify
from dlambda.domain.items.retry import wait_before_retry

K = FailureKind


def test_a_refusal_is_no_network_trouble() -> None:
    """It may be a link that has run out, so it is tried again; the advice is for when it is not."""
    failure = classify("unable to download video data: HTTP Error 403: Forbidden")
    assert failure.advice == "The site refused the request: cookies, another address or a login may help."
    assert failure.retryable


@pytest.mark.parametrize(
    ("message", "kind", "retryable"),
    [
        ("[youtube] x: Sign in to confirm you’re not a bot. Use --cookies-from-browser", K.BLOCKED, False),
        ("[youtube] x: Sign in to confirm your age. This video may be inappropriate", K.LOGIN, False),
        ("[youtube] x: Private video. Sign in if you've been granted access to this video", K.LOGIN, False),
        ("[youtube] x: Join this channel to get access to members-only content", K.LOGIN, False),
        ("[x] This video is only available for registered users", K.LOGIN, False),
        ("[youtube] x: Video unavailable. This video has been removed by the uploader", K.GONE, False),
        ("[generic] x: Unable to download webpage: HTTP Error 404: Not Found", K.GONE, False),
        ("[youtube] x: The uploader has not made this video available in your country", K.GEO, False),
        ("HTTP Error 429: Too Many Requests", K.RATE_LIMITED, True),
        ("Unsupported URL: https://a.example/", K.UNSUPPORTED, False),
        ("[x] Requested format is not available. Use --list-formats", K.NO_FORMATS, False),
        ("[x] No video formats found!", K.NO_FORMATS, False),
        ("[x] This video is DRM protected", K.DRM, False),
        ("[youtube] This live event will begin in 3 hours.", K.LIVE, False),
        ("unable to download video data: HTTP Error 403: Forbidden", K.TRANSIENT, True),
        ("[download] Got error: 1000 bytes read, 2000 more expected. Giving up after 1 retries", K.TRANSIENT, True),
        ("Unable to download webpage: [Errno -2] Name or service not known", K.TRANSIENT, True),
        ("TimeoutError: 70s reached Unable to extract info.", K.TIMEOUT, True),
        ("The read operation timed out", K.TIMEOUT, True),
        ("[Errno 28] No space left on device", K.DISK, True),
        ("x: Access to internal urls or private networks is not allowed.", K.INTERNAL, False),
        ("Download process ended unexpectedly.", K.TRANSIENT, True),
        ("something nobody has seen", K.OTHER, False),
        ("", K.OTHER, False),
        (None, K.OTHER, False),
    ],
)
def test_a_message_has_a_kind(message: str | None, kind: FailureKind, retryable: bool) -> None:
    found = classify(message)
    assert (found.kind, found.retryable) == (kind, retryable)
    assert (wait_before_retry(found, attempts=1, most=3) is not None) is retryable
