"""Marks all that a task's source has now as downloaded, or takes the marks away (docs/contract/tasks.md 2)."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from dlambda.deployment import current
from dlambda.domain.items.entry_limit import at_most
from dlambda.domain.items.feed_identity import entry_archive_id, guid_of
from dlambda.domain.items.metadata import archive_id, plain_url
from dlambda.domain.tasks.task import Task
from dlambda.errors import Invalid
from dlambda.media.workers.ytdlp_queries import ids_of_urls
from dlambda.store.items import archive
from dlambda.usecases.tasks.source_info import read_source
from dlambda.usecases.tasks.task_options import archive_of_task, texts_of_task


def mark(task: Task) -> str:
    """Answers the message. Raises `Invalid`."""
    name, ids = _archive(task), _ids(task)
    if not archive.add(name, ids, current().clock.time()):
        return "No new items to mark as downloaded."
    return f"Task '{task.name}' items marked as downloaded."


def unmark(task: Task) -> str:
    """Answers the message. Raises `Invalid`."""
    name, ids = _archive(task), _ids(task)
    if not archive.remove(name, ids):
        return "No items to remove from archive file."
    return f"Removed '{task.name}' items from archive file."


def _archive(task: Task) -> str:
    name = archive_of_task(task)
    if not name:
        raise Invalid("No archive file found.")
    return name


def _ids(task: Task) -> list[str]:
    info = read_source(task.url, texts_of_task(task), task.preset, entries=True)
    if info.get("_type") not in {"playlist", "multi_video"}:
        raise Invalid("Expected a playlist type from extract_info.")
    entries = at_most(walk(info), current().settings.max_playlist_entries)
    by_url = _ids_by_url({url: entry for entry in entries if not _own_id(entry) and (url := _url_of(entry))})
    entry_ids = (_own_id(entry) or by_url.get(_url_of(entry)) for entry in entries)
    return list(dict.fromkeys(archive_id for archive_id in entry_ids if archive_id))


def walk(info: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The entries of a playlist and of the playlists in it that are videos, or lead to one."""
    for entry in info.get("entries") or ():
        if not isinstance(entry, Mapping):
            continue
        if entry.get("_type") in {"playlist", "multi_video"}:
            yield from walk(entry)
        else:
            yield entry


def _own_id(entry: Mapping[str, Any]) -> str | None:
    return archive_id({"ie_key": entry.get("ie_key") or entry.get("extractor_key"), "id": entry.get("id")})


def _url_of(entry: Mapping[str, Any]) -> str:
    return str(entry.get("webpage_url") or entry.get("url") or "")


def _ids_by_url(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Archive ids by URL. An entry without an extractor's id has the id that its download would get."""
    return {
        url: url_id["archive_id"] if url_id else _generic_id(url, entries[url])
        for url, url_id in zip(entries, ids_of_urls(list(entries)), strict=True)
    }


def _generic_id(url: str, entry: Mapping[str, Any]) -> str:
    """The id that its feed gives an entry, else what the generic extractor calls it: its name without extension."""
    is_told = entry.get("_type") == "url_transparent"
    of_feed = entry_archive_id(plain_url(url), guid_of(url)) if is_told else ""
    return of_feed or f"generic {unquote(PurePosixPath(urlsplit(url).path).stem)}"
