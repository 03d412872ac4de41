"""The owner of a task, as it is when the task runs (docs/contract/accounts.md 8)."""

from typing import Final

from dlambda.domain.accounts.principal import OPERATOR, Principal
from dlambda.domain.items.request import Request
from dlambda.domain.tasks.task import Task
from dlambda.store.accounts import accounts

NO_OWNER: Final = "The account of the task is gone or disabled."


def find_owner(task: Task) -> Principal | None:
    """The principal that runs the task; None when its account is gone or disabled."""
    if not task.owner:
        return OPERATOR
    account = accounts.find(task.owner)
    return account.principal if account and not account.disabled else None


def request_of(task: Task, handler: str, default_preset: str) -> Request:
    """The request for the task's URL; of an owner who is a guest by now it is held for an admin."""
    request = task.request(handler, default_preset)
    owner = find_owner(task)
    return request.evolve(auto_start=request.auto_start and not (owner and owner.holds_adds))
