"""Renames the file of a history item, with its sidecars (docs/contract/downloads.md 4.15)."""

from urllib.parse import quote

from dlambda.domain.files.file_action import FileAction, Refused, checked_name
from dlambda.domain.items.item import Item, Shelf
from dlambda.domain.paths.home import at_home, from_home
from dlambda.errors import AlreadyExists, Invalid, NotFound
from dlambda.store.files.jobs import Job
from dlambda.store.items import items
from dlambda.usecases.files.act_on_files import act_on_files
from dlambda.usecases.files.find_file import find_file
from dlambda.usecases.files.follow_files import follow

_NO_FILE = "item has no downloaded file."
_TOO_LONG = "The new name is too long."


def rename_item(item_id: str, new_name: str, owner: str = "") -> Item | Job:
    """Answers the item, which follows its file, or the job when the file is too large to be renamed within the request.

    `owner`: the member who asks, for whom others' items do not exist and whose paths begin at its home.

    Raises `NotFound`, `Invalid` for a name that cannot be one and for an item without a file, `AlreadyExists`.
    """
    item = items.find(item_id, owner=owner)
    if item is None or item.shelf is Shelf.QUEUE:
        raise NotFound(f"item '{item_id}' not found.")
    try:
        name = checked_name(new_name.strip())
    except Refused as error:
        raise Invalid(str(error)) from None
    home = item.home if owner else ""
    job = act_on_files([FileAction("rename", quote(from_home(home, _path_of(item))), name, home)], owner)
    if not job.is_done:
        return job
    result = job.body["results"][0]
    if result["error"]:
        raise Invalid(result["error"]) if result["error"] == _TOO_LONG else AlreadyExists(result["error"])
    follow(item, at_home(home, result["new_path"]))
    return items.get(item_id)


def _path_of(item: Item) -> str:
    """The path of its file. Raises `Invalid` when there is none."""
    try:
        file = find_file(item.path or "")
    except NotFound:
        raise Invalid(_NO_FILE) from None
    if file.stored is None and not file.moved:
        raise Invalid(_NO_FILE)
    return file.path
