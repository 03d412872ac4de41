"""Syntax of output templates: yt-dlp's own check (`YoutubeDL.validate_outtmpl`), without yt-dlp.

The functions that take templates have no yt-dlp loaded. A test holds both checks together.
"""

import re
from collections import defaultdict

# As yt-dlp has them (`STR_FORMAT_RE_TMPL`): what is behind `%`, with its own conversions, and what is mere text.
_FORMAT = r"(?<!%)(?P<prefix>(?:%%)*)%(?P<has_key>\((?P<key>{0})\))?[#0\-+ ]*(?:\d+)?(?:\.\d+)?[hlL]?{1}"
_OWN = re.compile(_FORMAT.format("[^)]*", "[ljhqBUDS]"))
_TEXT = re.compile(_FORMAT.format("", r"(?![%(\0])"))
# Widths say nothing about the syntax, and a wide one would be filled here.
_WIDE = re.compile(r"[0-9]{4,}")


def problem_of(template: str) -> str | None:
    """The mistake in the syntax of `template`; None for one that yt-dlp takes."""
    narrow = _WIDE.sub("999", template)
    python = _TEXT.sub(_escape, _OWN.sub(lambda match: f"{match.group(0)[:-1]}s", narrow))
    try:
        python % defaultdict(int)
    except (ValueError, TypeError) as error:
        return str(error)
    return None


def _escape(match: re.Match[str]) -> str:
    return ("" if match.group("has_key") else "%") + match.group(0)
