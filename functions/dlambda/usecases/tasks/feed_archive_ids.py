"""Archive ids of entries whose handler knows none (docs/contract/tasks.md 7.5).

The URL itself tells it, or the feed for a file, or an earlier look-up told it, or the page is read with the task's
options, which takes seconds.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from dlambda.deployment import current
from dlambda.domain.items.entry_ref import EntryRef
from dlambda.domain.items.metadata import archive_id, has_formats
from dlambda.domain.tasks.feed import FeedItem
from dlambda.media.workers.extract import Extraction, extract
from dlambda.media.workers.ytdlp_queries import ids_of_urls
from dlambda.media.ytdlp.worker_jobs import OptionTexts
from dlambda.store.tasks import feed_history
from dlambda.usecases.tasks.task_options import Params

log = logging.getLogger(__name__)


def with_archive_ids(
    items: Sequence[FeedItem],
    source: str,
    params: Params | OptionTexts,
    seconds_left: Callable[[], float],
    cookies: str | None = None,
) -> tuple[list[FeedItem], bool]:
    """The items with the ids that can be had, and whether time was enough to ask for all.

    `source` is the task's name, under which look-ups are remembered, those without success too, but not those that
    were cut short here.
    """
    items_by_url_id = _ids_from_urls(items)
    unknown = {item.url: item for item in items_by_url_id if item.archive_id is None}
    ids_by_url = feed_history.find_archive_ids(source, list(unknown), current().clock.time())
    read: dict[str, Extraction] = {}

    def look_up(url: str) -> None:
        if (seconds := seconds_left()) > 0:
            read[url] = _read(unknown[url], params, cookies, seconds)
            if not read[url].timed_out or seconds >= current().settings.extract_info_timeout:
                ids_by_url[url] = _keep(url, source, read[url])

    with ThreadPoolExecutor(current().settings.extract_info_concurrency) as pool:
        list(pool.map(look_up, [url for url in unknown if url not in ids_by_url]))
    identified = [
        replace(item, archive_id=item.archive_id or ids_by_url.get(item.url), **_page(item, read))
        for item in items_by_url_id
    ]
    return identified, all(url in ids_by_url for url in unknown)


def _ids_from_urls(items: Sequence[FeedItem]) -> list[FeedItem]:
    urls = list(dict.fromkeys(item.url for item in items if not item.archive_id))
    ids = dict(zip(urls, ids_of_urls(urls), strict=True))
    return [_id_from_url(item, ids.get(item.url)) for item in items]


def _id_from_url(item: FeedItem, ids_by_url: Mapping[str, str] | None) -> FeedItem:
    """With the id that its URL tells an extractor; the file of a feed's entry has that of the feed beside or for it."""
    own = item.feed_archive_id
    if ids_by_url:
        other_ids = (*item.other_archive_ids, own) if own else item.other_archive_ids
        return replace(item, archive_id=ids_by_url["archive_id"], other_archive_ids=other_ids)
    return replace(item, archive_id=item.archive_id or own)


def _page(item: FeedItem, read: Mapping[str, Extraction]) -> dict[str, Any]:
    """The page as the item's intake would read it, if it is a video and nothing was wrong."""
    page = read.get(item.url)
    if page is None or not page.info or page.warnings or not has_formats(page.info):
        return {}
    return {"info": page.info, "info_at": page.at}


def _read(item: FeedItem, params: Params | OptionTexts, cookies: str | None, seconds: float) -> Extraction:
    settings = current().settings
    return extract(
        item.hinted_url,
        params,
        entry=EntryRef(item.told),
        cookies=cookies,
        timeout_seconds=min(settings.extract_info_timeout, max(1.0, seconds)),
        allow_internal=settings.allow_internal_urls,
    )


def _keep(url: str, source: str, page: Extraction) -> str | None:
    page_id = archive_id(page.info) if page.info else None
    if page_id is None:
        log.warning("No archive id for an entry of '%s': %s", source, page.error, extra={"url": url})
    feed_history.keep_archive_id(source, url, page_id, current().clock.time())
    return page_id
