"""Messages of clients, and their actions (docs/contract/websocket.md 4)."""

from collections.abc import Callable, Mapping
from typing import Any

from dlambda.domain.accounts.permission import Permission
from dlambda.domain.events.event import Event, Name
from dlambda.domain.items.item import Shelf
from dlambda.domain.items.request import read_request
from dlambda.errors import AppError
from dlambda.store.connections import Connection
from dlambda.store.items import items
from dlambda.usecases.accounts.key_limits import count_add
from dlambda.usecases.events.publish import problem, reply
from dlambda.usecases.items import change_items, clear_items
from dlambda.usecases.items.add_items import add_items, check_request, wait_for
from dlambda.usecases.rules.input_rules import input_rules

Handler = Callable[[Connection, Any], None]


def add_url(connection: Connection, data: Any) -> None:
    """Adds an item and waits for its extraction; the sender gets `item_status`."""
    fields = data if isinstance(data, Mapping) else {}
    url, preset = fields.get("url"), str(fields.get("preset") or "")
    if not isinstance(url, str) or not url.strip():
        reply(connection.id, problem("Invalid request", "No URL provided."))
        return
    try:
        request = read_request(fields, input_rules()).made_by(connection.principal)
        check_request(request)
        if key_id := connection.principal.key_id:
            count_add(key_id)
        outcome = wait_for(add_items([request]))[0]
    except AppError as error:
        reply(connection.id, problem("Error Adding URL", error.message, preset=preset))
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
    reply(connection.id, Event(Name.ITEM_STATUS, status, "Adding URL", message, beside=beside))


def item_cancel(connection: Connection, data: Any) -> None:
    if not isinstance(data, str) or not data:
        reply(connection.id, problem("Invalid Request", "No item ID provided."))
        return
    _tell_missing(connection, change_items.cancel(data, connection.principal.owner))


def item_delete(connection: Connection, data: Any) -> None:
    """Clears a history record; an item of the queue is cancelled and removed (contract README, Codes)."""
    item_id = data.get("id") if isinstance(data, Mapping) else None
    if not isinstance(item_id, str) or not item_id:
        reply(connection.id, problem("Invalid Request", "No item ID provided."))
        return
    owner = connection.principal.owner
    item = items.find(item_id, owner=owner)
    if item is None:
        _tell_missing(connection, f"not found: no item with id '{item_id}'.")
    elif item.shelf is Shelf.QUEUE:
        clear_items.cancel_and_remove(item_id, owner)
    else:
        clear_items.clear([item], remove_files=data.get("remove_file") is True)


def item_start(connection: Connection, data: Any) -> None:
    _each(connection, data, change_items.start, "start")


def item_pause(connection: Connection, data: Any) -> None:
    _each(connection, data, change_items.hold, "pause")


def _each(connection: Connection, data: Any, act: Callable[[str, str], str], verb: str) -> None:
    ids = [data] if isinstance(data, str) else data
    ids = [id_ for id_ in ids if isinstance(id_, str) and id_] if isinstance(ids, list) else []
    if not ids:
        reply(connection.id, problem("Invalid Request", f"No items provided to {verb}."))
        return
    for item_id in dict.fromkeys(ids):
        _tell_missing(connection, act(item_id, connection.principal.owner))


def _tell_missing(connection: Connection, word: str) -> None:
    if word.startswith("not found"):
        reply(connection.id, problem("Invalid Request", word))


HANDLERS: Mapping[str, tuple[Permission, Handler]] = {
    "add_url": (Permission.ADD_ITEMS, add_url),
    "item_cancel": (Permission.WRITE_ITEMS, item_cancel),
    "item_delete": (Permission.WRITE_ITEMS, item_delete),
    "item_start": (Permission.START_ITEMS, item_start),
    "item_pause": (Permission.WRITE_ITEMS, item_pause),
}
"""By event: what its sender needs (docs/contract/accounts.md 2), and what is done."""
