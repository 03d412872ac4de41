"""Cookie jars of sites: kept, used by items that bring none, watched (docs/contract/cookies.md)."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from dlambda.deployment import current
from dlambda.domain.events import event
from dlambda.domain.events.event import Name
from dlambda.domain.items.failure import Failure
from dlambda.domain.items.remedy import Remedy
from dlambda.domain.rules.cookie_jar import REFUSALS, CookieJar
from dlambda.domain.rules.preset import Preset
from dlambda.domain.web.site import site_of
from dlambda.errors import NotFound
from dlambda.store import cache
from dlambda.store.rules import cookie_jars
from dlambda.usecases.events.publish import publish
from dlambda.usecases.rules.presets import preset_for

if TYPE_CHECKING:  # those who look after jars need no items
    from dlambda.domain.items.item import Item

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


@dataclass(frozen=True, slots=True)
class ItemJar:
    """The jar for an item, and the owner of the jar. `is_used`: the item's present try is made with it."""

    owner: str
    jar: CookieJar
    is_used: bool


def find_for_item(item: "Item", preset: Preset) -> ItemJar | None:
    """The jar for an item that brings no cookies, nor does its preset: its owner's, else a shared one of the admins."""
    site = site_of(item.source_url)
    if not site or item.cookies.strip() or preset.cookies.strip():
        return None
    for owner in dict.fromkeys((item.owner, "")):
        jar = cookie_jars.find_jar(owner, site)
        if jar and (owner == item.owner or jar.shared):
            return ItemJar(owner, jar, is_used=jar.use == "always" or Remedy.COOKIES in item.attempt.remedies)
    return None


def note_success(item: "Item", renewed_text: str) -> None:
    """Notes that the jar of the item works, and keeps its cookies as the site has renewed them."""
    now = current().clock.time()
    item_jar = find_for_item(item, preset_for(item.preset))
    if item_jar is None or not item_jar.is_used:
        return
    owner, jar = item_jar.owner, item_jar.jar
    renewed = jar.renewed(renewed_text)
    if renewed.expires_at > jar.expires_at:
        renewed = replace(renewed, warned_at=0.0)
    if renewed != jar or jar.is_refused or now - jar.success_at > _SUCCESS_SECONDS:
        cookie_jars.change_jar(owner, jar, replace(renewed, success_at=now))


def note_failure(item: "Item", failure: Failure) -> None:
    """Notes a refusal of the cookies; the first one is told."""
    item_jar = find_for_item(item, preset_for(item.preset)) if failure.kind in REFUSALS else None
    if item_jar is None or not item_jar.is_used:
        return
    owner, jar = item_jar.owner, item_jar.jar
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
