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
        ("A network error has occurred. [generic] Falling back on generic information extractor", K.TRANSIENT, True),
        ("Download process ended unexpectedly.", K.TRANSIENT, True),
        ("[instagram] x: Requested content is not available, rate-limit reached or login required", K.LOGIN, False),
        ("[twitter] 1: NSFW tweet requires authentication", K.LOGIN, False),
        ("[vimeo] 1: This video is protected by a password, use the --video-password option", K.LOGIN, False),
        ("[x] This account is private", K.LOGIN, False),
        ("[x] Please log in", K.LOGIN, False),
        ("[x] Only available for premium. Add cookies of a logged-in browser.", K.LOGIN, False),
        ("[x] The video is geo-blocked", K.GEO, False),
        ("[x] This video is only available in Germany", K.GEO, False),
        ("[x] This content is not available in your region", K.GEO, False),
        ("Unable to download webpage: HTTP Error 451: Unavailable For Legal Reasons", K.GEO, False),
        ("[x] This video has been deleted", K.GONE, False),
        ("[x] The account of this user has been suspended", K.GONE, False),
        ("[x] The link has expired", K.GONE, False),
        ("[generic] Got HTTP Error 403 caused by Cloudflare anti-bot challenge", K.BLOCKED, False),
        ("[twitter] 1: No video could be found in this tweet", K.NO_FORMATS, False),
        ("[x] There is no video in this post", K.NO_FORMATS, False),
        ("ffmpeg could not read the stream: SAMPLE-AES encryption is not supported", K.DRM, False),
        ("[PlayReady] no", K.DRM, False),
        ("[x] The stream uses FairPlay", K.DRM, False),
        ("No suitable extractor (nonsense) found for URL https://a.example/", K.OPTIONS, False),
        ("Unable to download webpage: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", K.OTHER, False),
        ("Unable to download webpage: [SSL: WRONG_VERSION_NUMBER] wrong version number", K.TRANSIENT, True),
        ("Failed to resolve 'a.example' ([Errno -2] Name or service not known)", K.TRANSIENT, True),
        ("Unable to download webpage: [Errno 111] Connection refused", K.TRANSIENT, True),
        ("Unable to download webpage: ('Connection aborted.', ConnectionResetError(104))", K.TRANSIENT, True),
        ("Unable to download webpage: HTTP Error 503: Service Unavailable", K.TRANSIENT, True),
        ("ffmpeg could not read the stream: Server returned 403 Forbidden (access denied)", K.TRANSIENT, True),
        ("ffmpeg could not read the stream: Server returned 404 Not Found", K.GONE, False),
        ("ffmpeg could not read the stream: Server returned 5XX Server Error reply", K.TRANSIENT, True),
        ("The site gives no more segments: HTTP Error 503: Service Unavailable", K.TRANSIENT, True),
        ("Failed to create cookie file for 'u'. 'x'.", K.OPTIONS, False),
        ("[x] a: Unable to extract title", K.UNSUPPORTED, False),
        ("[x] a: An extractor error has occurred.", K.UNSUPPORTED, False),
        ("[x] a: Failed to parse JSON", K.UNSUPPORTED, False),
        ("something nobody has seen", K.OTHER, False),
        ("", K.OTHER, False),
        (None, K.OTHER, False),
    ],
)
def test_a_message_has_a_kind(message: str | None, kind: FailureKind, retryable: bool) -> None:
    found = classify(message)
    assert found.advice.endswith(".")
    assert (found.kind, found.retryable) == (kind, retryable)
    assert (wait_before_retry(found, attempts=1, limit=3) is not None) is retryable
