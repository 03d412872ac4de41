"""The routes of `/api/history*`: parse, call once, answer (docs/contract/downloads.md 4)."""

from functools import partial
from typing import Any

from flask import Response, jsonify, request

from dlambda.domain.accounts.permission import Permission
from dlambda.entry.http import binary, make_routes, problems
from dlambda.entry.principals import current_principal
from dlambda.errors import AppError, Invalid
from dlambda.usecases.items import archive_items, change_items
from dlambda.usecases.items.write_nfo import write_nfo
from endpoints.history import actions, listing, pictures
from endpoints.history.answer_schemas import (
    AcceptedList,
    AddedByLink,
    Deleted,
    ItemDetails,
    ItemLists,
    ItemView,
    LiveQueue,
    Message,
    NfoWritten,
    RenameJob,
    RetryAccepted,
    Words,
)
from endpoints.history.schemas import (
    AddBody,
    AddQuery,
    DeleteBody,
    EditBody,
    ForceStartBody,
    ItemIds,
    ItemPath,
    ListQuery,
    LiveQuery,
    PositionBody,
    RenameBody,
    RetryBody,
    SyncQuery,
)

routes = make_routes("history", "The queue and the history of downloads")

Answer = dict[str, Any] | list[dict[str, Any]] | Response | tuple[Any, int]


@routes.get("/api/history", permission=Permission.READ_ITEMS, responses={200: ItemLists, **problems(400)})
def list_items(query: ListQuery) -> Answer:
    """A page of the queue or of the history, or all."""
    return listing.list_items(query, current_principal())


@routes.get("/api/history/live", permission=Permission.READ_ITEMS, responses={200: LiveQueue, **problems(400)})
def live(query: LiveQuery) -> Answer:
    """The queue with live progress."""
    return listing.live(query, current_principal().owner)


@routes.get(
    "/api/history/add", permission=Permission.ADD_ITEMS, responses={200: AddedByLink, **problems(400, 404, 429)}
)
def add_by_link(query: AddQuery) -> Answer:
    """Adds one URL; for bookmarklets and shortcuts, which show `message`."""
    try:
        fields = {"url": query.url, "preset": query.preset, "folder": query.folder}
        outcome = actions.add_one(fields, current_principal())
    except AppError as error:
        error.extra |= {"status": False, "message": error.message}
        error.extra.pop("data", None)
        raise
    return {"status": outcome.message is None, "message": outcome.message or "URL added", "_id": outcome.item_id}


@routes.post("/api/history", permission=Permission.ADD_ITEMS, responses={200: AcceptedList, **problems(400, 404, 429)})
def add(body: AddBody, query: SyncQuery) -> Answer:
    """Adds one item or several. All are checked first; one bad element refuses all."""
    return jsonify(actions.add(body.root, current_principal(), wait=(query.sync or "").lower() == "true"))


@routes.delete("/api/history", permission=Permission.WRITE_ITEMS, responses={200: Deleted, **problems(400)})
def delete(body: DeleteBody) -> Answer:
    """Cancels queued items or clears history records."""
    return actions.delete(body, current_principal().owner)


@routes.get(
    "/api/history/<string:id>", permission=Permission.READ_ITEMS, responses={200: ItemDetails, **problems(400, 404)}
)
def get(path: ItemPath) -> Answer:
    """Answers an item, with cookies in clear, probe and sidecars."""
    return actions.get(path.id, current_principal().owner)


@routes.post(
    "/api/history/<string:id>",
    permission=Permission.WRITE_ITEMS,
    responses={200: ItemView, 304: None, **problems(400, 404)},
)
def edit(path: ItemPath, body: EditBody) -> Answer:
    """Changes a history item's own texts."""
    owner = current_principal().owner
    item = actions.edit(path.id, body.root, owner)
    return item.view_for(owner) if item else ("", 304)


@routes.post("/api/history/start", permission=Permission.START_ITEMS, responses={200: Words, **problems(400)})
def start(body: ItemIds) -> Answer:
    """Lets held items go."""
    return actions.words(body.ids, change_items.start, current_principal().owner)


@routes.post("/api/history/pause", permission=Permission.WRITE_ITEMS, responses={200: Words, **problems(400)})
def pause(body: ItemIds) -> Answer:
    """Holds waiting items; never stops a running one."""
    return actions.words(body.ids, change_items.hold, current_principal().owner)


@routes.post("/api/history/force-start", permission=Permission.CONTROL_SYSTEM, responses={200: Words, **problems(400)})
def force_start(body: ForceStartBody) -> Answer:
    """Starts waiting items past the limits of slots."""
    owner = current_principal().owner
    return actions.words(body.ids, partial(change_items.force_start, past_pause=body.ignore_pause), owner)


@routes.post(
    "/api/history/position", permission=Permission.CONTROL_SYSTEM, responses={200: Words, **problems(400, 409)}
)
def position(body: PositionBody) -> Answer:
    """Moves waiting items to the front or back of the queue, or before another one."""
    return actions.move(body)


@routes.post("/api/history/cancel", permission=Permission.WRITE_ITEMS, responses={200: Words, **problems(400)})
def cancel(body: ItemIds) -> Answer:
    """Cancels queued items. Answers at once; events tell the end."""
    return actions.words(body.ids, change_items.cancel, current_principal().owner)


@routes.post("/api/history/retry", permission=Permission.WRITE_ITEMS, responses={202: RetryAccepted, **problems(400)})
def retry(body: RetryBody) -> Answer:
    """Adds records of the history again, with the same requests. Answers at once; events tell the rest."""
    return {"status": "accepted", "count": actions.retry(body, current_principal())}, 202


@routes.get(
    "/api/history/<string:id>/thumbnail",
    permission=Permission.READ_ITEMS,
    responses={200: binary("image/*"), 302: None, 304: None, **problems(404, 503)},
)
def thumbnail(path: ItemPath) -> Response:
    """A picture of the item's file: one beside it, or a frame."""
    return pictures.thumbnail(path.id, current_principal().owner)


@routes.post(
    "/api/history/<string:id>/rename",
    permission=Permission.WRITE_FILES,
    responses={200: ItemView, 202: RenameJob, **problems(400, 404, 409)},
)
def rename(path: ItemPath, body: RenameBody) -> Answer:
    """Renames the item's file and its sidecars."""
    return actions.rename(path.id, body.new_name, current_principal().owner)


@routes.post(
    "/api/history/<string:id>/archive",
    permission=Permission.WRITE_ITEMS,
    responses={200: Message, **problems(400, 404, 409)},
)
def archive(path: ItemPath) -> Answer:
    """Marks a history item in its archive."""
    return {"message": archive_items.mark(path.id, current_principal().owner)}


@routes.delete(
    "/api/history/<string:id>/archive",
    permission=Permission.WRITE_ITEMS,
    responses={200: Message, **problems(400, 404)},
)
def unarchive(path: ItemPath) -> Answer:
    """Takes a history item out of its archive."""
    return {"message": archive_items.unmark(path.id, current_principal().owner)}


@routes.post(
    "/api/history/<string:id>/nfo",
    permission=Permission.WRITE_FILES,
    responses={200: NfoWritten, **problems(400, 404, 409)},
)
def nfo(path: ItemPath) -> Answer:
    """Writes an NFO file beside the download. The body is optional: `type` (`tv`, `movie`) and `overwrite`."""
    try:
        body = request.get_json()
    except Invalid:
        body = None
    fields = body if isinstance(body, dict) else {}
    owner = current_principal().owner
    nfo_path = write_nfo(path.id, kind=fields.get("type"), overwrite=fields.get("overwrite") is True, owner=owner)
    return {"message": "NFO file created", "nfo_file": nfo_path}
