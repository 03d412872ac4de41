"""Accounts: made, changed, removed, by admins and by their owners (docs/contract/accounts.md 3)."""

from collections.abc import Mapping
from typing import Any

from dlambda.deployment import current
from dlambda.domain.accounts.account import Account, name_key, read_name, read_password, read_role
from dlambda.domain.accounts.principal import Principal, Role
from dlambda.errors import AlreadyExists, Forbidden, Invalid, Required, WrongCredentials
from dlambda.store.accounts import accounts
from dlambda.store.conflicts import retry_conflicts
from dlambda.store.rules import cookie_jars
from dlambda.usecases.accounts.api_keys import remove_keys_of
from dlambda.usecases.accounts.homes import check_home, check_unused, free_home, read_home
from dlambda.usecases.accounts.login_need import is_open_on_purpose, is_set_up, look_again
from dlambda.usecases.accounts.passwords import hash_password, is_right
from dlambda.usecases.accounts.sign_in import end_sessions
from dlambda.usecases.events.end_connections import end_connections

_STAMP_BYTES = 12
_ID_BITS = 48
_OF_SETTINGS = "This user comes from the settings: change it there."
_OPEN = "Everyone may use this service (YTP_ALLOW_OPEN). Set YTP_DISABLE_AUTH=false to make accounts."


def set_up(name: object, password: object) -> Account:
    """Makes the first account, an admin. Raises `Invalid`, `AlreadyExists` where somebody can sign in already, and
    `Forbidden` where everyone is let in on purpose.
    """
    if is_set_up():
        raise AlreadyExists("Setup is no longer available.")
    if is_open_on_purpose():
        raise Forbidden(_OPEN)
    account = _new(read_name(name), Role.ADMIN, read_password(password))
    accounts.add(account, only_first=True)
    look_again()
    return account


def create_account(body: object) -> Account:
    """Makes an account of `{username, password, role?, home?}`. Raises `Invalid` and `AlreadyExists`."""
    fields = _object(body)
    role = read_role(fields.get("role", Role.MEMBER))
    account = _new(read_name(fields.get("username")), role, read_password(fields.get("password")))
    if fields.get("home") is not None:
        account = account.evolve(home=read_home(fields["home"]))
        check_home(account)
    _check_name_of_settings(account.name)
    accounts.add(account)
    look_again()
    return account


def _new(name: str, role: Role, password: str) -> Account:
    deployment = current()
    return Account(
        id=str(deployment.random.getrandbits(_ID_BITS) or 1),
        name=name,
        role=role,
        home=free_home(name),
        created_at=deployment.clock.time(),
        stamp=_new_stamp(),
        password_hash=hash_password(password),
    )


def _new_stamp() -> str:
    return current().random.randbytes(_STAMP_BYTES).hex()


def change_account(account_id: str, body: object) -> Account:
    """Changes what an admin sends of `{username, password, role, disabled, home}`; an empty password is none.

    A new password, or `disabled`, ends the account's sessions. Raises `NotFound`, `Invalid`, `AlreadyExists`, and
    `Conflict` for the last admin.
    """
    fields = _object(body)
    changes: dict[str, Any] = {}
    if "username" in fields:
        changes["name"] = read_name(fields["username"])
        _check_name_of_settings(changes["name"])
    if "role" in fields:
        changes["role"] = read_role(fields["role"])
    if "home" in fields:
        changes["home"] = read_home(fields["home"])
    if "disabled" in fields:
        if not isinstance(fields["disabled"], bool):
            raise Invalid("disabled must be true or false.")
        changes["disabled"] = fields["disabled"]
    if "password" in fields:
        changes["password_hash"] = hash_password(read_password(fields["password"]))
    if not changes:
        raise Required("username, password, role, disabled or home is required.")
    return _change(account_id, changes)


def _change(account_id: str, changes: Mapping[str, Any]) -> Account:
    def attempt() -> tuple[Account, Account]:
        before = accounts.get(account_id)
        after = before.evolve(**changes)
        if "password_hash" in changes or after.disabled != before.disabled:
            after = after.evolve(stamp=_new_stamp())
        if after.home != before.home:
            check_home(after)
            check_unused(before)
        if after != before:
            accounts.replace(before, after)
        return before, after

    before, account = retry_conflicts(attempt)
    if "password_hash" in changes or account.disabled:
        end_sessions(account.id)
    elif account.principal != before.principal:
        end_connections(account.id)  # they would go on in the role and at the home that they began with
    return account


def change_own(principal: Principal, body: object) -> Account:
    """Changes the caller's own name or password, for who knows the current one.

    Raises `Required`, `Invalid`, `WrongCredentials`, and `AlreadyExists` for a name in use.
    """
    fields = _object(body)
    name, password = fields.get("username"), fields.get("password")
    if name is None and password is None:
        raise Required("Username or password is required.")
    if not principal.account_id:
        raise Invalid(_OF_SETTINGS)
    account = accounts.get(principal.account_id)
    current_password = read_password(fields.get("current_password"), "current_password")
    if not is_right(account.password_hash, current_password):
        raise WrongCredentials("Unauthorized (Invalid credentials).")
    changes: dict[str, Any] = {}
    if name is not None:
        changes["name"] = read_name(name)
        _check_name_of_settings(changes["name"])
    if password is not None:
        changes["password_hash"] = hash_password(read_password(password))
    return _change(account.id, changes)


def remove_account(account_id: str) -> None:
    """Removes an account with its sessions, keys and cookies; what it has downloaded stays, for admins.

    Raises `NotFound`, and `Conflict` for the last admin.
    """

    def attempt() -> Account:
        account = accounts.get(account_id)
        accounts.remove(account)
        return account

    account = retry_conflicts(attempt)
    remove_keys_of(account)
    end_sessions(account.id)
    cookie_jars.remove_all(account.id)


def _object(body: object) -> Mapping[str, Any]:
    if not isinstance(body, Mapping):
        raise Invalid("Invalid request body expecting dict.")
    return body


def _check_name_of_settings(name: str) -> None:
    own = current().settings.auth_username
    if own and name_key(own) == name_key(name):
        raise AlreadyExists("This is the name of the user in the settings.")
