"""The nodes of a deployment, a row each (docs/several-machines.md); none in the cloud, none on one machine alone."""

from typing import Final

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from dlambda.domain.system.node import Node
from dlambda.store.table import Row

_KEEP_SECONDS: Final = 3600
_NODES: Final = "nodes"


class _Row(Row):
    class Meta:
        table_name = "connections"

    partition = UnicodeAttribute(hash_key=True, attr_name="room", default=_NODES)
    id = UnicodeAttribute(range_key=True)
    roles = UnicodeAttribute()
    url = UnicodeAttribute(null=True)
    identity = UnicodeAttribute()
    version = UnicodeAttribute()
    started_at = NumberAttribute()
    seen_at = NumberAttribute()
    expires_at = NumberAttribute()


def add(node: Node, now: float) -> None:
    """Writes the row of a node that begins, in the place of an earlier one."""
    _Row(
        _NODES,
        node.name,
        roles=" ".join(node.roles),
        url=node.url or None,
        identity=node.identity,
        version=node.version,
        started_at=node.started_at,
        seen_at=now,
        expires_at=int(now + _KEEP_SECONDS),
    ).save()


def renew(node: Node, now: float) -> bool:
    """Says that the node is there; False when another one took its row away meanwhile."""
    actions = [_Row.seen_at.set(now), _Row.expires_at.set(int(now + _KEEP_SECONDS))]
    return _Row(_NODES, node.name).update_if(_Row.identity == node.identity, actions)


def list_() -> list[Node]:
    """All nodes, also those that went silent a moment ago."""
    return [_node(row) for row in _Row.query(_NODES, consistent_read=True)]


def find(name: str) -> Node | None:
    row = _Row.find(_NODES, name)
    return _node(row) if row else None


def remove(node: Node) -> bool:
    """Removes the row of a node that went silent; False when it spoke meanwhile, or another has removed it."""
    row = _Row(_NODES, node.name)
    if not row.update_if((_Row.seen_at == node.seen_at) & (_Row.identity == node.identity), [_Row.identity.set("")]):
        return False
    row.delete()
    return True


def _node(row: _Row) -> Node:
    return Node(
        row.id,
        tuple(row.roles.split()),
        row.url or "",
        row.identity,
        row.version,
        float(row.started_at),
        float(row.seen_at),
    )
