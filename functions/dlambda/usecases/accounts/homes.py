"""Folders of accounts below the files (docs/contract/accounts.md 3)."""

from itertools import count

from dlambda.aws import bucket
from dlambda.domain.accounts.account import Account, home_of
from dlambda.domain.paths.paths import FILES_PREFIX, resolve_folder
from dlambda.errors import AlreadyExists, Conflict, Invalid
from dlambda.store.accounts import accounts


def free_home(name: str) -> str:
    """A folder for a new account of this name that nobody has or had, and in which nothing lies."""
    homes = [account.home for account in accounts.list_()]
    names = (name if number == 1 else f"{name}-{number}" for number in count(1))
    return next(home for home in map(home_of, names) if not _is_taken(home, homes) and _is_unused(home))


def _is_unused(home: str) -> bool:
    """True for a folder without files that no removed account had: its items go on in there."""
    return not accounts.was_home(home) and _is_empty(home)


def _is_empty(home: str) -> bool:
    return next(iter(bucket.list_(f"{FILES_PREFIX}{home}/")), None) is None


def read_home(value: object) -> str:
    """Reads a folder that an admin chooses. Raises `Invalid`."""
    home = resolve_folder(value.strip()) if isinstance(value, str) else ""
    if not home:
        raise Invalid("home must be a folder below the files.")
    return home


def check_home(account: Account) -> None:
    """Raises `AlreadyExists` for the folder of another account, one above it or one in it."""
    homes = [holder.home for holder in accounts.list_() if holder.id != account.id]
    if _is_taken(account.home, homes):
        raise AlreadyExists(f"The folder {account.home!r} belongs to another account.")


def check_unused(account: Account) -> None:
    """Raises `Conflict` for an account that has items or tasks: their files are in its folder, and come there."""
    # Few requests move an account's folder, and all others of its group need no items.
    from dlambda.domain.items.stage import Shelf
    from dlambda.domain.tasks.task import TASKS
    from dlambda.store.items import items
    from dlambda.store.rules import resources

    is_used = any(items.count(shelf, owner=account.id) for shelf in Shelf) or any(
        task.shown.get("owner") == account.id for task in resources.list_(TASKS)
    )
    if is_used:
        raise Conflict("The folder of an account that has items or tasks stays as it is.")


def _is_taken(home: str, homes: list[str]) -> bool:
    return any(_overlap(home, taken_home) for taken_home in homes)


def _overlap(first: str, second: str) -> bool:
    return f"{first}/".startswith(f"{second}/") or f"{second}/".startswith(f"{first}/")
