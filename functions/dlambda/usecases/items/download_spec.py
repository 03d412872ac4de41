"""Describes an item's download to a worker process: its options, its metadata, and who answers what it asks."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from dlambda.aws import bucket
from dlambda.deployment import current
from dlambda.domain.items.item import Item
from dlambda.errors import NotFound
from dlambda.media.workers.download import DownloadSpec
from dlambda.usecases.files.folders import find_media
from dlambda.usecases.items.item_archive import ItemArchive
from dlambda.usecases.items.name_claims import NameClaims
from dlambda.usecases.items.remedies import remedied_params
from dlambda.usecases.items.work_folders import work_folder
from dlambda.usecases.rules.cookies import cookies_for
from dlambda.usecases.rules.presets import preset_for


def download_spec(item: Item, claims: NameClaims, release: str) -> DownloadSpec:
    """Builds the description; `release` is the version of yt-dlp.

    Raises `Invalid` when the item's options don't parse.
    """
    preset = preset_for(item.preset)
    params = remedied_params(item, preset)
    return DownloadSpec(
        item_id=item.id,
        url=item.source_url,
        params=params,
        workdir=work_folder(item),
        entry=item.entry,
        info=_fresh_info(item),
        cookies=cookies_for(item, preset),
        extras=item.extras,
        is_live=bool(item.is_live),
        is_one_of_many=item.is_one_of_many and not item.is_live,
        allow_internal=current().settings.allow_internal_urls,
        archive=ItemArchive.find(item),
        claim_name=claims.claim_if_free,
        existing=partial(_find_existing, item) if params.get("overwrites") is False else None,
        release=release,
    )


def _find_existing(item: Item, name: str) -> str | None:
    """The media file of that name (without extension) in the item's folder."""
    folder = item.folder.strip("/")
    return find_media(f"{folder}/{name}" if folder else name, below=folder)


def _fresh_info(item: Item) -> Mapping[str, Any] | None:
    """The extraction, while it may be reused (setting `download_info_expires`)."""
    if current().clock.time() - item.info_at > current().settings.download_info_expires:
        return None
    try:
        info: Mapping[str, Any] = bucket.get_json(item.info_key)
    except NotFound:
        return None
    return info
