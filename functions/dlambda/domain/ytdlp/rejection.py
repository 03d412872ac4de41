"""Reasons why options leave media out (docs/contract/downloads.md 5.5). Needs no yt-dlp."""

import re
from collections.abc import Mapping
from typing import Any


def _title_reason(info: Mapping[str, Any], params: Mapping[str, Any]) -> str | None:
    title = info.get("title")
    if not isinstance(title, str):
        return None
    pattern, unwanted = params.get("matchtitle"), params.get("rejecttitle")
    if pattern and not re.search(pattern, title, re.IGNORECASE):
        return f'"{title}" title did not match pattern "{pattern}". Skipping download.'
    if unwanted and re.search(unwanted, title, re.IGNORECASE):
        return f'"{title}" title matched reject pattern "{unwanted}". Skipping download.'
    return None


def _views_reason(info: Mapping[str, Any], params: Mapping[str, Any]) -> str | None:
    views = info.get("view_count")
    if views is None:
        return None
    name = info.get("title") or info.get("id") or "entry"
    least, limit = params.get("min_views"), params.get("max_views")
    if least is not None and views < least:
        return f"Skipping {name}, because it has not reached minimum view count ({views}/{least})."
    if limit is not None and views > limit:
        return f"Skipping {name}, because it has exceeded maximum view count ({views}/{limit})."
    return None


def reject_reason(info: Mapping[str, Any], params: Mapping[str, Any]) -> str | None:
    """Why `info` (a video or an entry of a playlist) is left out; None when it is wanted."""
    if info.get("_type", "video") in ("playlist", "multi_video"):
        return None
    reason = _title_reason(info, params)
    if reason:
        return reason
    date, dates = info.get("upload_date"), params.get("daterange")
    if date is not None and dates is not None and date not in dates:
        return f"Upload date '{date}' is not in range '{dates}'."
    reason = _views_reason(info, params)
    if reason:
        return reason
    limit, age = params.get("age_limit"), info.get("age_limit")
    if limit is not None and age is not None and limit < age:
        return f'Video "{info.get("title") or info.get("id")}" is age restricted.'
    return None
