"""Archive ids: `<extractor, lower case> <id>`, one for each video (docs/contract/downloads.md 4.12, 8)."""

from collections.abc import Iterable, Mapping
from typing import Any


def archive_key(name: str, owner: str) -> str:
    """The key of the archive `name` in the store: each member has archives of its own, admins share theirs."""
    return f"@{owner}:{name}" if owner else name


def make_id(extractor: str, video_id: str) -> str:
    """`("Youtube", "dQw4w9WgXcQ")` -> `"youtube dQw4w9WgXcQ"`."""
    return f"{extractor.lower()} {video_id}"


def normalise(items: Iterable[object]) -> list[str]:
    """The archive ids in `items`: trimmed, each once, in order. What has fewer than two words is no id and left out."""
    ids: dict[str, None] = {}
    for item in items:
        words = item.split() if isinstance(item, str) else []
        if len(words) >= 2:
            ids[" ".join(words)] = None
    return list(ids)


def ids_of(info: Mapping[str, Any]) -> list[str]:
    """The archive ids of an extraction's `info`: its own first, then those it had in older versions of yt-dlp."""
    extractor = info.get("extractor_key") or info.get("ie_key")
    own = [make_id(str(extractor), str(info["id"]))] if extractor and info.get("id") else []
    return normalise([*own, *(info.get("_old_archive_ids") or [])])
