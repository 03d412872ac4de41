"""Archive ids: `<extractor, lower case> <id>`, one for each video (docs/contract/downloads.md 4.12, 8)."""

from collections.abc import Iterable, Mapping
from typing import Any


def make_id(extractor: str, video_id: str) -> str:
    """`("Youtube", "dQw4w9WgXcQ")` -> `"youtube dQw4w9WgXcQ"`."""
    return f"{extractor.lower()} {video_id}"


def normalise(items: Iterable[object]) -> list[str]:
    """The archive ids in `items`: trimmed, each once, in order. What has fewer than two words is no id and left out."""
    found: dict[str, None] = {}
    for item in items:
        words = item.split() if isinstance(item, str) else []
        if len(words) >= 2:
            found[" ".join(words)] = None
    return list(found)


def read_lines(text: str) -> list[str]:
    """The ids of an archive file as yt-dlp writes it."""
    return normalise(text.splitlines())


def render_lines(ids: Iterable[str]) -> str:
    """An archive file with `ids`."""
    return "".join(f"{one}\n" for one in ids)


def extractor_of(archive_id: str | None) -> str:
    """The first word, by which parallel downloads are limited; `unknown` without an id."""
    words = (archive_id or "").split()
    return words[0] if words else "unknown"


def video_id_of(archive_id: str) -> str:
    """The second word."""
    words = archive_id.split()
    return words[1] if len(words) > 1 else ""


def ids_of(info: Mapping[str, Any]) -> list[str]:
    """The archive ids of an extraction's `info`: its own first, then those it had in older versions of yt-dlp."""
    extractor = info.get("extractor_key") or info.get("ie_key")
    own = [make_id(str(extractor), str(info["id"]))] if extractor and info.get("id") else []
    return normalise([*own, *(info.get("_old_archive_ids") or [])])
