"""How old the programs are that read files and scripts of strangers, and the oldest of each that may be used
(docs/contract/system.md 5, ready). Pure.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from dlambda.domain.system.release import parse_version

# Days after which something newer is certain to exist, and flaws of the old one are likely to be published.
_OLD_DAYS: Final = {"yt-dlp": 90, "ffmpeg": 270, "ffprobe": 270, "deno": 180}
# The builds of our locks, where a program does not tell its own date: a package's date, or the first of its month.
_RELEASED: Final = {
    ("ffmpeg", "9.0.2"): date(2026, 9, 30),
    ("ffprobe", "8.1.2"): date(2026, 7, 26),
    ("deno", "2.9.8"): date(2026, 10, 1),
}
MINIMUM: Final[Mapping[str, str]] = {
    "yt-dlp": "2026.10.26",
    "ffmpeg": "8.1.3",  # CVE-2026-107697: an HLS list evades the allowed protocols
    "ffprobe": "8.1.2",  # the readers' flaws of June 2026; no playlist ever reaches it
    "deno": "2.7.10",  # CVE-2026-27190, CVE-2026-32260, CVE-2026-49402: shell arguments
}
"""The oldest version of each without a published flaw that concerns us."""
_NUMBERS = re.compile(r"(?:^|[\s_nv-])(\d+(?:\.\d+)+)")
_DAY = re.compile(r"(?<!\d)(20\d\d)[.-]?(\d\d)[.-]?(\d\d)(?!\d)")


def version_of(text: str | None) -> str | None:
    """The numbers in what a program says of itself: `ffmpeg version n9.0.2-17-g2a57` -> `9.0.2`; None without any."""
    match = _NUMBERS.search(text or "")
    return match[1] if match else None


def released_on(name: str, text: str | None) -> date | None:
    """The day that stands in what a program says of itself, else that of the version; None for an unknown build."""
    for day in _DAY.finditer(text or ""):
        try:
            return date(*(int(part) for part in day.groups()))
        except ValueError:
            continue
    return _RELEASED.get((name, version_of(text) or ""))


def is_safe(name: str, text: str | None) -> bool | None:
    """True if the version is at least the oldest that may be used; None when it cannot be told."""
    version = parse_version(version_of(text) or "")
    minimum = parse_version(MINIMUM[name])
    return version >= minimum if version and minimum else None


def age(name: str, text: str | None, today: date) -> dict[str, Any]:
    """`released`, `age_days` and `old` (null where the day is not known), and `safe`: not below the minimum."""
    released = released_on(name, text)
    days = (today - released).days if released else None
    return {
        "released": released.isoformat() if released else None,
        "age_days": days,
        "old": None if days is None else days > _OLD_DAYS[name],
        "safe": is_safe(name, text),
    }
