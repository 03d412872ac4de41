"""The port to the bucket's objects, and its implementation in this deployment."""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from dlambda.aws.library import Library
from dlambda.aws.s3_store import S3Store
from dlambda.aws.stored import Stored
from dlambda.deployment import current


class ObjectStore(Protocol):
    """Keeps objects by their keys. Two implementations: an S3, and on one machine a folder."""

    places_files: bool
    """True if a finished file becomes an object without being sent."""

    def find(self, key: str) -> Stored | None:
        """The object's size and time, or None."""

    def find_at_once(self, key: str) -> Stored | None:
        """The same for an event loop. Raises `BlockingIOError` where a disk or a service would be waited for."""

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The object from the byte `start` on, up to `end`, in pieces of a megabyte. Raises `NotFound` at once."""

    def get_file(self, key: str, path: Path) -> None:
        """Writes the object to a file. Raises `NotFound`."""

    def list_(self, prefix: str) -> Iterator[Stored]:
        """All objects whose keys begin with `prefix`, by key."""

    def walk_folder(self, prefix: str) -> Iterator[tuple[list[Stored], list[str]]]:
        """The same up to the next `/`, in portions, and the names of the folders there."""

    def walk_folder_names(self, prefix: str) -> Iterator[list[str]]:
        """The names of the folders up to the next `/`, in portions; files are not looked at where that saves time."""

    def has_any(self, prefix: str) -> bool:
        """True if a key begins with `prefix`."""

    def has_folder(self, key: str) -> bool:
        """True if there is a folder of that key, were it empty."""

    def put_bytes(self, key: str, body: bytes, content_type: str) -> None:
        """Makes an object of bytes."""

    def put_file(self, path: Path, key: str, content_type: str, on_part: Callable[[], None] | None = None) -> None:
        """Makes an object of a file's content. `on_part` is called meanwhile, maybe from other threads."""

    def place(self, path: Path, key: str, content_type: str, on_part: Callable[[], None] | None = None) -> None:
        """The same of a file that is complete: where it can be, without a second copy of it. The file stays."""

    def copy(self, source: str, target: str) -> None:
        """Raises `NotFound`."""

    def delete(self, keys: Iterable[str]) -> None:
        """Deletes objects; a key without one is no error."""

    def path_of(self, key: str) -> str:
        """Where the object lies as a file of this machine; empty where it does not. Raises `NotFound`."""


def object_store() -> ObjectStore:
    """The implementation for this deployment."""
    settings = current().settings
    return _library(settings.library_dir) if settings.library_dir and settings.library_files else S3Store()


@lru_cache(maxsize=4)
def _library(folder: str) -> Library:
    return Library(folder)
