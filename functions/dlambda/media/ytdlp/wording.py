"""yt-dlp's messages in words for people: inside worker processes, where its messages pass."""

import re

from dlambda.media.ytdlp.curl_library import MISSING_TEXT

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_MOST_CHARACTERS = 4000  # sites write whole pages into a status line
_BLANKS = re.compile(r"[^\S\n]{2,}")
_PREFIX = re.compile(r"^(?:ERROR|WARNING):\s*")
# What is said to programmers, or to those who sit at yt-dlp's own command line. Each with what stands in its place.
_REPLACED: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.DOTALL | re.IGNORECASE), text)
    for pattern, text in (
        (r"\s*\(caused by .*\)?\s*[;,]?\s*\bplease report this issue on .*$", ""),
        (r"\s*If you believe this is an error, please report .*$", ""),
        (r"[;,]?\s*\bplease report this issue on .*$", ""),
        (r"[;,]?\s*\bPlease (?:do not|report)\b[^.!]*(?:issue|bug|https?://github)\b.*$", ""),
        (r"\s*\(caused by .*\)$", ""),
        (r"\s*Confirm you are on the latest version.*$", ""),
        (r"\s*Use --cookies(?:, | or |-from-browser).*?(?=See  ?https|$)", " Add cookies of a logged-in browser."),
        (r"\s*Use --username and --password, .*? to provide account credentials", " Use --username and --password"),
        (r"\s*(?:Also )?see\s+https://github\.com/yt-dlp/\S+(?:\s+for (?:how to|more|tips)[^.]*)?\.?", ""),
        (r"\s*Set --default-search .*$", ""),
        (r'Impersonate target "([^"]*)" is not available\..*$', r'The browser "\1" cannot be imitated.'),
        (r"[^.]*, but no impersonate target is available.*$", f"The site asks for a browser. {MISSING_TEXT}"),
        (r", but none of these impersonate targets are available: ([^.]*)\..*$", r", but these are unknown: \1."),
        (
            r"Got HTTP Error (\d+) caused by (Cloudflare anti-bot challenge)[;,] .*$",
            r"HTTP Error \1: the site wants a browser's handshake (\2).",
        ),
        (r"\s*Use --list-formats for a list of available formats\.?", ""),
        (r"\s*(?:Try (?:again|running)|Run|Rerun) (?:with|it with) (?:-v|--verbose)\b.*$", ""),
    )
)


def plain(message: object) -> str:
    """A message of yt-dlp for people: without colours, its `ERROR:`, exception names and where to report it."""
    text = _PREFIX.sub("", _ANSI.sub("", str(message)[:_MOST_CHARACTERS]).strip())
    text = _BLANKS.sub(" ", text)  # else each pattern below would try at every blank of a long row
    for pattern, replacement in _REPLACED:
        text = pattern.sub(replacement, text)
    return text.strip()
