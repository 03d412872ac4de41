"""Objects of the bucket as wholes: copied inside it, read as a stream, written from one."""

from collections.abc import Iterator

from dlambda.aws.object_store import object_store


def copy(source: str, target: str) -> None:
    """Copies an object inside the bucket; what was at `target` is replaced. Raises `NotFound`."""
    object_store().copy(source, target)


def has_any(prefix: str) -> bool:
    """True if an object's key begins with `prefix`."""
    return object_store().has_any(prefix)


def has_folder(key: str) -> bool:
    """True if the listing of the parent names a folder `key`, were it empty."""
    return object_store().has_folder(key)


def read(key: str, start: int = 0) -> Iterator[bytes]:
    """The object from the byte `start` on, in pieces of a megabyte. Raises `NotFound` at once, not at a piece."""
    return object_store().read(key, start)


def read_range(key: str, start: int, end: int) -> bytes:
    """The bytes of an object from `start` up to `end`; fewer where it ends before. Raises `NotFound`."""
    return b"".join(object_store().read(key, start, end)) if end > start else b""
