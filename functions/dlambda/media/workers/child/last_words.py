"""ffmpeg's messages about a stream that it downloads: why it failed, and which segments it left out. Pure."""

import re

_LOST = re.compile(r"(?:Failed to open segment|Segment) (\d+) of playlist (\d+)")
_SKIPPED = re.compile(r"skipping (\d+) segments ahead")
_TELLING = re.compile(
    r"error|fail|invalid|forbidden|not found|refused|unable|denied|timed out|unreachable|no such|unsupported|encrypt",
    re.IGNORECASE,
)
# `[hls @ 0x55d0c8]` and `Error opening input file`, which says the address again.
SPEAKER = re.compile(r"^(?:\[[\w#:/.-]+ @ 0x[0-9a-f]+\]\s*)+")
"""The part of ffmpeg that speaks: `[webm @ 0x5583c0] `."""
_ECHO = re.compile(r"^(?:Error opening input files?\b.*|.*\bfailed too many times\b.*|Exiting normally.*)$")
_ADDRESS = re.compile(r"https?://\S*?(?=:\s|\s|$)")
_MOST_LETTERS = 200


def failure_text(words: str) -> str:
    """The last line that tells why it ended, without addresses."""
    telling = [line for line in _lines(words) if _TELLING.search(line) and not _ECHO.match(line)]
    reason = _ADDRESS.sub("", telling[-1]).strip(" :'\".") if telling else ""
    return f"ffmpeg could not read the stream: {reason[:_MOST_LETTERS] or 'it gave no reason'}."


def lost_segments(words: str) -> int:
    """How many segments it left out."""
    numbers = {match.groups() for match in _LOST.finditer(words)}
    return len(numbers) + sum(int(count) for count in _SKIPPED.findall(words))


def _lines(words: str) -> list[str]:
    return [SPEAKER.sub("", line).strip() for line in re.split(r"[\r\n]+", words)]
