"""Looks into folders and files (docs/contract/files.md 3)."""

from typing import Any

from flask import Response, jsonify

from dlambda.deployment import current
from dlambda.domain.files.content_type import content_type, probed_type
from dlambda.domain.files.listing import Entry, arranged, visible
from dlambda.domain.files.sidecar import stem_of
from dlambda.domain.paths.home import at_home, from_home
from dlambda.entry.located import with_file
from dlambda.entry.pages import fitting_items, pagination, read_page
from dlambda.errors import AppError, Forbidden, Invalid, NotFound, OperationFailed, Unavailable
from dlambda.usecases.files.find_file import Found, find_file, sidecars_of
from dlambda.usecases.files.folders import entries_of
from dlambda.usecases.files.probe_file import probed
from endpoints.file.schemas import FolderQuery

_ALWAYS = ("video", "audio", "image", "text", "metadata", "subtitle")


def look(request_path: str, query: FolderQuery, home: str = "") -> dict[str, Any]:
    """A page of a folder, its paths as a client of `home` names them. Raises `Forbidden`, `Invalid`, `NotFound`."""
    if not current().settings.browser_enabled:
        raise Forbidden("File browser is disabled.")
    paging = read_page(query.page, query.per_page)
    request_path = request_path.strip("/")
    try:
        folder = at_home(home, request_path)
        entries = _entries(folder, home)
    except (Invalid, NotFound):
        raise _no_folder(request_path, home) from None
    folder = from_home(home, folder)
    sorted_entries = arranged(visible(entries, query.search or ""), query.sort_by or "name", query.sort_order or "asc")
    first = (paging.page - 1) * paging.per_page
    # Unlike elsewhere, a page beyond the end is empty and bears the number that was asked for.
    contents = [entry.view(folder) for entry in sorted_entries[first : first + paging.per_page]]
    return {
        "path": f"/{folder}",
        **fitting_items(contents, "contents"),
        "pagination": pagination(paging.page, paging.per_page, len(sorted_entries)),
    }


def _entries(folder: str, home: str) -> list[Entry]:
    """The entries of a folder. A home without files is empty."""
    try:
        return entries_of(folder)
    except NotFound:
        if folder == home:
            return []
        raise


def _no_folder(request_path: str, home: str) -> AppError:
    """Why the path cannot be looked into."""
    try:
        file = find_file(request_path, home=home)
    except NotFound:
        file = None
    if file and file.stored is not None:
        return Invalid(f"path '{request_path}' is not a directory.")
    return NotFound(f"path '{request_path}' does not exist.")


def ffprobe(request_path: str) -> Response:
    """Probes a file. Raises `OperationFailed` when it cannot be read."""
    if not request_path.strip("/"):
        raise Invalid("file is required.")
    return with_file(request_path, lambda file: jsonify(probed(file)), route="/api/file/ffprobe/")


def info(request_path: str) -> Response:
    """Title, probe, type and sidecars: what the player needs. A file that is no media has an empty probe."""
    if not request_path.strip("/"):
        raise Invalid("file is required.")
    missing = "File '{file}' is no longer available."
    return with_file(request_path, lambda file: jsonify(_info(file)), route="/api/file/info/", missing=missing)


def _info(file: Found) -> dict[str, Any]:
    name = file.path.rpartition("/")[2]
    try:
        probe = probed(file)
    except (OperationFailed, Unavailable):
        probe = {}
    codecs = [str(stream.get("codec_name")) for kind in ("video", "audio") for stream in probe.get(kind, ())]
    groups: dict[str, Any] = {kind: [] for kind in _ALWAYS} | dict(sidecars_of(file.path, file.home))
    return {
        "title": stem_of(name),
        "ffprobe": probe,
        "mimetype": probed_type(name, probe["format"].get("format_name"), codecs) if probe else content_type(name),
        "sidecar": groups | {"subtitles": groups["subtitle"]},
    }
