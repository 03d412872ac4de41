"""ZIP files as streams: entries as they are (media does not shrink), any size (ZIP64), a few megabytes of memory."""

from collections.abc import Callable, Iterable, Iterator

from zipstream import ZIP_STORED, ZipStream

CONTENT_TYPE = "application/zip"


def zip_stream(paths: Iterable[str], read: Callable[[str], Iterable[bytes]]) -> Iterator[bytes]:
    """The ZIP's bytes. `read` is called for one path at a time, when its turn comes; what it raises ends the stream."""

    def later(path: str) -> Iterator[bytes]:
        yield from read(path)

    stream = ZipStream(compress_type=ZIP_STORED)
    for path in paths:
        stream.add(later(path), path)
    yield from stream
