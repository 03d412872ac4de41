"""The proxy of an item, of the operator's pool (docs/decisions/remedies.md)."""

import re
from typing import Final

from dlambda.deployment import current
from dlambda.domain.items.failure import Failure, FailureKind
from dlambda.domain.items.item import Item
from dlambda.domain.web.proxy_pool import EVERYWHERE, Proxy, choose_proxy, parse_proxies
from dlambda.domain.web.site import site_of
from dlambda.store.items import site_memory

_REST_SECONDS: Final = 900.0
_AWAY_SECONDS: Final = 300.0
# What the libraries say of a proxy that does not answer.
_AWAY: Final = re.compile(r"connect (to|through) (the )?proxy|tunnel connection failed|proxy ?error", re.IGNORECASE)
_BLAMED: Final = frozenset({FailureKind.BLOCKED, FailureKind.RATE_LIMITED, FailureKind.GEO})


def proxy_of(item: Item) -> Proxy | None:
    """The one that its try goes through: that of its remedy, or the first that does not rest where all use one."""
    pool = parse_proxies(current().settings.proxies)
    if not pool or not (item.attempt.proxies or current().settings.proxy_use == "always"):
        return None
    away = site_memory.find_resting(EVERYWHERE)
    own = next((proxy for proxy in pool if item.attempt.proxies and proxy.id == item.attempt.proxies[-1]), None)
    if own and choose_proxy((own,), away, current().clock.time()):
        return own
    resting = away | site_memory.find_resting(site_of(item.source_url))
    return choose_proxy(pool, resting, current().clock.time()) or own or pool[0]


def next_proxy(item: Item) -> Proxy | None:
    """A proxy that the item has not tried and that does not rest for its site; None without any."""
    pool = parse_proxies(current().settings.proxies)
    if not pool:
        return None
    resting = site_memory.find_resting(EVERYWHERE) | site_memory.find_resting(site_of(item.source_url))
    return choose_proxy(pool, resting, current().clock.time(), frozenset(item.attempt.proxies))


def note_failure(item: Item, failure: Failure, error: str, asked_seconds: float | None) -> None:
    """Lets the proxy of a failed try rest: for the site that blames it, or for all where it does not answer."""
    proxy = proxy_of(item)
    if proxy is None:
        return
    now = current().clock.time()
    if _AWAY.search(error):
        site_memory.rest_proxy(EVERYWHERE, proxy.id, now + _AWAY_SECONDS)
    elif failure.kind in _BLAMED or failure.is_refusal:
        site_memory.rest_proxy(site_of(item.source_url), proxy.id, now + max(asked_seconds or 0.0, _REST_SECONDS))
