"""Users who sign in elsewhere become accounts at their first visit (docs/contract/accounts.md 6, 7)."""

import logging
from contextlib import suppress

from dlambda.deployment import current
from dlambda.domain.accounts.account import Account, id_of_subject, name_key, read_name
from dlambda.domain.accounts.external import RoleMapping
from dlambda.domain.accounts.principal import Principal, Role
from dlambda.errors import AlreadyExists, Conflict, Forbidden, Invalid
from dlambda.store.accounts import accounts
from dlambda.usecases.accounts.login_need import look_again
from dlambda.usecases.events.end_connections import end_connections
from dlambda.user_settings import list_words

log = logging.getLogger(__name__)
_PROXY = "proxy"
_KEPT_LETTERS = "@._- "
_NAME_LENGTH = 60
_STAMP_BYTES = 12


def role_mapping() -> RoleMapping:
    """The groups of the roles, from the settings."""
    settings = current().settings
    return RoleMapping.of(
        list_words(settings.auth_admin_groups),
        list_words(settings.auth_member_groups),
        list_words(settings.auth_guest_groups),
        settings.auth_default_role,
    )


def find_by_proxy(name: str, groups: list[str] | None) -> Principal:
    """The caller whom a trusted proxy names. Without `groups` an account keeps the role that admins gave it.

    Raises `Forbidden` for an account that is disabled, and for groups that may not sign in; `Invalid` for a name that
    no account can have.
    """
    name = read_name(name, "The proxy's user name")
    subject = f"{_PROXY} {name_key(name)}"
    # An admin may have given its account another name.
    account = accounts.find_by_name(name) or accounts.find(id_of_subject(subject))
    return _sign_in(account, subject, name, groups)


def find_by_subject(issuer: str, subject: str, name: str, groups: list[str]) -> Principal:
    """The caller whom a provider vouches for. Raises `Forbidden`, also when its name is another account's."""
    key = f"{issuer} {subject}"
    return _sign_in(accounts.find(id_of_subject(key)), key, _usable(name), groups)


def _usable(name: str) -> str:
    """A name that an account can have: what a provider calls its users may be an address."""
    try:
        return read_name(name)
    except Invalid:
        letters = (letter if letter.isalnum() or letter in _KEPT_LETTERS else "-" for letter in name)
        return read_name("".join(letters)[:_NAME_LENGTH].strip(". "))


def _sign_in(account: Account | None, subject: str, name: str, groups: list[str] | None) -> Principal:
    """The caller, in the role of its groups; where no groups are set, in the one that admins gave it."""
    mapping = role_mapping()
    role = mapping.role_of(groups or ())
    if account is None:
        return _add(_new(subject, name, role), may_be_first=not mapping.has_groups).principal
    if account.disabled:
        raise Forbidden("This account is disabled.")
    return account.principal if groups is None or not mapping.has_groups else _in_role(account, role).principal


def _new(subject: str, name: str, role: Role) -> Account:
    from dlambda.usecases.accounts.homes import free_home  # looks into the bucket, as few functions do

    deployment = current()
    if name_key(name) == name_key(deployment.settings.auth_username):
        raise Forbidden("This is the name of the user in the settings, who signs in by password.")
    return Account(
        id=id_of_subject(subject),
        name=name,
        role=role,
        home=free_home(name),
        created_at=deployment.clock.time(),
        stamp=deployment.random.randbytes(_STAMP_BYTES).hex(),
        subject=subject,
    )


def _add(account: Account, *, may_be_first: bool) -> Account:
    """Adds an account. Where neither groups nor the settings name an admin, the first one is the admin."""
    if may_be_first and not current().settings.auth_enabled and not accounts.any_exists():
        first = account.evolve(role=Role.ADMIN)
        with suppress(AlreadyExists):  # somebody else was the first meanwhile
            accounts.add(first, only_first=True)
            return _added(first)
    try:
        accounts.add(account)
    except AlreadyExists:
        existing = accounts.find(account.id)  # another request was faster
        if existing is None:
            raise Forbidden(f"The name {account.name!r} belongs to another account.") from None
        return existing
    return _added(account)


def _added(account: Account) -> Account:
    look_again()
    log.info("Account %s was made for a user who signs in elsewhere, as %s", account.name, account.role)
    return account


def _in_role(account: Account, role: Role) -> Account:
    """The account in the role that it has elsewhere by now."""
    if account.role is role:
        return account
    after = account.evolve(role=role)
    try:
        accounts.replace(account, after)
        end_connections(account.id)  # they would go on in the role that they began with
    except Conflict as conflict:
        log.warning("The role of %s could not be changed: %s", account.name, conflict.message)
    return after
