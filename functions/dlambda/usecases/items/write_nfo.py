"""Writes an NFO file beside a finished download (docs/contract/downloads.md 4.11)."""

import logging
from collections.abc import Mapping
from typing import Any

from dlambda.aws import bucket
from dlambda.deployment import current
from dlambda.domain.files.content_type import content_type
from dlambda.domain.files.nfo import nfo_text, read_nfo_type
from dlambda.domain.files.sidecar import stem_of
from dlambda.domain.items.item import Item
from dlambda.domain.paths.home import from_home
from dlambda.domain.paths.paths import object_key
from dlambda.errors import AlreadyExists, Conflict, Invalid, NotFound, OperationFailed
from dlambda.media.workers.extract import extract
from dlambda.store.items import items
from dlambda.usecases.events.apply_changes import update
from dlambda.usecases.files.find_file import find_file, sidecars_of
from dlambda.usecases.files.folders import join, note_files, split
from dlambda.usecases.items.options import item_params
from dlambda.usecases.rules.cookies import cookies_for
from dlambda.usecases.rules.presets import preset_for

log = logging.getLogger(__name__)

_WAIT_SECONDS = 25.0  # an HTTP API gives up at 30


def write_nfo(item_id: str, *, kind: object = "tv", overwrite: bool = False, owner: str = "") -> str:
    """Answers the file's path with the virtual root in front. Raises with the documented texts.

    `owner`: the member who asks, for whom others' items do not exist and whose paths begin at its home.
    """
    item = items.find(item_id, owner=owner)
    if item is None:
        raise NotFound(f"item '{item_id}' not found.")
    if item.path is None:
        if item.file_size is not None:  # it had one, which was deleted
            raise NotFound(f"file '{item.title}' not found.")
        raise Invalid("item has no downloaded file.")
    file = find_file(item.path, f"file '{_brace(item.filename or '')}' not found.")
    if file.stored is None and not file.moved:
        raise NotFound(f"file '{item.filename}' not found.")
    nfo_type = read_nfo_type(kind)
    folder, name = split(file.path)
    path = join(folder, f"{stem_of(name)}.nfo")
    if not overwrite and bucket.find(object_key(path)) is not None:
        raise AlreadyExists("NFO file already exists.")
    text = nfo_text(nfo_type, _metadata(item), stem_of(name))
    bucket.put_bytes(object_key(path), text.encode(), content_type(path))
    note_files([path])
    _tell(item, file.path)
    return f"{current().settings.download_path.rstrip('/')}/{from_home(item.home, path) if owner else path}"


def _brace(text: str) -> str:
    """As `str.format` leaves it."""
    return text.replace("{", "{{").replace("}", "}}")


def _metadata(item: Item) -> Mapping[str, Any]:
    """Fresh from the item's URL, with its effective options."""
    preset = preset_for(item.preset)
    extraction = extract(
        item.source_url,
        item_params(item, preset),
        entry=item.entry,
        cookies=cookies_for(item, preset),
        timeout_seconds=min(current().settings.extract_info_timeout, _WAIT_SECONDS),
        allow_internal=current().settings.allow_internal_urls,
    )
    if not extraction.info:
        log.warning("No metadata for an NFO file: %s", extraction.error, extra={"item_id": item.id})
        why = {"detail": extraction.error} if extraction.error else {}
        raise OperationFailed("failed to extract metadata from URL.", extra=why)
    return extraction.info


def _tell(item: Item, path: str) -> None:
    root = current().settings.download_path.rstrip("/")
    groups = {
        kind: [{**entry, "file": f"{root}/{entry['file']}"} for entry in entries]
        for kind, entries in sidecars_of(path).items()
    }
    try:
        update(item, item.evolve(sidecar=groups))
    except Conflict:
        return  # changed or gone meanwhile: the file is there all the same
