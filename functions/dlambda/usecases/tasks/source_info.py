"""Metadata of a task's source: its title and channel, or all of its entries (docs/contract/tasks.md 2)."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import Any, Final

from dlambda.deployment import current
from dlambda.domain.tasks.task import has_handle, without_handle
from dlambda.domain.tasks.task_input import Draft, titled
from dlambda.errors import AppError, Invalid
from dlambda.media.sandbox.guard import check_url
from dlambda.media.workers.extract import extract
from dlambda.media.ytdlp.worker_jobs import OptionTexts
from dlambda.usecases.rules.cookies import cookies_of
from dlambda.usecases.rules.presets import preset_for
from dlambda.usecases.tasks.task_options import texts_of

NO_INFO: Final = "Failed to extract information from URL."
_WAIT_SECONDS: Final = 25.0
"""An HTTP API gives up at 30."""
_LOOK_UP_SECONDS: Final = 8.0
_AT_ONCE: Final = 4


def read_source(
    url: str, texts: OptionTexts, preset: str, *, entries: bool, seconds: float = _WAIT_SECONDS
) -> dict[str, Any]:
    """The metadata of `url`, its entries flat or left out. Raises `Invalid` when nothing could be read in time."""
    settings = current().settings
    check_url(url, allow_internal=settings.allow_internal_urls)
    extraction = extract(
        url,
        texts if entries else replace(texts, item_cli=f"{texts.item_cli}\n--playlist-items 0"),
        cookies=cookies_of(preset_for(preset)),
        timeout_seconds=min(settings.extract_info_timeout, seconds),
        allow_internal=settings.allow_internal_urls,
    )
    if extraction.info is None:
        raise Invalid(NO_INFO, extra={"message": extraction.error})
    return extraction.info


def with_look_ups(drafts: list[Draft]) -> list[Draft]:
    """The drafts under the titles that their URLs report, with channels in place of handles.

    Some at a time and a few seconds in all: what is not answered by then, or fails, stays as it was.
    """
    end = monotonic() + _LOOK_UP_SECONDS
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(partial(_with_look_up, end=end), drafts))


def _with_look_up(draft: Draft, end: float) -> Draft:
    url = str(draft.fields["url"])
    seconds = end - monotonic()
    if (draft.named and not has_handle(url)) or seconds <= 0:
        return draft
    try:
        preset = str(draft.fields["preset"])
        texts = texts_of(preset, str(draft.fields["cli"]))
        info = read_source(url, texts, preset, entries=False, seconds=seconds)
    except AppError:
        return draft
    channel = info.get("channel_id")
    draft = titled(draft, info.get("title"))
    return draft.evolve(url=without_handle(url, str(channel) if channel else None))
