"""The routes of `/api/archiver`: read, add to and remove from the archive that a preset names."""

from typing import Any

from dlambda.deployment import current
from dlambda.domain.accounts.permission import Permission
from dlambda.domain.items.archive import archive_key
from dlambda.domain.web.answer_size import fitting_values
from dlambda.entry.http import make_routes, problems
from dlambda.entry.principals import current_principal
from dlambda.errors import Invalid, Required
from dlambda.store.items import archive
from dlambda.usecases.items.options import archive_named
from dlambda.usecases.rules.presets import find_preset
from endpoints.archiver.schemas import Changed, Entries, ItemsBody, ReadQuery, normalised

routes = make_routes("archiver", "What has been downloaded already")

Answer = dict[str, Any] | tuple[dict[str, Any] | str, int]


def _archive_of(preset: str) -> tuple[str, str]:
    """The name of the archive that a preset names, and the key of the caller's archive of that name."""
    preset_value = find_preset(preset)
    name = archive_named(preset_value.cli) if preset_value else None
    if not name:
        raise Invalid(f"Preset '{preset}' does not provide a download_archive.")
    return name, archive_key(name, current_principal().owner)


@routes.get("/api/archiver", permission=Permission.READ_ARCHIVE, responses={200: Entries, **problems(400)})
def read(query: ReadQuery) -> Answer:
    """The ids in the archive: all, or those asked for."""
    if not (query.preset or "").strip():
        raise Required("preset is required.")
    name, key = _archive_of((query.preset or "").strip())
    ids = normalised((query.ids or "").split(","))
    ids_found = archive.find_present(key, ids) if query.ids else archive.list_(key)
    newest_ids = fitting_values(ids_found[::-1])[::-1]  # the newest
    extra_fields = {"truncated": True} if len(newest_ids) < len(ids_found) else {}
    return {"file": name, "items": newest_ids, "count": len(ids_found), **extra_fields}


@routes.post("/api/archiver", permission=Permission.WRITE_ARCHIVE, responses={200: Changed, 304: None, **problems(400)})
def add(body: ItemsBody) -> Answer:
    """Marks ids as downloaded. 304 when nothing is new."""
    name, key = _archive_of(body.preset)
    if not body.items or not archive.add(key, body.items, current().clock.time(), again=body.skip_check):
        return "", 304
    return {"file": name, "status": True, "items": body.items}


@routes.delete(
    "/api/archiver", permission=Permission.WRITE_ARCHIVE, responses={200: Changed, 304: None, **problems(400)}
)
def remove(body: ItemsBody) -> Answer:
    """Takes marks away. 304 when nothing changed."""
    name, key = _archive_of(body.preset)
    is_changed = bool(body.items and archive.remove(key, body.items))
    answer = {"file": name, "status": is_changed, "items": body.items}
    return answer if is_changed else (answer, 304)  # sent without its body
