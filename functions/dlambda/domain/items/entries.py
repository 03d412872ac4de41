"""The entries of a playlist, a feed or a page with several videos: which of them become items (downloads.md 5.4). Pure.

Many entries have an address of their own, which tells their items apart. Others share one: videos that lie in the
page of the list, or an address that the list names twice. Those have a label beside it.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Self

from dlambda.domain.items.feed_identity import entry_archive_id, guid_of, is_media_file
from dlambda.domain.items.metadata import archive_id, is_complete, plain_url, playlist_extras
from dlambda.domain.items.request import Request
from dlambda.domain.web.urls import check_syntax
from dlambda.errors import Invalid

Info = Mapping[str, Any]

LIST_TYPES: Final = frozenset({"playlist", "multi_video"})
# What yt-dlp never takes from an entry of `_type: url_transparent`.
_NOT_TOLD: Final = frozenset({"_type", "url", "ie_key", "entries", "formats", "n_entries"})
_OF_A_CLIP: Final = frozenset({"id", "extractor", "extractor_key"})
# Room in a record: a description may be long, and no other text is.
_DESCRIPTION_LIMIT: Final = 8_000
_TEXT_LIMIT: Final = 2_000
_LABEL_LIMIT: Final = 250
# An id, or one with the name of an extractor before it; no address of another scheme.
_FOR_AN_EXTRACTOR: Final = re.compile(r"(?!file:|data:|https?:)(?!\w+:/)[^\s\x00-\x1f\x7f]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry that can be an item. `playlist`: place of its list in `Plan.playlists`.

    `url` is a web address; `hinted_url` is what yt-dlp is given where that is another text. Numbers count from 1.
    """

    info: Info
    playlist: int
    index: int
    autonumber: int
    url: str
    label: str = ""
    hinted_url: str = ""

    @property
    def is_complete(self) -> bool:
        return is_complete(self.info)

    @property
    def archive_id(self) -> str | None:
        """The id that it gets in an archive, as far as its list tells; None when only its page does."""
        if (own_id := archive_id(self.info)) is not None or not is_media_file(self.url):
            return own_id
        guid = guid_of(self.hinted_url)
        return (entry_archive_id(self.url, guid) or None) if guid or told_fields(self.info) else None


@dataclass(frozen=True, slots=True)
class Plan:
    """The entries that can be items, in order, and what is known of their lists. `left_out` counts the others."""

    entries: tuple[Entry, ...]
    playlists: tuple[Info, ...]
    left_out: int = 0

    def request(self, entry: Entry, list_request: Request) -> Request:
        """The request for an entry: that of its list, with the entry's URL and numbers."""
        return list_request.evolve(url=entry.url, extras={**list_request.extras, **self._numbers(entry)})

    def view(self, entry: Entry) -> dict[str, Any]:
        """Fields of a list's entry, with the address to add, its archive id and its numbers in the list."""
        numbers = {name: value for name, value in self._numbers(entry).items() if not name.startswith("__")}
        own_fields = {name: value for name, value in entry.info.items() if not name.startswith("_")}
        return {**own_fields, **numbers, "url": entry.url, "archive_id": entry.archive_id}

    def _numbers(self, entry: Entry) -> dict[str, Any]:
        return playlist_extras(self.playlists[entry.playlist], entry.info, entry.index, entry.autonumber)

    def rendered(self) -> dict[str, Any]:
        """JSON-able, for `read`."""
        return {"entries": [asdict(entry) for entry in self.entries], "playlists": list(self.playlists)}

    @classmethod
    def read(cls, value: Info) -> Self:
        """Reads what `rendered` gave, or the form of before: a playlist and the metadata of its entries."""
        if "playlists" not in value:
            head = {**value["playlist"], "last_index": len(value["entries"])}
            former = [
                Entry(info, 0, number, number, *_address(info, head)) for number, info in enumerate(value["entries"], 1)
            ]
            return cls(tuple(former), (head,))
        return cls(tuple(Entry(**entry) for entry in value["entries"]), tuple(value["playlists"]))


def plan_entries(info: Info, list_addresses: Collection[str]) -> Plan:
    """The items that a list can become. `list_addresses`: the addresses that led to it, which are no items of it."""
    playlists: list[Info] = []
    entries = [entry for entry in _walk(info, playlists) if entry is not None]
    usable = [entry for entry in entries if entry.url and not _leads_back(entry, playlists, list_addresses)]
    usable = _without_repeats(usable)
    shared = {*list_addresses, *(str(playlist.get("webpage_url")) for playlist in playlists)}
    return Plan(tuple(_label(usable, shared)), tuple(playlists), len(entries) - len(usable))


def pick(info: Info, url: str, label: str, index: int) -> Info | None:
    """The entry of the list at `url` that an item with this label stands for; None when it is gone.

    Of several that are called alike the one with the number; one that was renamed is known by its id and number. A page
    may have become one video.
    """
    if info.get("_type") not in LIST_TYPES:
        return info if label.startswith(f"{info.get('id')}") else None
    videos = [entry for entry in plan_entries(info, {url}).entries if entry.is_complete]
    same_name = [entry for entry in videos if label == _name_of(entry) or label.startswith(f"{_name_of(entry)} ")]
    numbered = [entry for entry in videos if entry.index == index and label.startswith(str(entry.info.get("id")))]
    exact = [entry for entry in same_name if entry in numbered]
    return next((entry.info for entry in (*exact, *same_name, *numbered)), None)


def told_fields(entry: Info) -> dict[str, Any]:
    """The fields of an entry of type `url_transparent`, as a record holds them: they win over those of its address."""
    if entry.get("_type") != "url_transparent":
        return {}
    is_clip = bool(entry.get("section_end")) or entry.get("section_start") is not None
    left_out = _NOT_TOLD if is_clip else _NOT_TOLD | _OF_A_CLIP
    fields = {
        key: value
        for key, value in entry.items()
        if value is not None and key not in left_out and not key.startswith(("__", "playlist"))
    }
    if isinstance(fields.get("description"), str):
        fields["description"] = fields["description"][:_DESCRIPTION_LIMIT]
    return {key: value for key, value in fields.items() if key == "description" or len(str(value)) <= _TEXT_LIMIT}


def _walk(playlist: Info, playlists: list[Info]) -> Iterator[Entry | None]:
    """The entries of a list and of the lists in it, in order; None for what is no entry. Notes the lists."""
    place = len(playlists)
    entries = playlist.get("entries") or ()
    head = {key: value for key, value in playlist.items() if key != "entries"}
    last = max((_number(entry, "playlist_index", at) for at, entry in enumerate(entries, 1)), default=0)
    playlists.append(head | {"playlist_count": playlist.get("playlist_count") or len(entries), "last_index": last})
    for at, entry in enumerate(entries, start=1):
        if not isinstance(entry, Mapping):
            yield None
        elif entry.get("_type") in LIST_TYPES:
            yield from _walk(entry, playlists)
        else:
            url, hinted = _address(entry, head)
            index, autonumber = _number(entry, "playlist_index", at), _number(entry, "playlist_autonumber", at)
            yield Entry(entry, place, index, autonumber, url, hinted_url=hinted)


def _number(entry: object, key: str, default: int) -> int:
    number = entry.get(key) if isinstance(entry, Mapping) else None
    return number if isinstance(number, int) and number > 0 else default


def _address(entry: Info, playlist: Info) -> tuple[str, str]:
    """The web address of an entry, and what yt-dlp is given where that differs; two empty texts for one without."""
    own_address = str(entry.get("url") or entry.get("webpage_url") or "")
    if not _is_readable(own_address, entry):
        return "", ""
    for address in (entry.get("webpage_url"), None if "formats" in entry else own_address, playlist.get("webpage_url")):
        url = plain_url(str(address or ""))
        if _is_web(url):
            return url, own_address if own_address != url and not is_complete(entry) else ""
    return "", ""


def _is_readable(address: str, entry: Info) -> bool:
    """True if there is media behind an entry: its own formats, a web address, or what a certain extractor alone reads.

    Such a text (`kaltura:1:2`, a bare id) is no web address: the item has that of its list.
    """
    if "formats" in entry and is_complete(entry):
        return True
    if _is_web(plain_url(address)):
        return True
    return bool(_FOR_AN_EXTRACTOR.fullmatch(address)) and entry.get("ie_key") not in (None, "", "Generic")


def _is_web(url: str) -> bool:
    try:
        check_syntax(url)
    except Invalid:
        return False
    return True


def _leads_back(entry: Entry, playlists: list[Info], list_addresses: Collection[str]) -> bool:
    """True if an entry that has to be read would give the list that names it once more."""
    if entry.is_complete or (entry.hinted_url or entry.url) not in list_addresses:
        return False
    return entry.info.get("ie_key") in (None, playlists[entry.playlist].get("extractor_key"))


def _without_repeats(entries: list[Entry]) -> list[Entry]:
    """Without those that ask for what one before them asks for. A clip or an episode of its own is no repetition."""
    identities: set[tuple[str, ...]] = set()
    unique: list[Entry] = []
    for entry in entries:
        identity = _identity(entry)
        if entry.is_complete or identity not in identities:
            unique.append(entry)
        identities.add(identity)
    return unique


def _identity(entry: Entry) -> tuple[str, ...]:
    info = entry.info
    own = [info.get("id"), info.get("section_start"), info.get("section_end")]
    if info.get("_type") == "url_transparent" and not info.get("id") and not entry.hinted_url:
        own.append(info.get("title"))
    return (entry.hinted_url or entry.url, *map(str, own))


def _label(entries: list[Entry], shared: Collection[str]) -> Iterator[Entry]:
    """The entries, with labels where the address alone tells nothing apart. No two have the same address and label."""
    complete = Counter(entry.url for entry in entries if entry.is_complete)
    used_labels: set[tuple[str, str]] = set()
    numbers: Counter[tuple[str, str]] = Counter()  # the last number behind a label, so that none is tried twice
    for entry in entries:
        needs_label = (
            entry.url in shared or (entry.url, "") in used_labels or (entry.is_complete and complete[entry.url] > 1)
        )
        label = first = _name_of(entry) if needs_label else ""
        while (entry.url, label) in used_labels:
            numbers[entry.url, first] += 1
            label = f"{first} {numbers[entry.url, first] + 1}"
        used_labels.add((entry.url, label))
        yield replace(entry, label=label)


def _name_of(entry: Entry) -> str:
    """The id is not enough: the videos of one page often have that of the page."""
    name = str(entry.info.get("id") or plain_url(entry.hinted_url) or "entry")
    return f"{name} {entry.info.get('title') or ''}".strip()[:_LABEL_LIMIT]
