"""Actions behind the routes of `/api/history*` that take more than one call."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import Response, jsonify, request

from dlambda.domain.accounts.principal import Principal
from dlambda.domain.items.item import Item, Shelf, Status
from dlambda.domain.items.request import read_request
from dlambda.domain.paths.home import from_home
from dlambda.errors import AppError, Invalid, NotFound, OperationFailed, Unavailable
from dlambda.store.items import archive, items, leases
from dlambda.usecases.files.act_on_files import job_view
from dlambda.usecases.files.find_file import find_file
from dlambda.usecases.files.probe_file import probed
from dlambda.usecases.items import change_items, clear_items
from dlambda.usecases.items.add_items import Added, add_items, check_request, wait_for
from dlambda.usecases.items.rename_item import rename_item
from dlambda.usecases.items.reorder_queue import FRONT, move_before, move_to_end
from dlambda.usecases.items.retry_items import retry_by_id, retry_by_status
from dlambda.usecases.rules.input_rules import input_rules
from endpoints.history.listing import wanted_statuses
from endpoints.history.schemas import DeleteBody, PositionBody, RetryBody


def add(body: object, principal: Principal, *, wait: bool) -> list[dict[str, Any]]:
    """Adds; an answer per element, in their order (downloads.md 4.4)."""
    elements = body if isinstance(body, list) else [body]
    if not elements or body is None:
        raise Invalid("Invalid request body. Expecting an item or a list of items.")
    requests = [read_request(element, input_rules()).made_by(principal) for element in elements]
    for item_request, element in zip(requests, elements, strict=True):
        try:
            check_request(item_request)
        except AppError as error:
            error.extra["data"] = element
            if isinstance(error, NotFound):  # 404 belongs to GET /api/history/add alone
                raise Invalid(error.message, extra=error.extra) from None
            raise
    outcomes = add_items(requests)
    if wait:
        return [_wait(outcome, element) for outcome, element in zip(wait_for(outcomes), elements, strict=True)]
    return [{"status": "queued", "msg": outcome.message, "_id": outcome.item_id} for outcome in outcomes]


def _wait(outcome: Added, element: object) -> dict[str, Any]:
    message = outcome.message or outcome.trouble
    return {"item": element, "status": outcome.message is None, "msg": message, "_id": outcome.item_id}


def add_one(value: dict[str, Any], principal: Principal) -> Added:
    """Adds one item and waits for its extraction."""
    request = read_request(value, input_rules()).made_by(principal)
    check_request(request)
    return wait_for(add_items([request]))[0]


def get(item_id: str, owner: str) -> dict[str, Any]:
    """The item as its own page shows it (downloads.md 4.6): secrets in clear, archive state as it is now."""
    item = items.find(item_id, owner=owner)
    if item is None:
        raise NotFound("item not found.")
    view = item.view_for(owner) | {
        "cookies": item.cookies, "cli": item.cli, "extras": dict(item.extras), "ffprobe": _probe(item, owner),
    }  # fmt: skip
    if item.shelf is Shelf.QUEUE:
        return view | leases.find_progress([item.id]).get(item.id, {})
    if item.archive and item.archive_id:
        view["is_archived"] = bool(archive.find_present(item.archive_key, [item.archive_id]))
    return view


def _probe(item: Item, owner: str) -> dict[str, Any]:
    """The probe of its file; empty unless it is finished, still there, and media."""
    if item.status is not Status.FINISHED or item.path is None:
        return {}
    try:
        home = item.home if owner else ""
        return probed(find_file(from_home(home, item.path), home=home))
    except (NotFound, OperationFailed, Unavailable):
        return {}


def words(ids: Sequence[str], act: Callable[[str, str], str], owner: str) -> dict[str, str]:
    """Each id with the word that `act` answers the member `owner`, or an admin.

    `status` says whether one was not there.
    """
    return _with_status({item_id: act(item_id, owner) for item_id in dict.fromkeys(ids)})


def move(body: PositionBody) -> dict[str, str]:
    """Each id with the word that says where it went."""
    if body.before:
        return _with_status(move_before(body.ids, body.before))
    return _with_status(move_to_end(body.ids, body.position or FRONT))


def _with_status(answers: dict[str, str]) -> dict[str, str]:
    if any(word.startswith("not found") for word in answers.values()):
        answers["status"] = "error"
    return answers


def retry(body: RetryBody, principal: Principal) -> int:
    """Plans the retry of the records that the body names and `principal` may see; answers how many there are."""
    if body.ids:
        return retry_by_id(body.ids, principal)
    return retry_by_status(wanted_statuses(Shelf.DONE, body.status), body.status, principal)


def rename(item_id: str, new_name: str, owner: str) -> Response:
    """The item under its new name, or 202 with the job of a file that takes longer than 20 s."""
    renamed = rename_item(item_id, new_name, owner)
    if isinstance(renamed, Item):
        return jsonify(renamed.view_for(owner))
    response = jsonify(job_view(renamed))
    response.status_code = 202
    response.headers["Location"] = f"{request.script_root}/api/file/jobs/{renamed.id}"
    return response


def edit(item_id: str, body: object, owner: str) -> Item | None:
    """Edits an item; None when nothing differs. Raises `NotFound`, whatever the body is, then `Invalid`."""
    if not isinstance(body, dict) or not body:
        if items.find(item_id, owner=owner) is None:
            raise NotFound("item not found.")
        raise Invalid("no data provided.")
    return change_items.edit(item_id, body, owner)


def delete(body: DeleteBody, owner: str) -> dict[str, Any]:
    """Removes by ids, or all that a status filter finds (downloads.md 4.5); of the member `owner`, or of all."""
    shelf = Shelf.QUEUE if body.type == "queue" else Shelf.DONE
    if not body.ids:
        results = _delete_matching(shelf, body, owner)
        return {"items": results, "deleted": len(results)}
    items_by_id = {item.id: item for item in items.find_many(body.ids, owner=owner) if item.shelf is shelf}
    results = _delete_found(shelf, list(items_by_id.values()), body)
    answers = {item_id: results.get(item_id, f"key='{item_id}' or url=None not found.") for item_id in body.ids}
    answer: dict[str, Any] = {**answers, "items": answers, "deleted": len(results)}
    if len(results) < len(answers):
        answer["status"] = "error"
    return answer


def _delete_matching(shelf: Shelf, body: DeleteBody, owner: str) -> dict[str, str]:
    """Page by page from the front: what is gone makes room for the next."""
    statuses = wanted_statuses(shelf, body.status)
    results: dict[str, str] = {}
    remaining_ids: set[str] = set()
    while True:
        size = 100 + len(remaining_ids)
        page = items.page(shelf, page=1, per_page=size, newest_first=False, statuses=statuses, owner=owner)
        batch = [item for item in items.find_many(page.ids) if item.id not in remaining_ids and item.id not in results]
        if not batch:
            return results
        batch_results = _delete_found(shelf, batch, body)
        results |= batch_results
        # A running download leaves the queue a moment later; it is told once.
        remaining_ids |= {item.id for item in batch if item.id not in batch_results or shelf is Shelf.QUEUE}


def _delete_found(shelf: Shelf, batch: Sequence[Item], body: DeleteBody) -> dict[str, str]:
    if shelf is Shelf.DONE:
        return clear_items.clear(batch, remove_files=body.remove_file)
    return change_items.cancel_all(batch)
