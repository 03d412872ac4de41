"""The routes of `/api/auth/accounts`: accounts, for admins (docs/contract/accounts.md 3)."""

from typing import Any

from dlambda.domain.accounts.permission import Permission
from dlambda.entry.http import make_routes, problems
from dlambda.store.accounts import accounts
from dlambda.usecases.accounts import manage_accounts
from endpoints.auth.routes import check_enabled, store_nothing
from endpoints.auth.schemas import AccountPatchBody, AccountPath, Accounts, AccountView, NewAccountBody

routes = make_routes("accounts", "Accounts, for admins")
routes.before_request(check_enabled)
routes.after_request(store_nothing)
_ALL = "/api/auth/accounts"
_ONE = f"{_ALL}/<string:id>"

Answer = dict[str, Any] | tuple[dict[str, Any], int] | tuple[str, int]


@routes.get(_ALL, permission=Permission.MANAGE_ACCOUNTS, responses={200: Accounts})
def list_() -> Answer:
    """Lists all accounts, by name."""
    return {"items": [account.view() for account in accounts.list_()]}


@routes.post(_ALL, permission=Permission.MANAGE_ACCOUNTS, responses={201: AccountView, **problems(400, 409)})
def create(body: NewAccountBody) -> Answer:
    """Makes an account."""
    return manage_accounts.create_account(body.root).view(), 201


@routes.get(_ONE, permission=Permission.MANAGE_ACCOUNTS, responses={200: AccountView, **problems(404)})
def get(path: AccountPath) -> Answer:
    """Answers an account."""
    return accounts.get(path.id).view()


@routes.patch(_ONE, permission=Permission.MANAGE_ACCOUNTS, responses={200: AccountView, **problems(400, 404, 409)})
def change(path: AccountPath, body: AccountPatchBody) -> Answer:
    """Changes what is sent. A new password, or disabling it, ends its sessions."""
    return manage_accounts.change_account(path.id, body.root).view()


@routes.delete(_ONE, permission=Permission.MANAGE_ACCOUNTS, responses={204: None, **problems(404, 409)})
def remove(path: AccountPath) -> Answer:
    """Removes an account with its sessions and API keys; its items and files stay, for admins."""
    manage_accounts.remove_account(path.id)
    return "", 204
