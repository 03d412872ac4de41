"""Nodes come and go: each says that it is there; what a silent one did goes on elsewhere (docs/several-machines.md)."""

import logging
from typing import Final

from dlambda.deployment import current
from dlambda.domain.events.event import item_moved
from dlambda.domain.items.item import Shelf
from dlambda.domain.system.node import BEAT_SECONDS, Node
from dlambda.store import connections, nodes
from dlambda.store.files import jobs
from dlambda.store.items import items, leases
from dlambda.usecases.events.publish import tell_again

log = logging.getLogger(__name__)

_TOLD_AGAIN: Final = 100


def this_node() -> Node:
    """The node that this process belongs to."""
    settings = current().settings
    return Node(
        settings.node,
        settings.roles,
        settings.node_url,
        settings.node_identity,
        settings.app_version,
        settings.started_at,
    )


def enter() -> None:
    """Says that this node begins, before it has clients. Those of its earlier life are gone."""
    node = this_node()
    earlier = nodes.find(node.name)
    for url in {node.url, earlier.url if earlier else ""} - {""}:
        connections.remove_at(url)
    nodes.add(node, current().clock.time())


def say_alive() -> bool:
    """False when others thought that this node was gone, and dropped the clients that it has."""
    node, now = this_node(), current().clock.time()
    if nodes.renew(node, now):
        return True
    log.warning("This node was silent for so long that others took over its work")
    nodes.add(node, now)
    return False


def take_over(node: Node) -> bool:
    """Frees what a silent node had: forgets its clients, ends its leases. False when it, or another, was faster."""
    if not nodes.remove(node):
        return False
    log.warning("The node %s is silent; its work goes on at others", node.name)
    if node.url:
        connections.remove_at(node.url)
    leases.release_all(node.name)
    jobs.release_all(current().clock.time(), node.name)
    _tell_ends(node.seen_at - BEAT_SECONDS)
    return True


def _tell_ends(since: float) -> None:
    """Sends again what a dead node stored last: it may have told nobody. `since`: unix seconds of its clock."""
    newest = items.page(Shelf.DONE, page=1, per_page=_TOLD_AGAIN, newest_first=True)
    tell_again(*(item_moved(item) for item in reversed(items.find_many(newest.ids)) if item.stored_at >= since))
