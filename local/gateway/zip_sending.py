"""A ZIP that is made while it is sent: its files go from the kernel, and their checksums are computed beside."""

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

from dlambda.aws.library import Library, OpenFile
from dlambda.errors import NotFound
from dlambda.usecases.files.streamed_bundle import StreamedBundle
from local.gateway.bursts import Slice
from local.gateway.checksums import checksum_of


class ZipSource:
    """The bytes of a bundle; see `media_files.Source`."""

    def __init__(self, bundle: StreamedBundle, library: Library) -> None:
        self.stored = bundle.stored
        self._bundle = bundle
        self._library = library
        self._crcs: dict[int, int] = {}
        self._is_over = threading.Event()

    async def pieces(self, first: int, end: int) -> AsyncGenerator[bytes | Slice]:
        """The bytes from `first` to before `end`. Raises `OSError` when a file is no longer what it was."""
        position = 0
        layout = self._bundle.layout
        for part in layout.parts():
            begin, stop = max(first - position, 0), min(end - position, part.size)
            position += part.size
            if begin >= stop:
                continue
            if part.kind == "file":
                async with self._opened(part.index, is_summed=end > position) as file:
                    yield Slice(file.descriptor, begin, stop - begin)
            elif part.kind == "header":
                yield layout.header(part.index)[begin:stop]
            elif part.kind == "checksum":
                yield layout.checksum(part.index, await self._crc(part.index))[begin:stop]
            else:
                crcs = [await self._crc(index) for index in range(part.index)]
                yield layout.directory(crcs)[begin:stop]

    def close(self) -> None:
        self._is_over.set()

    @asynccontextmanager
    async def _opened(self, index: int, *, is_summed: bool) -> AsyncIterator[OpenFile]:
        """The open file; its checksum, if it is needed, is computed while it is sent."""
        file = await asyncio.to_thread(self._open, index)
        summing = asyncio.ensure_future(checksum_of(file.descriptor, self._is_over)) if is_summed else None
        try:
            yield file
            if summing:
                self._crcs[index] = await summing
        finally:
            if summing and not summing.done():
                self._is_over.set()
                await asyncio.wait([summing])
            file.close()

    async def _crc(self, index: int) -> int:
        if index not in self._crcs:
            async with self._opened(index, is_summed=True):
                pass
        return self._crcs[index]

    def _open(self, index: int) -> OpenFile:
        before = self._bundle.files[index]
        try:
            file = self._library.open(before.key)
        except NotFound:
            raise OSError("A file of the ZIP is gone.") from None
        if (file.stored.size_bytes, file.stored.modified) != (before.size_bytes, before.modified):
            file.close()
            raise OSError("A file of the ZIP has been changed.")
        return file
