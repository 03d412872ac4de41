"""Sessions, and what is good for one use within a short time: tickets of WebSockets, sign-ins that are under way.

Table `accounts`: (`session~<account id>`, session id), and (`once~<hash>`, `once`). Rows that expired go by themselves,
late; the time is checked when they are read.
"""

import json
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from dlambda.domain.accounts.session import Session, hash_of
from dlambda.store.table import Row

_ONCE = "once"


class _Row(Row):
    class Meta:
        table_name = "accounts"

    kind = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    secret_hash = UnicodeAttribute(null=True)
    stamp = UnicodeAttribute(null=True)
    created_at = NumberAttribute(null=True)
    expires_at = NumberAttribute()
    user_agent = UnicodeAttribute(null=True)
    address = UnicodeAttribute(null=True)
    value = UnicodeAttribute(null=True)


def add(session: Session) -> None:
    _Row(
        _partition(session.account_id),
        session.id,
        secret_hash=session.secret_hash,
        stamp=session.stamp,
        created_at=session.created_at,
        expires_at=int(session.expires_at),
        user_agent=session.user_agent or None,
        address=session.address or None,
    ).save()


def find(account_id: str, session_id: str) -> Session | None:
    row = _Row.find(_partition(account_id), session_id)
    return _session(row) if row else None


def list_(account_id: str, now: float) -> list[Session]:
    """The sessions of an account that have not expired, newest first."""
    rows = _Row.query(_partition(account_id), consistent_read=True)
    sessions = [_session(row) for row in rows if row.expires_at > now]
    return sorted(sessions, key=lambda session: session.created_at, reverse=True)


def remove(account_id: str, session_id: str) -> None:
    _Row(_partition(account_id), session_id).delete()


def put_once(secret: str, value: Any, expires_at: float) -> None:
    """Keeps a JSON value for whoever brings `secret` first."""
    _Row(f"{_ONCE}~{hash_of(secret)}", _ONCE, value=json.dumps(value), expires_at=int(expires_at)).save()


def take_once(secret: str, now: float) -> Any:
    """The value that was kept under `secret`, for one caller alone; None for all others, and when its time is over."""
    row = _Row.find(f"{_ONCE}~{hash_of(secret)}", _ONCE)
    if row is None or row.expires_at <= now or row.value is None:
        return None
    text = row.value
    return json.loads(text) if row.update_if(_Row.value == text, [_Row.value.remove()]) else None


def _partition(account_id: str) -> str:
    return f"session~{account_id}"


def _session(row: _Row) -> Session:
    return Session(
        account_id=row.kind.partition("~")[2],
        id=row.id,
        secret_hash=row.secret_hash or "",
        stamp=row.stamp or "",
        created_at=float(row.created_at or 0),
        expires_at=float(row.expires_at),
        user_agent=row.user_agent or "",
        address=row.address or "",
    )
