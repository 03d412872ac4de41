"""Messages of clients, and their actions (docs/contract/websocket.md 4)."""

from collections.abc import Callable, Mapping
from typing import Any

from dlambda.domain.events.event import Event, Name
from dlambda.domain.items.item import Shelf
from dlambda.domain.items.request import read_request
from dlambda.errors import AppError
from dlambda.store.items import items
from dlambda.usecases.events.publish import problem, reply
from dlambda.usecases.items import change_items
from dlambda.usecases.items.add_items import add_items, check_request, wait_for
from dlambda.usecases.rules.input_rules import input_rules

Handler = Callable[[str, Any], None]


def add_url(connection_id: str, data: Any) -> None:
    """Adds an item and waits for its extraction; the sender gets `item_status`."""
    fields = data if isinstance(data, Mapping) else {}
    url, preset = fields.get("url"), str(fields.get("preset") or "")
    if not isinstance(url, str) or not url.strip():
        reply(connection_id, problem("Invalid request", "No URL provided."))
        return
    try:
        request = read_request(fields, input_rules())
        check_request(request)
        outcome = wait_for(add_items([request]))[0]
    except AppError as error:
        reply(connection_id, problem("Error Adding URL", error.message, preset=preset))
        return
    preset = outcome.item.preset if outcome.item else preset
    status: dict[str, Any] = {"status": "ok" if outcome.message is None else "error", "preset": preset}
    if text := outcome.message or outcome.trouble:
        status["msg"] = text
    beside = {
        "id": outcome.item.id if outcome.item else None,
        "status": "queued" if outcome.message is None else "error",
        "message": outcome.message or "URL added",
    }
    message = f"Adding URL '{request.url}' to the download queue."
    reply(connection_id, Event(Name.ITEM_STATUS, status, "Adding URL", message, beside=beside))


def item_cancel(connection_id: str, data: Any) -> None:
    if not isinstance(data, str) or not data:
        reply(connection_id, problem("Invalid Request", "No item ID provided."))
        return
    _tell_missing(connection_id, change_items.cancel(data))


def item_delete(connection_id: str, data: Any) -> None:
    """Clears a history record; an item of the queue is cancelled and removed (contract README, Codes)."""
    item_id = data.get("id") if isinstance(data, Mapping) else None
    if not isinstance(item_id, str) or not item_id:
        reply(connection_id, problem("Invalid Request", "No item ID provided."))
        return
    item = items.find(item_id)
    if item is None:
        _tell_missing(connection_id, f"not found: no item with id '{item_id}'.")
    elif item.shelf is Shelf.QUEUE:
        change_items.cancel_and_remove(item_id)
    else:
        change_items.clear([item], remove_files=data.get("remove_file") is True)


def item_start(connection_id: str, data: Any) -> None:
    _each(connection_id, data, change_items.start, "start")


def item_pause(connection_id: str, data: Any) -> None:
    _each(connection_id, data, change_items.hold, "pause")


def _each(connection_id: str, data: Any, act: Callable[[str], str], verb: str) -> None:
    ids = [data] if isinstance(data, str) else data
    ids = [id_ for id_ in ids if isinstance(id_, str) and id_] if isinstance(ids, list) else []
    if not ids:
        reply(connection_id, problem("Invalid Request", f"No items provided to {verb}."))
        return
    for item_id in dict.fromkeys(ids):
        _tell_missing(connection_id, act(item_id))


def _tell_missing(connection_id: str, word: str) -> None:
    if word.startswith("not found"):
        reply(connection_id, problem("Invalid Request", word))


HANDLERS: Mapping[str, Handler] = {
    "add_url": add_url,
    "item_cancel": item_cancel,
    "item_delete": item_delete,
    "item_start": item_start,
    "item_pause": item_pause,
}
