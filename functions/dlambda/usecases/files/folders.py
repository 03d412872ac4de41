"""Folders below the download root as the browser needs them: listed from the index, which follows the bucket.

Every write of ours is noted in the index at once. What others do (somebody copies a file into the folder on one
machine) is found when a folder is looked at and was not compared with the bucket for a while.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from dlambda.aws import bucket, objects, queue
from dlambda.aws.stored import Stored
from dlambda.deployment import current, per_deployment
from dlambda.domain.files.listing import MARKER, Entry
from dlambda.domain.files.sidecar import is_media, owned_by, stem_of
from dlambda.domain.messages.queue_messages import CompareFolder
from dlambda.domain.paths.paths import object_key
from dlambda.errors import Conflict, NotFound
from dlambda.store.files import listings

# How long a listing is taken for true without a look at the bucket.
_FRESH_SECONDS = 30
_TRIES = 3
_MOST_ASKED = 1000


def split(path: str) -> tuple[str, str]:
    """Folder and name of a path."""
    folder, _, name = path.rpartition("/")
    return folder, name


def join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def folder_key(folder: str) -> str:
    """The prefix of what lies in the folder."""
    return object_key(folder) + "/" if folder else object_key("")


def without_extension(path: str) -> str:
    """The name that a file shares with its sidecars, with its folder in front."""
    folder, name = split(path)
    return join(folder, stem_of(name))


def names_before_dots(path: str) -> Iterator[str]:
    """Of what a sidecar at `path` may go along with: `a/v.en.srt` with `a/v` or `a/v.en`."""
    folder, name = split(path)
    parts = name.split(".")
    return (join(folder, ".".join(parts[:count])) for count in range(1, len(parts)))


def holds_stem(path: str) -> bool:
    """True if a file or folder has the name `path` (without extension), or a file goes along with one that has.

    One small listing.
    """
    folder, stem = split(path)
    prefix = folder_key(folder)
    files, folders = bucket.list_folder(f"{prefix}{stem}.")
    file_names = [entry.key.removeprefix(prefix) for entry in files]
    # `v.2.mp4` has another name than `v`, and so have its sidecars.
    has_same_stem = any(stem_of(name) == stem for name in (*file_names, *(f"{stem}.{ending}" for ending in folders)))
    return has_same_stem or bool(owned_by(f"{stem}.mp4", file_names))


def find_media(path: str, below: str) -> str | None:
    """The media file with the name `path` (without extension), relative to the folder `below`. One small listing."""
    folder, stem = split(path)
    prefix = folder_key(folder)
    files, _ = bucket.list_folder(f"{prefix}{stem}.")
    file_names = sorted(entry.key.removeprefix(prefix) for entry in files)
    name = next((entry for entry in file_names if stem_of(entry) == stem and is_media(entry)), None)
    return join(folder, name).removeprefix(f"{below}/" if below else "") if name else None


def entries_of(folder: str, now: float | None = None) -> list[Entry]:
    """The entries of the folder. Raises `NotFound` when there is no such folder; the root always exists."""
    now = current().clock.time() if now is None else now
    listing = listings.read(folder)
    if not listing.compared_at:
        return reindex(folder)
    if not listing.entries and not is_folder(folder):
        raise NotFound(f"path '{folder}' does not exist.")
    if now - listing.compared_at > _FRESH_SECONDS:
        # What is known is shown now, the comparison is for the next look.
        _ask_for_comparison(folder)
    return listing.entries


def _ask_for_comparison(folder: str) -> None:
    """Once in a while: a browser that turns pages need not ask with each of them."""
    now = current().clock.monotonic()
    asked_at = _asked_at()
    if now - asked_at.get(folder, -_FRESH_SECONDS) >= _FRESH_SECONDS:
        if len(asked_at) >= _MOST_ASKED:
            asked_at.clear()
        asked_at[folder] = now
        queue.send(CompareFolder(folder))


def compare(folder: str) -> None:
    """Compares the index with the bucket, in the background; a folder that is gone is no error: the index knows it."""
    with suppress(NotFound):
        reindex(folder)


@per_deployment
def _asked_at() -> dict[str, float]:
    """When this process asked for a comparison, by folder. Forgetting it costs one message."""
    return {}


def reindex(folder: str) -> list[Entry]:
    """Compares the index with the bucket; answers what is there. Raises `NotFound` for a folder that is gone."""
    for _ in range(_TRIES):  # each compares anew, which takes seconds; the last one's answer counts in any case
        before = listings.read(folder)
        before_by_name = {entry.name: entry for entry in before.entries}
        prefix = folder_key(folder)
        entries: list[Entry] = []
        now = current().clock.time()
        for files, folders in bucket.walk_folder(prefix):
            entries += [
                Entry(name, stored_object.size_bytes, stored_object.modified.timestamp())
                for stored_object in files
                if (name := stored_object.key.removeprefix(prefix))
            ]
            entries += [
                before_by_name[name]
                if name in before_by_name and before_by_name[name].is_folder
                else Entry(name, 0, now, is_folder=True)
                for name in folders
                if name
            ]
        if not entries and not is_folder(folder):
            if before.versions:
                note_removed_folder(folder)
            raise NotFound(f"path '{folder}' does not exist.")
        if listings.try_replace(folder, entries, before.versions, now):
            break
    return entries


def note_files(paths: Iterable[str]) -> None:
    """Tells the index of files that were written: their size and time are asked from the bucket."""
    files = {path: bucket.find(object_key(path)) for path in paths}
    note_entries({path: file for path, file in files.items() if file})


def note_entries(files: Mapping[str, Stored]) -> None:
    """Tells the index of files, by path. Folders on the way are noted, too."""
    by_folder: dict[str, list[Entry]] = defaultdict(list)
    for path, file in files.items():
        folder, name = split(path)
        by_folder[folder].append(Entry(name, file.size_bytes, file.modified.timestamp()))
    for folder, entries in by_folder.items():
        listings.change(folder, new_entries=entries)
        _note_way(folder)


def _note_way(folder: str) -> None:
    while folder:
        parent, name = split(folder)
        if not listings.note_folder(parent, name, current().clock.time()):
            return
        folder = parent


def note_gone(paths: Iterable[str]) -> None:
    """Tells the index of files that were removed; folders that have nothing left go as well."""
    by_folder: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        folder, name = split(path)
        by_folder[folder].append(name)
    for folder, names in by_folder.items():
        listings.change(folder, names=names)
        _remove_if_empty(folder)


def _remove_if_empty(folder: str) -> None:
    while folder and not listings.read(folder).entries:
        if objects.has_any(folder_key(folder)):
            return
        note_removed_folder(folder)
        folder = split(folder)[0]


def note_removed_folder(folder: str) -> None:
    """Tells the index that a folder is gone, with all that was in it."""
    parent, name = split(folder)
    for entry in listings.read(folder).entries:
        if entry.is_folder:
            note_removed_folder(join(folder, entry.name))
    listings.remove(folder)
    listings.change(parent, names=[name])


def is_folder(path: str) -> bool:
    """True if something lies below `path`; the root is always a folder."""
    # A disk below may have empty folders, which only a listing of their parent names.
    return not path or objects.has_any(folder_key(path)) or objects.has_folder(object_key(path))


def make_folder(folder: str) -> None:
    """Makes an empty folder. Raises `Conflict` when a file has the name of it or of one on the way."""
    way = folder
    while way:
        if bucket.find(object_key(way)) is not None:
            raise Conflict(f"'{way}' is a file.")
        way = split(way)[0]
    path = join(folder, MARKER)
    bucket.put_bytes(object_key(path), b"", "application/x-empty")
    note_files([path])
