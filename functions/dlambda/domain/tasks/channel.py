"""Metadata of a channel or playlist for media centres (docs/contract/tasks.md 2, metadata). Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dlambda.domain.files.plain_name import plain_path

_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
_MAX_NAME_BYTES: Final = 180
_KINDS_BY_ID: Final = (("avatar_uncropped", "icon"), ("banner_uncropped", "landscape"))
_SUBSTITUTES: Final = (("fanart", "banner"), ("banner", "fanart"), ("poster", "thumb"))


def describe(info: Mapping[str, Any]) -> dict[str, Any]:
    """The facts in `info` that the answer and the NFO share."""
    year = info.get("release_year")
    return {
        "id": str(info.get("id") or info.get("channel_id") or ""),
        "id_type": str(info.get("extractor") or "").partition(":")[0].lower(),
        "title": str(info.get("title") or ""),
        "description": str(info.get("description") or ""),
        "uploader": str(info.get("uploader") or ""),
        "tags": [str(tag) for tag in info.get("tags") or ()],
        "year": int(year) if isinstance(year, int | float) else None,
    }


def find_images(thumbnails: object) -> dict[str, str]:
    """Kind of image to its URL. Later entries win, except that the first `thumb` stays."""
    images: dict[str, str] = {}
    for thumbnail in thumbnails if isinstance(thumbnails, Sequence) else ():
        url = thumbnail.get("url") if isinstance(thumbnail, Mapping) else None
        kind = _kind_of(thumbnail) if url else None
        if kind and not (kind == "thumb" and kind in images):
            images[kind] = str(url)
    for kind, substitute in _SUBSTITUTES:
        if kind not in images and substitute in images:
            images[kind] = images[substitute]
    return images


def _kind_of(thumbnail: Mapping[str, Any]) -> str | None:
    width, height = thumbnail.get("width"), thumbnail.get("height")
    if not width or not height:
        name = str(thumbnail.get("id") or "")
        return next((kind for part, kind in _KINDS_BY_ID if part in name), None)
    ratio = width / height
    if 0.55 <= ratio <= 0.75:
        return "poster"
    if 0.9 <= ratio <= 1.1:
        return "thumb"
    if 1.6 <= ratio <= 1.8:
        return "landscape"
    if ratio >= 5:
        return "fanart" if width >= 1920 else "banner"
    return None


def file_name(title: str) -> str:
    """`title` as part of a file name: no separators, no control or invisible characters, not too long."""
    name = " ".join(plain_path(_UNSAFE.sub("_", title)).split()).strip(". ")
    return name.encode()[:_MAX_NAME_BYTES].decode(errors="ignore").strip(". ") or "_"
