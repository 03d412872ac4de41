"""The remedies of an item: what its next try does, what worked for its site (docs/decisions/remedies.md)."""

from typing import Any

from dlambda.aws import bucket
from dlambda.deployment import current
from dlambda.domain.items.failure import Failure
from dlambda.domain.items.item import Item
from dlambda.domain.items.remedy import Remedy, Step, allowed_remedies, next_step
from dlambda.domain.rules.preset import Preset
from dlambda.domain.web.proxy_pool import parse_proxies
from dlambda.domain.web.site import host_of, site_of
from dlambda.errors import Invalid, NotFound
from dlambda.media.ytdlp.remedied import changing_remedies, with_remedies
from dlambda.store.items import site_memory
from dlambda.usecases.items.options import item_params
from dlambda.usecases.items.proxies import next_proxy, proxy_of
from dlambda.usecases.rules.cookie_jars import find_for_item
from dlambda.usecases.rules.presets import preset_for
from dlambda.usecases.workers.ytdlp_releases import trial_release


def remedied_params(item: Item, preset: Preset) -> dict[str, Any]:
    """yt-dlp's parameters for the item's next try. Raises `Invalid` when its options don't parse."""
    provider = current().settings.pot_provider_url
    params = with_remedies(item_params(item, preset), item.attempt.remedies, site_of(item.source_url), provider)
    proxy = None if params.get("proxy") else proxy_of(item)
    return params if proxy is None else {**params, "proxy": proxy.url}


def choose_step(item: Item, failure: Failure, asked_seconds: float | None = None) -> Step | None:
    """The next try of an item that failed; None when it ends."""
    settings = current().settings
    if not settings.retries:
        return None
    attempts = item.tries_after(failure.kind, current().clock.time())
    allowed = allowed_remedies(host_of(item.source_url), settings.remedies, settings.site_remedies)
    remembered = site_memory.find_remedy(site_of(item.source_url)) if allowed - {Remedy.RETRY} else ""
    return next_step(
        failure,
        attempts,
        allowed & _changing(item),
        remembered=remembered,
        retries=settings.retries,
        proxies=len(parse_proxies(settings.proxies)),
        asked_seconds=asked_seconds,
    )


def remember_success(item: Item) -> None:
    """Notes the remedy that a finished item was made with, for the next failure at its site."""
    remedy = item.attempt.remedy
    if remedy and remedy != Remedy.RETRY:
        site_memory.remember_remedy(site_of(item.source_url), remedy)


def _changing(item: Item) -> set[Remedy]:
    preset = preset_for(item.preset)
    try:
        params = remedied_params(item, preset)
    except Invalid:
        return {Remedy.RETRY}  # the options are the failure
    site, item_jar = site_of(item.source_url), find_for_item(item, preset)
    conditions = {
        Remedy.RELEASE: bool(trial_release()),
        Remedy.PROXY: not item_params(item, preset).get("proxy") and next_proxy(item) is not None,
        Remedy.COOKIES: item_jar is not None and not item_jar.is_used,
    }
    changing = changing_remedies(
        params,
        site,
        has_hls=_has_hls(item),
        is_live=bool(item.is_live),
        pot_provider=current().settings.pot_provider_url,
    )
    return changing | {remedy for remedy, changes in conditions.items() if changes}


def _has_hls(item: Item) -> bool:
    """True if its extraction names HLS formats."""
    if not item.extracted:
        return False
    try:
        info = bucket.get_json(item.info_key)
    except NotFound:
        return False
    formats = info.get("formats") or [info]
    return any(str(format_.get("protocol") or "").startswith("m3u8") for format_ in formats)
