"""ZIP files as streams: entries as they are (media does not shrink), any size (ZIP64), a few megabytes of memory."""

from collections.abc import Iterable, Iterator

from zipstream import ZIP_STORED, ZipStream

from dlambda.domain.files.plain_name import PortableNames

CONTENT_TYPE = "application/zip"


def zip_stream(entries: Iterable[tuple[str, Iterator[bytes]]]) -> Iterator[bytes]:
    """The ZIP's bytes, of paths and what they hold. The next entry is asked for when the one before is written."""
    stream = ZipStream(compress_type=ZIP_STORED)
    names = PortableNames()
    for path, chunks in entries:
        stream.add(chunks, names.name_of(path))
        yield from stream.all_files()
    yield from stream.finalize()
