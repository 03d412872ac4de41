"""What a message of yt-dlp, ffmpeg or the network means for the person who waits for the file.

`classify` is a table of texts, tried in order; a site's own wording is reported beside it as it came.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class FailureKind(StrEnum):
    """Stable words: they are stored and shown to clients as `failure.kind`."""

    LOGIN = "login"  # the site wants an account, an age check or cookies
    BLOCKED = "blocked"  # the site refuses this server's address or takes it for a robot
    GONE = "gone"  # removed, private, or never there
    GEO = "geo"  # not in this country
    RATE_LIMITED = "rate_limited"
    UNSUPPORTED = "unsupported"  # nothing here can read that page
    NO_FORMATS = "no_formats"  # the page is read, but holds nothing that fits the options
    DRM = "drm"
    LIVE = "live"  # not started yet, or over without a recording
    INTERNAL = "internal"  # refused by our own address guard
    OPTIONS = "options"  # the options contradict the media
    DISK = "disk"
    TIMEOUT = "timeout"
    TRANSIENT = "transient"  # network trouble: the same again may work
    OTHER = "other"


@dataclass(frozen=True)
class Failure:
    """`advice` is a sentence for the user, empty when there is nothing to do; `retryable`: the same again may work soon
    (`retry` says when).
    """

    kind: FailureKind
    advice: str = ""
    retryable: bool = False


_LOGIN = Failure(FailureKind.LOGIN, "The site wants a login: add cookies of a logged-in browser to the item or preset.")
_BLOCKED = Failure(
    FailureKind.BLOCKED, "The site blocks this server's address. Add cookies, use a proxy, or try again later."
)
_GONE = Failure(FailureKind.GONE, "The media is not there (any more) or is private.")
_GEO = Failure(FailureKind.GEO, "Not available in this server's country: a proxy in another country may help.")
_RATE = Failure(FailureKind.RATE_LIMITED, "The site asks to slow down.", retryable=True)
_UNSUPPORTED = Failure(FailureKind.UNSUPPORTED, "yt-dlp knows no way to read this page.")
_STREAM = Failure(FailureKind.UNSUPPORTED, "Only http and https are fetched: look for such an address of the stream.")
_LARGE = Failure(FailureKind.UNSUPPORTED, "The page is too large to be a page with media.")
_NO_FORMATS = Failure(FailureKind.NO_FORMATS, "Nothing fits the format asked for: try other format options.")
_DRM = Failure(FailureKind.DRM, "The media is encrypted for players with a licence.")
_LIVE = Failure(FailureKind.LIVE, "The stream is not live at this moment.")
_INTERNAL = Failure(FailureKind.INTERNAL, "The address lies in a private network.")
_COOKIES = Failure(
    FailureKind.OPTIONS, "Export the cookies once more as a Netscape file (cookies.txt) and add them to the item."
)
_OPTIONS = Failure(FailureKind.OPTIONS, "Change the options of the item or preset.")
_DISK = Failure(FailureKind.DISK, "The worker's disk is full or cannot be written.", retryable=True)
_TIMEOUT = Failure(FailureKind.TIMEOUT, "The site took too long to answer.", retryable=True)
_TRANSIENT = Failure(FailureKind.TRANSIENT, "Network trouble on the way.", retryable=True)
_REFUSED = Failure(
    FailureKind.TRANSIENT,
    "The site refused the request: cookies, another address or a login may help.",
    retryable=True,
)
_CIRCLE = Failure(FailureKind.OTHER, "The address leads back to itself in circles.")
_PAGE = Failure(
    FailureKind.LOGIN, "A login may help: add cookies of a logged-in browser to the item or preset, or try it later."
)
_NO_MEDIA = Failure(FailureKind.UNSUPPORTED, "The address leads to no media: look for that of the film or sound.")
_OTHER = Failure(FailureKind.OTHER)

# Order matters: what is more certain stands first. Each row: the failure, then patterns of its texts.
_RULES: tuple[tuple[Failure, *tuple[str, ...]], ...] = (
    (_INTERNAL, "Access to internal urls or private networks"),
    (_STREAM, "streams are not supported"),
    (_COOKIES, "Failed to create cookie file"),
    (_LARGE, r"The page is larger than \d+ MB"),
    (_CIRCLE, "redirect loop"),
    (_PAGE, "sent a web page in place of the media"),
    (_NO_MEDIA, "in place of the media", "holds no media that can be read"),
    (_DISK, "No space left on device", "Disk quota exceeded", "Read-only file system"),
    (_DRM, r"\bDRM\b", "Widevine", "FairPlay"),
    (
        _BLOCKED, "confirm you.re not a bot", "unusual traffic", "not a robot", "captcha", "Cloudflare", "anti-bot",
        "blocked (your|this) IP", "IP address is blocked", "Your IP .{0,40}block",
    ),
    (_RATE, "HTTP Error 429", "Too Many Requests", "rate.?limit", "try again later.{0,40}limit"),
    (
        _GEO, "not (made this video )?available (in|from) your (country|location|region)", "geo.?restrict",
        "blocked it in your country", "This video is available in",
    ),
    (
        _LOGIN, "confirm your age", "age.?restricted", "Sign in", "log ?in", "account (credentials|is required)",
        "members.only", "available to this channel.s members", "Join this channel",
        "requires? (payment|purchase|authentication)", "only available for (registered|premium)", "subscri(ber|ption)",
        "Use --cookies", "HTTP Error 401", "password.protected", "video password",
    ),
    (
        _LIVE, "live event will begin", "Premieres in", "not currently live", "is offline", "has not started",
        "live stream recording is not available", "This live event has ended",
    ),
    (
        _GONE, "Video unavailable", "has been removed", "removed by the (user|uploader)",
        "no longer (available|exists)",
        "Private video", "video is private", "does not exist", "account .{0,40}terminated", "HTTP Error (404|410)",
        "Not Found",
    ),
    (
        _UNSUPPORTED, "Unsupported URL", "No suitable extractor", "not a valid URL", "is not a supported",
        "Unsupported (url )?scheme", "no handlers? could",
    ),
    (
        _NO_FORMATS, "Requested format is not available", "No video formats found", "No formats",
        "Failed to extract any formats",
    ),
    (
        _OPTIONS, "Invalid (filter|format|output template)", "Postprocessing: .*(not supported|Invalid)",
        "Error in output template", "output template (leads outside|gives no)", 'Path ".*" is too long',
        r"computed for \d+ s and brought nothing",
    ),
    (_TIMEOUT, "timed? ?out", "TimeoutError"),
    (_REFUSED, "HTTP Error 403"),
    (
        _TRANSIENT, r"HTTP Error (408|5\d\d)", r"bytes read, \d+ more expected", "IncompleteRead",
        "content too short", "Connection (reset|refused|aborted)", "Remote end closed", "EOF occurred",
        "Temporary failure in name resolution", "Name or service not known", "Network is unreachable",
        "No route to host", "No address associated", r"fragment \d+ not found", "Did not get any data",
        "ended unexpectedly", "SSL", "Unable to (download|fetch)", "unable to download video data",
        "The downloaded file is empty", "source changes while", "redirect",
    ),
)  # fmt: skip
_COMPILED = tuple((re.compile("|".join(patterns), re.IGNORECASE | re.DOTALL), failure) for failure, *patterns in _RULES)


def classify(message: str | None) -> Failure:
    """What `message` means. Unknown texts are `OTHER`, not retryable."""
    for pattern, failure in _COMPILED:
        if message and pattern.search(message):
            return failure
    return _OTHER
