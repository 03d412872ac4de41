"""Puts the two formats of a film together in the bucket, part by part (docs/decisions/merging-in-the-bucket.md)."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from dlambda.aws import bucket
from dlambda.aws.growing import EndedUpload, Upload, part_bytes_of
from dlambda.aws.multipart import Multipart
from dlambda.deployment import current
from dlambda.domain.files.content_type import content_type
from dlambda.errors import NotFound
from dlambda.media.mp4.boxes import NotUnderstood
from dlambda.media.mp4.heads import Heads
from dlambda.media.mp4.merge import Merge, Run
from dlambda.media.mp4.track import read_track
from dlambda.usecases.workers.saved_bytes import SavedBytes
from dlambda.usecases.workers.saved_files import SavedMerge
from dlambda.usecases.workers.saved_merging import SavedMerging

log = logging.getLogger(__name__)

_AT_ONCE = 3
_NOTE_SECONDS = 3.0
_SPREAD = 4  # samples of a part lie within so many times its length, or are read one by one


def merge_saved(
    merging: SavedMerging, target: Path, key: str, names: Sequence[str], on_step: Callable[[], None], item_id: str
) -> Upload | None:
    """Makes the object `key` of the finished files `names`, and a file of its length without its bytes at `target`.

    The files are saved as they are.
    None, with nothing made, when the work folder has the files, or they are not of the kinds that this understands.
    `on_step` may end it by raising; the next invocation goes on behind the parts that were sent. Raises `NotFound` when
    what was saved is gone.
    """
    sources = merging.open_files(names)
    if sources is None:
        return None
    try:
        tracks = [read_track(_collect(merging, source, on_step).entries) for source in sources]
        merge = Merge.of(tracks, [source.size_bytes for source in sources])
    except NotUnderstood as reason:
        log.info("formats are put together by ffmpeg: %s", reason, extra={"item_id": item_id})
        return None
    log.info("putting formats together in the bucket: %d bytes", merge.size_bytes, extra={"item_id": item_id})
    _Sending(merging, merge, sources, on_step).send(key)
    with target.open("wb") as file:
        file.write(merge.head)
        file.truncate(merge.size_bytes)
    return EndedUpload(target, key)


def _collect(merging: SavedMerging, source: SavedBytes, on_step: Callable[[], None]) -> Heads:
    """Collects the sample tables of a file, and saves its progress every few seconds."""
    clock = current().clock
    noted_at = clock.monotonic()

    def is_due() -> bool:
        nonlocal noted_at
        if clock.monotonic() - noted_at < _NOTE_SECONDS:
            return False
        noted_at = clock.monotonic()
        merging.has_advanced = True
        return True

    heads = source.heads.collect(source.read, source.size_bytes, on_step, is_due)
    if heads.position != source.size_bytes:
        raise NotUnderstood("the last box is cut off")
    return heads


@dataclass(frozen=True)
class _Sending:
    merging: SavedMerging
    merge: Merge
    sources: Sequence[SavedBytes]
    on_step: Callable[[], None]

    def send(self, key: str) -> None:
        """Sends the parts that are missing. Nothing when the object is there."""
        saved, origins = self.merging.upload, tuple(source.origin for source in self.sources)
        if saved and (saved.key, saved.sources) != (key, origins):
            saved = None  # of other formats, which an earlier invocation chose
        upload = self._resume(saved) if saved else None
        if saved and upload is None and self._is_complete(key):
            return
        if saved is None or upload is None:
            upload = Multipart(key, content_type(key))
            saved = SavedMerge(key, upload.id, part_bytes_of(self.merge.size_bytes), origins)
            self.merging.begin(saved)
        self._send_parts(upload, saved.part_bytes)
        upload.complete()

    def _resume(self, saved: SavedMerge) -> Multipart | None:
        """The upload of an earlier invocation; None when it has ended."""
        upload = Multipart(saved.key, content_type(saved.key), upload_id=saved.upload_id)
        try:
            upload.read_parts(saved.part_bytes)
        except NotFound:
            return None
        return upload

    def _is_complete(self, key: str) -> bool:
        """True if an invocation was killed between the end of the upload and that of the item."""
        stored = bucket.find(key)
        return stored is not None and stored.size_bytes == self.merge.size_bytes

    def _send_parts(self, upload: Multipart, part_bytes: int) -> None:
        """A few at once."""
        starts = range(upload.parts * part_bytes, self.merge.size_bytes, part_bytes)
        under_way: set[Future[None]] = set()
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            try:
                for start in starts:
                    under_way.add(pool.submit(self._send_part, upload, start, part_bytes))
                    while len(under_way) >= _AT_ONCE:
                        under_way = self._wait(under_way)
                while under_way:
                    under_way = self._wait(under_way)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def _wait(self, under_way: set[Future[None]]) -> set[Future[None]]:
        """Waits for one of them; answers the others."""
        ended_parts, running_parts = wait(under_way, timeout=1.0, return_when=FIRST_COMPLETED)
        for part in ended_parts:
            part.result()
        self.on_step()
        return running_parts

    def _send_part(self, upload: Multipart, start: int, part_bytes: int) -> None:
        pieces = list(self.merge.pieces(start, min(start + part_bytes, self.merge.size_bytes)))
        windows = [_Window(source, number, pieces) for number, source in enumerate(self.sources)]
        content = b"".join(piece if isinstance(piece, bytes) else windows[piece.track].read(piece) for piece in pieces)
        upload.send(start // part_bytes + 1, content)
        self.merging.has_advanced = True


class _Window:
    """The stretch of a file that holds all samples of a part, read at once."""

    def __init__(self, source: SavedBytes, number: int, pieces: Sequence[bytes | Run]) -> None:
        runs = [piece for piece in pieces if isinstance(piece, Run) and piece.track == number]
        self._source = source
        self._start = min((run.position for run in runs), default=0)
        end = max((run.position + run.size_bytes for run in runs), default=0)
        is_dense = end - self._start <= _SPREAD * sum(run.size_bytes for run in runs)
        self._content = memoryview(source.read(self._start, end) if is_dense else b"")
        self._is_read = is_dense

    def read(self, run: Run) -> bytes | memoryview:
        """The bytes of a run. Raises `NotFound` when the file ends before."""
        if not self._is_read:
            return self._source.read(run.position, run.position + run.size_bytes)
        return self._content[run.position - self._start :][: run.size_bytes]
