"""Open WebSocket connections (docs/contract/websocket.md 9)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from dlambda.deployment import current
from dlambda.domain.accounts.principal import OPERATOR, Principal, Role
from dlambda.domain.web.connection_id import push_address
from dlambda.store.table import Row

# A gateway ends a connection after two hours at the latest; a record that outlives its connection is dropped at a push.
_KEEP_SECONDS = 3 * 3600
_ALL = "all"


class Audience(NamedTuple):
    """The connections that get the same frames: of one member (`owner`) or of the admins (`""`), in one dialect."""

    owner: str
    dialect: str


@dataclass(frozen=True, slots=True)
class Connection:
    """An open connection: its id at the gateway, its session id, and who opened it.

    `dialect`: the name of the dialect that it speaks; `""` for none.
    """

    id: str
    sid: str
    principal: Principal
    dialect: str = ""


class _Row(Row):
    class Meta:
        table_name = "connections"

    partition = UnicodeAttribute(hash_key=True, attr_name="room", default=_ALL)
    id = UnicodeAttribute(range_key=True)
    sid = UnicodeAttribute()
    opened_at = NumberAttribute()
    expires_at = NumberAttribute()
    account_id = UnicodeAttribute(null=True)
    account_name = UnicodeAttribute(null=True)
    role = UnicodeAttribute(null=True)
    home = UnicodeAttribute(null=True)
    dialect = UnicodeAttribute(null=True)
    key_id = UnicodeAttribute(null=True)
    scopes = UnicodeAttribute(null=True)


def add(connection_id: str, sid: str, principal: Principal = OPERATOR, dialect: str = "") -> None:
    """Adds a connection of `principal`."""
    now = current().clock.time()
    _Row(
        _ALL,
        connection_id,
        sid=sid,
        opened_at=now,
        expires_at=int(now + _KEEP_SECONDS),
        account_id=principal.account_id,
        account_name=principal.name,
        role=principal.role,
        home=principal.home,
        dialect=dialect or None,
        key_id=principal.key_id or None,
        scopes=None if principal.scopes is None else " ".join(sorted(principal.scopes)),
    ).save()


def remove(connection_id: str) -> None:
    _Row(_ALL, connection_id).delete()


def remove_at(url: str) -> None:
    """Forgets the connections to a node that is gone."""
    for row in _Row.query(_ALL, consistent_read=True):
        if push_address(row.id) == url:
            row.delete()


def remove_of_account(account_id: str) -> list[str]:
    """Forgets the connections of an account (empty: of the operator), and answers their ids.

    They hear nothing more, and what they say is ignored.
    """
    rows = [row for row in _Row.query(_ALL, consistent_read=True) if (row.account_id or "") == account_id]
    for row in rows:
        row.delete()
    return [row.id for row in rows]


def ids_by_audience() -> Mapping[Audience, Sequence[str]]:
    """The ids of all connections, by what they get; a read that may be a moment old."""
    now = current().clock.time()
    ids: dict[Audience, list[str]] = defaultdict(list)
    for row in _Row.query(_ALL):
        if row.expires_at > now:
            ids[Audience(_principal(row).owner, row.dialect or "")].append(row.id)
    return ids


def find(connection_id: str) -> Connection | None:
    """Returns an open connection; None when it is gone."""
    rows = list(_Row.query(_ALL, _Row.id == connection_id, consistent_read=True, limit=1))
    return Connection(rows[0].id, rows[0].sid, _principal(rows[0]), rows[0].dialect or "") if rows else None


def _principal(row: _Row) -> Principal:
    """Returns who opened a connection; rows of an older version name nobody, and everyone was the operator."""
    name, role = row.account_name or OPERATOR.name, Role(row.role or OPERATOR.role)
    scopes = frozenset((row.scopes or "").split()) or None
    return Principal(row.account_id or "", name, role, row.home or "", row.key_id or "", scopes)
