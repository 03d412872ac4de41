"""Cookie jars of sites: kept, used by items that bring none, watched (docs/contract/cookies.md)."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from dlambda.deployment import current
from dlambda.domain.events import event
from dlambda.domain.events.event import Name
from dlambda.domain.items.failure import Failure
from dlambda.domain.items.item import Item
from dlambda.domain.items.remedy import Remedy
from dlambda.domain.rules.cookie_jar import REFUSALS, CookieJar
from dlambda.domain.web.site import site_of
from dlambda.errors import NotFound
from dlambda.store import cache
from dlambda.store.rules import cookie_jars
from dlambda.usecases.events.publish import publish
from dlambda.usecases.rules.presets import preset_for

log = logging.getLogger(__name__)

_SUCCESS_SECONDS: Final = 3600.0  # a success is noted this often at most: each is a write
_CHECK_SECONDS: Final = 3600.0


def list_jars(owner: str) -> list[dict[str, Any]]:
    """The jars of an owner as it sees them."""
    now = current().clock.time()
    return [jar.view(now) for jar in cookie_jars.list_jars(owner)]


def get_jar(owner: str, site: str) -> dict[str, Any]:
    """Raises `NotFound`."""
    return _get(owner, site).view(current().clock.time())


def keep_jars(owner: str, jars: Sequence[CookieJar]) -> list[dict[str, Any]]:
    """Stores the jars; a member's are never shared. Raises `Invalid`."""
    for jar in jars:
        cookie_jars.put_jar(owner, replace(jar, shared=jar.shared and not owner))
        log.info("cookies of %s are kept", jar.site)
    return [get_jar(owner, jar.site) for jar in jars]


def remove_jar(owner: str, site: str) -> dict[str, Any]:
    """Removes a jar and answers it. Raises `NotFound`."""
    view = get_jar(owner, site)
    cookie_jars.remove_jar(owner, site.lower())
    return view


def find_of_item(item: Item) -> tuple[str, CookieJar] | None:
    """The jar for an item that brings no cookies, and whose it is: its owner's, else a shared one of the admins.

    Whether it is used or not, see `find_used`.
    """
    site = site_of(item.source_url)
    if not site or item.cookies.strip() or preset_for(item.preset).cookies.strip():
        return None
    for owner in dict.fromkeys((item.owner, "")):
        jar = cookie_jars.find_jar(owner, site)
        if jar and (owner == item.owner or jar.shared):
            return owner, jar
    return None


def find_used(item: Item) -> tuple[str, CookieJar] | None:
    """The jar that the item's present try is made with."""
    there = find_of_item(item)
    if there is None:
        return None
    return there if there[1].use == "always" or Remedy.COOKIES in item.remedies else None


def note_success(item: Item, renewed_text: str) -> None:
    """Notes that the jar of the item works, and keeps its cookies as the site has renewed them."""
    now = current().clock.time()
    used = find_used(item)
    if used is None:
        return
    owner, jar = used
    renewed = jar.renewed(renewed_text)
    if renewed.expires_at > jar.expires_at:
        renewed = replace(renewed, warned_at=0.0)
    if renewed != jar or jar.is_refused or now - jar.success_at > _SUCCESS_SECONDS:
        cookie_jars.change_jar(owner, jar, replace(renewed, success_at=now))


def note_failure(item: Item, failure: Failure) -> None:
    """Notes a refusal of the cookies; the first one is told."""
    used = find_used(item) if failure.kind in REFUSALS else None
    if used is None:
        return
    owner, jar = used
    if not jar.is_refused and cookie_jars.change_jar(owner, jar, replace(jar, refused_at=current().clock.time())):
        _tell(owner, f"{jar.site} refuses its cookies: sign in there with a browser and send them again.")


def warn_of_ends(now: float) -> None:
    """The sweep's part, once an hour: jars whose cookies end soon are told, once for each set of cookies."""
    if not cache.claim("cookie-ends", now, _CHECK_SECONDS):
        return
    for owner in cookie_jars.list_owners():
        for jar in cookie_jars.list_jars(owner):
            is_due = jar.state(now) in ("expiring", "expired") and not jar.warned_at
            if is_due and cookie_jars.change_jar(owner, jar, replace(jar, warned_at=now)):
                _tell(owner, f"The cookies of {jar.site} {'have ended' if jar.expires_at <= now else 'end soon'}.")


def _get(owner: str, site: str) -> CookieJar:
    jar = cookie_jars.find_jar(owner, site.lower())
    if jar is None:
        raise NotFound("There are no cookies of this site.")
    return jar


def _tell(owner: str, message: str) -> None:
    publish(event.log(Name.LOG_WARNING, "Cookies", message, owner=owner))
