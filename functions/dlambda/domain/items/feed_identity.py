"""By what an entry of a feed is known again (docs/contract/tasks.md 6, downloads.md 5.8).

Its guid, as in yt-dlp's own reader of RSS, which hands it on in a hint behind the address; without one the place of its
file. The name of a file alone, which is what yt-dlp's generic extractor has, is that of many episodes.
"""

import json
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

from dlambda.domain.files.sidecar import is_media

_HINT: Final = "__youtubedl_smuggle"
_MAX_LENGTH: Final = 250  # of an archive id


def with_guid(url: str, guid: str) -> str:
    """`url` with the hint that makes `guid` the id of what yt-dlp's generic extractor finds there."""
    if not guid:
        return url
    return f"{url}#{urlencode({_HINT: json.dumps({'force_videoid': guid})})}"


def guid_of(hinted_url: str) -> str:
    """The guid in such a hint; `""` without."""
    _, _, hint = hinted_url.partition(f"#{_HINT}")
    try:
        fields = json.loads(parse_qs(_HINT + hint).get(_HINT, [""])[0])
    except ValueError:
        return ""
    guid = fields.get("force_videoid") if isinstance(fields, dict) else None
    return guid if isinstance(guid, str) else ""


def place_of(url: str) -> str:
    """Host, path and query; not the query of a media file, which is likely a signature or a counter, and changes."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    query = "" if is_media_file(url) else parts.query
    return f"{parts.netloc}{parts.path}?{query}" if query else f"{parts.netloc}{parts.path}"


def entry_archive_id(url: str, guid: str = "") -> str:
    """The archive id of a file that a feed names; `""` where neither guid nor address tells files apart for ever."""
    name = " ".join((guid or (place_of(url) if is_media_file(url) else "")).split())
    return f"generic {name}" if name and len(name) <= _MAX_LENGTH else ""


def is_media_file(url: str) -> bool:
    """True if the path ends as the name of a media file."""
    try:
        return is_media(urlsplit(url).path)
    except ValueError:
        return False
