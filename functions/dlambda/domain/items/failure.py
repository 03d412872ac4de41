"""Failures: messages of yt-dlp, ffmpeg and the network, classified for the person who waits for the file.

`classify` is a table of texts, tried in order; a site's own wording is reported beside it as it came.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any


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
    LIMIT = "limit"  # this service brings no more today
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
    is_refusal: bool = False  # the site itself said no, which another way of asking may change

    def view(self, tried: str = "") -> dict[str, Any]:
        """The `failure` of an item that ended with it; `tried` says what was tried. Of one that is tried again, see
        `retried`.
        """
        return {"kind": self.kind.value, "advice": " ".join(filter(None, (self.advice, tried))), "retry_at": None}

    def retried(self, retry_at: float, attempts: int) -> dict[str, Any]:
        """The `failure` of an item whose next try is at `retry_at`, after so many failed ones."""
        return self.view() | {"retry_at": retry_at, "attempts": attempts}


_LOGIN = Failure(FailureKind.LOGIN, "The site wants a login: add cookies of a logged-in browser to the item or preset.")
_BLOCKED = Failure(
    FailureKind.BLOCKED, "The site blocks this server's address. Add cookies, use a proxy, or try again later."
)
_GONE = Failure(FailureKind.GONE, "The media is not there (any more) or is private.")
_GEO = Failure(FailureKind.GEO, "Not available in this server's country: a proxy in another country may help.")
_RATE = Failure(FailureKind.RATE_LIMITED, "The site asks to slow down.", retryable=True)
_AGE = Failure(FailureKind.LOGIN, "The site asks for the age: add cookies of a logged-in adult to the item or preset.")
_PRIVATE = Failure(
    FailureKind.LOGIN, "The media is private: add cookies of somebody who may see it to the item or preset."
)
_PASSWORD = Failure(FailureKind.LOGIN, "The media has a password: add --video-password to the options.")
_UNSUPPORTED = Failure(
    FailureKind.UNSUPPORTED, "yt-dlp knows no way to read this page: look for the address of the media itself."
)
_BROKEN = Failure(
    FailureKind.UNSUPPORTED,
    "yt-dlp could not read the page as it is now: the site may have changed. A login or a newer version may help.",
)
_NOTHING = Failure(FailureKind.NO_FORMATS, "The page holds no video or sound: look for the page that plays it.")
_STREAM = Failure(FailureKind.UNSUPPORTED, "Only http and https are fetched: look for such an address of the stream.")
_LARGE = Failure(FailureKind.UNSUPPORTED, "The page is too large to be a page with media.")
_NO_FORMATS = Failure(FailureKind.NO_FORMATS, "Nothing fits the format asked for: try other format options.")
_DRM = Failure(
    FailureKind.DRM, "The media is encrypted for players with a licence: no option changes that. Look for another site."
)
_LIVE = Failure(FailureKind.LIVE, "The stream is not live at this moment.")
_INTERNAL = Failure(FailureKind.INTERNAL, "The address lies in a private network.")
_COOKIES = Failure(
    FailureKind.OPTIONS, "Export the cookies once more as a Netscape file (cookies.txt) and add them to the item."
)
_EXTRACTORS = Failure(
    FailureKind.OPTIONS, "The options name extractors that do not read this address: change --use-extractors."
)
_OPTIONS = Failure(FailureKind.OPTIONS, "Change the options of the item or preset.")
_TOO_LARGE = Failure(
    FailureKind.DISK, "The worker's whole disk is smaller: ask for a smaller format, or for one without a conversion."
)
_DISK = Failure(FailureKind.DISK, "The worker's disk is full or cannot be written.", retryable=True)
_DAILY = Failure(FailureKind.LIMIT, "Try again after midnight, or have the limit raised (YTP_DAILY_GB).")
_TIMEOUT = Failure(FailureKind.TIMEOUT, "The site took too long to answer.", retryable=True)
_TRANSIENT = Failure(FailureKind.TRANSIENT, "Network trouble on the way.", retryable=True)
_REFUSED = Failure(
    FailureKind.TRANSIENT,
    "The site refused the request: cookies, another address or a login may help.",
    retryable=True,
    is_refusal=True,
)
_CERTIFICATE = Failure(
    FailureKind.OTHER, "The site's certificate is not valid: the connection may not be safe. Try again later."
)
_NAME = Failure(
    FailureKind.TRANSIENT, "The site's name is not known: check the address, or try again later.", retryable=True
)
_CLOSED = Failure(
    FailureKind.TRANSIENT, "The site does not take connections at this moment: try again later.", retryable=True
)
_CIRCLE = Failure(FailureKind.OTHER, "The address leads back to itself in circles.")
_PAGE = Failure(
    FailureKind.LOGIN, "A login may help: add cookies of a logged-in browser to the item or preset, or try it later."
)
_NO_MEDIA = Failure(FailureKind.UNSUPPORTED, "The address leads to no media: look for that of the film or sound.")
_OTHER = Failure(FailureKind.OTHER, "The log of the item says more; other options or another try may help.")

# Order matters: what is more certain stands first. Each row: the failure, then patterns of its texts.
_RULES: tuple[tuple[Failure, *tuple[str, ...]], ...] = (
    (_INTERNAL, "Access to internal urls or private networks"),
    (_STREAM, "streams are not supported"),
    (_COOKIES, "Failed to create cookie file"),
    (_LARGE, r"The page is larger than \d+ MB"),
    (_CIRCLE, "redirect loop"),
    (_PAGE, "sent a web page in place of the media"),
    (_NO_MEDIA, "in place of the media", "holds no media that can be read"),
    (_DAILY, "Daily limit reached"),
    (_TOO_LARGE, "larger than the scratch folder"),
    (_DISK, "No space left on device", "Disk quota exceeded", "Read-only file system"),
    (_DRM, r"\bDRM\b", "Widevine", "FairPlay", "PlayReady", "SAMPLE-AES"),
    (
        _CERTIFICATE, "CERTIFICATE_VERIFY_FAILED", "certificate verify failed", "certificate has expired",
        "doesn.t match (the )?host", "hostname mismatch", "self.signed certificate",
    ),
    (
        _BLOCKED, "confirm you.re not a bot", "unusual traffic", "not a robot", "captcha", "Cloudflare", "anti-bot",
        "wants a browser.s handshake",
        "blocked (your|this) IP", "IP address is blocked", "Your IP .{0,40}block", "access denied.{0,40}IP",
        "looks like a bot", "verify (that )?you are (a )?human", "VPN or proxy detected",
    ),
    (_LOGIN, "rate.?limit.{0,20} or login required", "login required or rate.?limit"),
    (_RATE, "HTTP Error 429", "Too Many Requests", "rate.?limit", "try again later.{0,40}limit"),
    (
        _GEO, "not (made this video )?available (in|from) your (country|location|region)", "geo.?restrict",
        "blocked it in your country", "This video is available in", "geo.?block", "only available in [A-Z]",
        "not available in (your|this) (region|territory)", "not licensed (for|in) your",
        "not available from your (location|country|region)", "HTTP Error 451",
    ),
    (_PASSWORD, "password.protected", "video password", "protected by a password", "--video-password"),
    (_AGE, "confirm your age", "age.?restricted", "age.?verif", "adults? only", "NSFW .{0,30}requires"),
    (_PRIVATE, "Private video", "video is private", "(post|account|profile|channel|playlist|content) is private"),
    (
        _LOGIN, "Sign in", r"\blog(ged)?[ -]?in\b", r"\blogin\b", "account (credentials|is required)",
        "members.only", "available to this channel.s members", "Join this channel",
        "requires? (payment|purchase|authentication)", "only available for (registered|premium)", "subscri(ber|ption)",
        "Use --cookies", "Add cookies of a logged-in", "HTTP Error 401", "returned 401", "not authorized",
        "rented|rental", "members? .{0,20}only",
    ),
    (
        _LIVE, "live event will begin", "Premieres in", "not currently live", "is offline", "has not started",
        "live stream recording is not available", "This live event has ended", "stream is not live",
        "(channel|broadcast|user) is not (currently )?(live|broadcasting|streaming)", "is not online",
    ),
    (
        _GONE, "Video unavailable", "has been removed", "removed by the (user|uploader)",
        "no longer (available|exists)",
        "does not exist", "account .{0,40}(terminated|suspended)", "HTTP Error (404|410)", "returned 404",
        "has been (deleted|taken down)", "was (deleted|removed)", "has expired", "is unavailable",
        r"\bNot Found\b",
    ),
    (_EXTRACTORS, "No suitable extractor"),
    (
        _UNSUPPORTED, "Unsupported URL", "not a valid URL", "is not a supported",
        "Unsupported (url )?scheme", "no handlers? could", "marked as broken",
    ),
    (
        _NOTHING, "no (video|media|audio).{0,30}(found|in this|could be found)", "There is no (video|media)",
        "could not find any (video|media)", "No video could be found", "does not contain (a |any )?(video|media)",
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
    (_REFUSED, "HTTP Error 403", "returned 403"),
    (
        _NAME, "Temporary failure in name resolution", "Name or service not known", "No address associated",
        "nodename nor servname", "Failed to resolve", "Name does not resolve", "Could not resolve",
    ),
    (_CLOSED, "Connection refused", "No route to host", "Network is unreachable", "Host is down"),
    (
        _TRANSIENT, r"HTTP Error (408|5\d\d)", r"bytes read, \d+ more expected", "IncompleteRead",
        "content too short", "A network error has occurred", "Connection (reset|aborted)", "Remote end closed",
        "EOF occurred",
        r"fragment \d+ not found", "Did not get any data",
        "ended unexpectedly", "SSL", "Unable to (download|fetch)", "unable to download video data",
        "The downloaded file is empty", "source changes while", "redirect",
        r"returned 5(XX|\d\d)", "gives no more segments",
        "read the live stream", "live stream gave no data",
    ),
    (
        _BROKEN, "Unable to (extract|parse)", "Failed to (parse|decode|extract)", "An extractor error has occurred",
        "Unexpected (response|error|data)", "object has no attribute", "is not subscriptable", "KeyError",
    ),
)  # fmt: skip


@cache  # few processes see a failure, and compiling takes milliseconds
def _compiled_rules() -> tuple[tuple[re.Pattern[str], Failure], ...]:
    return tuple((re.compile("|".join(patterns), re.IGNORECASE | re.DOTALL), failure) for failure, *patterns in _RULES)


def classify(message: str | None) -> Failure:
    """The failure that `message` stands for. Unknown texts are `OTHER`, not retryable."""
    for pattern, failure in _compiled_rules():
        if message and pattern.search(message):
            return failure
    return _OTHER
