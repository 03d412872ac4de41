"""Signs callers in: by password, by a session's cookie, by a ticket of a WebSocket (docs/contract/accounts.md 3, 4)."""

import hashlib
import hmac
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from dlambda.deployment import current
from dlambda.domain.accounts.account import OPERATOR_ID
from dlambda.domain.accounts.principal import OPERATOR, Principal
from dlambda.domain.accounts.session import SESSION_ID_BITS, Session, Token, hash_of, read_token, shortened
from dlambda.store.accounts import accounts, sessions
from dlambda.store.orders import keys
from dlambda.usecases.accounts.login_need import account_exists
from dlambda.usecases.accounts.passwords import is_right
from dlambda.usecases.events.end_connections import end_connections

_DAY_SECONDS: Final = 24 * 3600.0
TICKET_SECONDS: Final = 30
_TICKET_PREFIX: Final = "ytp_ws_"


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a session is begun: as its list shows it."""

    user_agent: str
    address: str


def operator() -> Principal:
    """Returns the admin without an account: the user of the settings, or everyone where no login is needed."""
    return _operator(current().settings.auth_username or OPERATOR.name)


@lru_cache(maxsize=1)
def _operator(name: str) -> Principal:
    return replace(OPERATOR, name=name)


def find_by_password(name: str, password: str) -> Principal | None:
    """The caller whose name and password these are. The user of the settings comes before an account of that name."""
    settings = current().settings
    if settings.auth_enabled and _is_pair(f"{name}:{password}"):
        return operator()
    if not account_exists():  # there is nothing to hide, and guesses cost as little as they can
        return None
    account = None if settings.auth_enabled and name == settings.auth_username else accounts.find_by_name(name)
    matches = is_right(account.password_hash if account and not account.disabled else "", password)
    return account.principal if account and matches else None


def _is_pair(text: str) -> bool:
    """Compares in constant time."""
    return hmac.compare_digest(text.encode(), _pair().encode())


def _pair() -> str:
    settings = current().settings
    return f"{settings.auth_username}:{settings.auth_password}"


def begin_session(principal: Principal, browser: Browser, replaced: str = "") -> str:
    """Returns the cookie's value of a new session; the one that `replaced` stands for ends."""
    end_session(replaced)
    deployment, now = current(), current().clock.time()
    account_id, session_id = principal.account_id or OPERATOR_ID, str(deployment.random.getrandbits(SESSION_ID_BITS))
    token = Token(account_id, session_id, deployment.new_token())
    session = Session(
        account_id=account_id,
        id=session_id,
        secret_hash=hash_of(token.secret),
        stamp=_find(account_id)[1],
        created_at=now,
        expires_at=now + deployment.settings.auth_session_days * _DAY_SECONDS,
        user_agent=shortened(browser.user_agent),
        address=browser.address,
    )
    sessions.add(session)
    return token.text


def find_by_session(text: str) -> Principal | None:
    """The caller of a cookie; None for one that is no session's, and for sessions that are over."""
    token = read_token(text)
    session = sessions.find(token.account_id, token.session_id) if token else None
    if token is None or session is None:
        return None
    principal, stamp = _find(token.account_id)
    return principal if stamp and session.belongs_to(token.secret, stamp, current().clock.time()) else None


def _find(account_id: str) -> tuple[Principal | None, str]:
    """The principal of that account, and the stamp that its sessions must have; None and empty for nobody."""
    if account_id != OPERATOR_ID:
        account = accounts.find(account_id)
        return (account.principal, account.stamp) if account and not account.disabled else (None, "")
    if not current().settings.auth_enabled:
        return None, ""
    return operator(), hashlib.sha256(f"operator\0{_pair()}".encode()).hexdigest()


def list_sessions(principal: Principal, cookie: str) -> list[dict[str, Any]]:
    """The caller's own sessions, as they are answered; that of `cookie` is the current one."""
    account_id, token = principal.account_id or OPERATOR_ID, read_token(cookie)
    _, stamp = _find(account_id)
    current_id = token.session_id if token and token.account_id == account_id else ""
    return [
        session.view(current=session.id == current_id)
        for session in sessions.list_(account_id, current().clock.time())
        if session.stamp == stamp
    ]


def end_session(cookie: str) -> None:
    """Ends the session of a cookie, and the account's WebSockets; anything else ends nothing."""
    token = read_token(cookie)
    session = sessions.find(token.account_id, token.session_id) if token else None
    if token and session and hmac.compare_digest(session.secret_hash, hash_of(token.secret)):
        sessions.remove(token.account_id, token.session_id)
        _end_connections(token.account_id)


def remove_session(principal: Principal, session_id: str) -> bool:
    """Ends one of the caller's own sessions, and its WebSockets; False when there is none of that id."""
    account_id = principal.account_id or OPERATOR_ID
    if sessions.find(account_id, session_id) is None:
        return False
    sessions.remove(account_id, session_id)
    _end_connections(account_id)
    return True


def end_sessions(account_id: str, *, but: str = "") -> None:
    """Ends the sessions of an account, `but` the one of this id, and its WebSockets."""
    for session in sessions.list_(account_id, 0):
        if session.id != but:
            sessions.remove(account_id, session.id)
    _end_connections(account_id)


def _end_connections(account_id: str) -> None:
    """Ends all of an account: those of sessions that go on connect again."""
    end_connections("" if account_id == OPERATOR_ID else account_id)


def make_ticket(principal: Principal) -> str:
    """Returns a ticket that opens one WebSocket within `TICKET_SECONDS`."""
    ticket = _TICKET_PREFIX + current().new_token()
    account_id = principal.account_id or OPERATOR_ID
    fields = {
        "account_id": account_id,
        "stamp": _find(account_id)[1],
        "key_id": principal.key_id,
        "scopes": None if principal.scopes is None else sorted(principal.scopes),
    }
    sessions.put_once(ticket, fields, current().clock.time() + TICKET_SECONDS)
    return ticket


def find_by_ticket(ticket: str) -> Principal | None:
    """The caller that a ticket was made for, once, as it may be let in now."""
    if not ticket.startswith(_TICKET_PREFIX):
        return None
    fields = sessions.take_once(ticket, current().clock.time())
    if fields is None:
        return None
    principal, stamp = _find(fields["account_id"])
    key_id, scopes = fields["key_id"], fields["scopes"]
    if principal is None or stamp != fields["stamp"] or (key_id and keys.find_by_id(key_id) is None):
        return None
    return replace(principal, key_id=key_id, scopes=None if scopes is None else frozenset(scopes))
