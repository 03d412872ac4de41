"""Open WebSocket connections (docs/contract/websocket.md 9)."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from dlambda.deployment import current
from dlambda.store.table import Row

# A gateway ends a connection after two hours at the latest; a record that outlives its connection is dropped at a push.
_KEEP_SECONDS = 3 * 3600
_ALL = "all"


class _Row(Row):
    class Meta:
        table_name = "connections"

    room = UnicodeAttribute(hash_key=True, default=_ALL)
    id = UnicodeAttribute(range_key=True)
    sid = UnicodeAttribute()
    opened_at = NumberAttribute()
    expires_at = NumberAttribute()


def add(connection_id: str, sid: str) -> None:
    now = current().clock.time()
    _Row(_ALL, connection_id, sid=sid, opened_at=now, expires_at=int(now + _KEEP_SECONDS)).save()


def remove(connection_id: str) -> None:
    _Row(_ALL, connection_id).delete()


def list_() -> list[str]:
    """The ids of all connections; a read that may be a moment old."""
    now = current().clock.time()
    return [row.id for row in _Row.query(_ALL) if row.expires_at > now]


def find_sid(connection_id: str) -> str | None:
    rows = list(_Row.query(_ALL, _Row.id == connection_id, consistent_read=True, limit=1))
    return rows[0].sid if rows else None
