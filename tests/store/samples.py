"""Items for tests of the store."""

from typing import Any

from dlambda.domain.items.item import SHOWN, Item, Shelf, Status
from dlambda.domain.items.item_codec import from_flat, hidden_part
from dlambda.domain.items.stage import statuses_of
from dlambda.store.items.catalogue import Page

T0 = 1_767_261_600.0


def item(name: str, **values: Any) -> Item:
    """A new item whose id and URL come from `name`."""
    given = {
        "id": name,
        "url": f"https://video.example/{name}",
        "posted_url": f"https://video.example/{name}",
        "title": name,
        "preset": "default",
        "timestamp": int(T0 * 1e9),
        "stored_at": T0,
    }
    return from_flat(given | values)


def waiting(name: str, extractor: str = "site", **values: Any) -> Item:
    """One that a slot is free for, or not."""
    return item(name, **{"archive_id": f"{extractor} {name}", "extracted": True} | values)


def done(name: str, status: Status = Status.FINISHED, **values: Any) -> Item:
    return item(name, status=status, extracted=True, **values)


def statuses(shelf: Shelf) -> list[Status]:
    return [status for status in Status if status in statuses_of(shelf)]


FULL = {
    "source_id": "a1B2c3D4e5F", "description": "Ünïcode 🎬", "folder": "sea/side", "template": "%(title)s.%(ext)s",
    "template_chapter": "%(section_number)s", "cli": "--write-subs", "cookies": "# Netscape\nsecret", "auto_start": False,
    "extras": {"duration": 61, "nested": {"a": [1, 2.5, None]}}, "download_dir": "/downloads/sea/side",
    "temp_dir": "/tmp", "is_live": False, "live_in": "Fri, 13 Feb 2009 23:31:30 GMT", "file_size": 5, "filename": "x.mp4",
    "total_bytes": 10, "downloaded_bytes": 5, "archive_id": "example a1B2c3D4e5F", "is_archivable": True,
    "is_archived": False, "sidecar": {"image": [{"file": "/downloads/x.jpg"}]}, "msg": "m", "error": "e",
    "warnings": ({"step": "EmbedThumbnail", "text": "no"},), "tries": ({"at": T0, "remedy": "retry", "outcome": "gone"},),
    "remedies": ("impersonate",), "remedy": "retry", "proxies": ("0123456789ab",),
    "failure": {"kind": "gone", "advice": "", "retry_at": None}, "extracted": True, "requeued": True,
    "posted_url": "https://short.example/x", "part": "*0-3", "label": "a", "ie_key": "Site", "told": {"title": "T"},
    "brought_nothing": True, "hinted_url": "https://video.example/x#__h", "archive": "/config/archive.log",
    "old_archive_ids": ("example 1", "example 2"), "identity": "site a", "info_at": T0, "entries": 3, "expanded": 2, "queued": 1,
    "chain": ("https://list.example/1",), "start_at": T0 + 60, "begun": 2, "attempts": 1, "retry_at": T0 + 90, "force_start": True,
    "past_pause": True, "download_skipped": True, "owner": "member-1", "home": "sea", "owner_seq": 4, "slots": ("slot//0",),
}  # fmt: skip


def filled(name: str) -> Item:
    """An item with another value than the default in every field that it has."""
    made = item(name, **FULL, status=Status.ERROR)
    assert {*SHOWN, *hidden_part(made)} == {
        *FULL,
        "id",
        "url",
        "title",
        "preset",
        "timestamp",
        "stored_at",
        "status",
    }
    return made


def pages_of(page: Page) -> int:
    """The number of pages of the list that `page` is one of; an empty list has one."""
    return max(1, -(-page.total // page.per_page))
