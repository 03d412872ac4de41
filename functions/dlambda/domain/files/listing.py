"""The entries of a folder, and how the browser shows them (docs/contract/files.md 3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dlambda.domain.files.content_type import content_type
from dlambda.domain.files.sidecar import kind_of

# Stands for a folder with nothing else in it: an object store knows no empty folders.
MARKER = ".folder"
_SORTS = ("name", "size", "date", "type")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or a folder. `modified` is in unix seconds; a folder's is the time when it was first seen."""

    name: str
    size_bytes: int
    modified: float
    is_folder: bool = False

    @property
    def is_hidden(self) -> bool:
        return self.name.startswith((".", "_"))

    @property
    def content_type(self) -> str:
        """The browser's kind: `video`, `subtitle`, ..., `dir`, or `download` for what has none."""
        if self.is_folder:
            return "dir"
        kind = kind_of(self.name)
        return "download" if kind == "Unknown" else kind

    def view(self, folder: str) -> dict[str, Any]:
        time = datetime.fromtimestamp(self.modified, UTC).isoformat()
        return {
            "type": "dir" if self.is_folder else "file",
            "content_type": self.content_type,
            "name": self.name,
            "path": f"/{folder}/{self.name}" if folder else f"/{self.name}",
            "size": self.size_bytes,
            "mime": "directory" if self.is_folder else content_type(self.name),
            "mtime": time,
            "ctime": time,
            "is_dir": self.is_folder,
            "is_file": not self.is_folder,
            "is_symlink": False,
        }


def visible(entries: Iterable[Entry], search: str = "") -> list[Entry]:
    """Without what is hidden, and only names that hold `search` (any case)."""
    folded_search = search.casefold()
    return [entry for entry in entries if not entry.is_hidden and folded_search in entry.name.casefold()]


def arranged(entries: Iterable[Entry], sort_by: str = "name", sort_order: str = "asc") -> list[Entry]:
    """Sorted by `name`, `size`, `date` or `type`, equals by name; an unknown sort falls back to the default."""
    by_name = sorted(entries, key=lambda entry: (entry.name.casefold(), entry.name))
    descending = sort_order.lower() == "desc"
    match sort_by.lower() if sort_by.lower() in _SORTS else "name":
        case "size":
            return sorted(by_name, key=lambda entry: entry.size_bytes, reverse=descending)
        case "date":
            return sorted(by_name, key=lambda entry: entry.modified, reverse=descending)
        case "type":
            return sorted(by_name, key=lambda entry: entry.content_type, reverse=descending)
        case _:
            return by_name[::-1] if descending else by_name
