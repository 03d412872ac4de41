"""The end of ffmpeg's output, fit for a log: without addresses, which may be signed, and without paths."""

import re

_PLACE = re.compile(r"(?:[a-z][a-z0-9+.-]*://|file:|(?<![\w.])/)\S*", re.IGNORECASE)
_MOST_LINES = 5
_MOST_LETTERS = 1000


def last_words(output: bytes, location: str = "") -> str:
    """The last lines of standard error as one line. `location` is what was read, whose path may hold blanks."""
    text = output.decode("utf-8", "replace")
    text = text.replace(location, "…") if location else text
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    words = " | ".join(_PLACE.sub("…", line) for line in lines[-_MOST_LINES:])
    return words[-_MOST_LETTERS:] or "no reason was given"
