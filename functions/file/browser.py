"""Looks into folders and files (docs/contract/files.md 3)."""

from typing import Any

from flask import Response, jsonify

from dlambda.domain.files.content_type import content_type, probed_type
from dlambda.domain.files.listing import arranged, shown
from dlambda.domain.files.sidecar import stem_of
from dlambda.domain.places.paths import resolve_path
from dlambda.entry.located import with_file
from dlambda.entry.pages import pagination, read_page
from dlambda.errors import AppError, Forbidden, Invalid, NotFound, OperationFailed, Unavailable
from dlambda.settings import get_settings
from dlambda.usecases.files.find_file import Found, find_file, sidecars_of
from dlambda.usecases.files.folders import entries_of
from dlambda.usecases.files.probe_file import probed
from file.schemas import FolderQuery

_ALWAYS = ("video", "audio", "image", "text", "metadata", "subtitle")


def look(asked: str, query: FolderQuery) -> dict[str, Any]:
    """One page of a folder. Raises `Forbidden`, `Invalid`, `NotFound`."""
    if not get_settings().browser_enabled:
        raise Forbidden("File browser is disabled.")
    paging = read_page(query.page, query.per_page)
    asked = asked.strip("/")
    try:
        folder = resolve_path(asked)
        entries = entries_of(folder)
    except (Invalid, NotFound):
        raise _no_folder(asked) from None
    found = arranged(shown(entries, query.search or ""), query.sort_by or "name", query.sort_order or "asc")
    first = (paging.page - 1) * paging.per_page
    # Unlike elsewhere, a page beyond the end is empty and bears the number that was asked for.
    return {
        "path": f"/{folder}",
        "contents": [entry.view(folder) for entry in found[first : first + paging.per_page]],
        "pagination": pagination(paging.page, paging.per_page, len(found)),
    }


def _no_folder(asked: str) -> AppError:
    """Why the path cannot be looked into."""
    try:
        found = find_file(asked)
    except NotFound:
        found = None
    if found and found.stored is not None:
        return Invalid(f"path '{asked}' is not a directory.")
    return NotFound(f"path '{asked}' does not exist.")


def ffprobe(asked: str) -> Response:
    """What the file holds. Raises `OperationFailed` when that cannot be read."""
    if not asked.strip("/"):
        raise Invalid("file is required.")
    return with_file(asked, lambda found: jsonify(probed(found)), route="/api/file/ffprobe/")


def info(asked: str) -> Response:
    """Title, probe, type and sidecars: what the player needs. A file that is no media has an empty probe."""
    if not asked.strip("/"):
        raise Invalid("file is required.")
    missing = "File '{file}' is no longer available."
    return with_file(asked, lambda found: jsonify(_info(found)), route="/api/file/info/", missing=missing)


def _info(found: Found) -> dict[str, Any]:
    name = found.path.rpartition("/")[2]
    try:
        probe = probed(found)
    except (OperationFailed, Unavailable):
        probe = {}
    codecs = [str(stream.get("codec_name")) for kind in ("video", "audio") for stream in probe.get(kind, ())]
    groups: dict[str, Any] = {kind: [] for kind in _ALWAYS} | dict(sidecars_of(found.path))
    return {
        "title": stem_of(name),
        "ffprobe": probe,
        "mimetype": probed_type(name, probe["format"].get("format_name"), codecs) if probe else content_type(name),
        "sidecar": groups | {"subtitles": groups["subtitle"]},
    }
