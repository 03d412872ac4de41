"""Segments of a stored file: made once per version, piece and conversion, kept in the bucket for a while."""

import logging
from pathlib import Path
from tempfile import TemporaryDirectory

from dlambda.aws import bucket, queue
from dlambda.deployment import current
from dlambda.domain.files.segment import CONTENT_TYPE, LENGTH, Conversion, Segment
from dlambda.domain.messages.queue_messages import MakeSegment
from dlambda.errors import NotFound, OperationFailed
from dlambda.media.av.pieces.cutting import write_segment
from dlambda.usecases.events.measure import count
from dlambda.usecases.files.find_file import Found, find_file
from dlambda.usecases.files.make_once import make_once
from dlambda.usecases.files.playable_file import source_of, timeline_of
from dlambda.usecases.files.probe_file import version_key

log = logging.getLogger(__name__)

_AHEAD_SECONDS = 60  # later, whoever watches has asked for the segment
PREFIX = "cache/segments/"
# Changes when segments are made otherwise: a player would mix those kept from before with new ones.
_FORM = "5"


def segment_of(file: Found, segment: Segment, conversion: Conversion) -> str:
    """The key of the segment, which is made unless it lies there. Raises `NotFound` beyond the end."""
    key = _key(file, segment, conversion)
    is_new = make_once(key, lambda: _make(file, segment, conversion, key))
    count("segments_made_total" if is_new else "segments_reused_total")
    if conversion.video:
        _make_next_ahead(file, segment, conversion)
    return key


def _key(file: Found, segment: Segment, conversion: Conversion) -> str:
    shape = (_FORM, f"{segment.start:.6f}", f"{segment.length:.6f}", conversion.video, conversion.audio)
    return f"{PREFIX}{version_key(file, *shape)}.ts"


def _make(file: Found, segment: Segment, conversion: Conversion, key: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "segment.ts")
        try:
            write_segment(source_of(file), segment, conversion, path)
        except OperationFailed as error:
            words = "; ".join(getattr(error, "__notes__", [])) or error.message
            log.warning("No segment at %.3f s of '%s': %s", segment.start, file.path, words)
            raise
        bucket.put_file(path, key, CONTENT_TYPE)


def _make_next_ahead(file: Found, segment: Segment, conversion: Conversion) -> None:
    """Converting takes a while: another function begins with the next piece while this one is watched."""
    duration = timeline_of(file).duration or 0.0
    start = segment.start + segment.length
    length = min(LENGTH, duration - start)
    if length > 0 and bucket.find(_key(file, Segment(segment.index + 1, start, length), conversion)) is None:
        queue.send(
            MakeSegment(
                file.path,
                segment.index + 1,
                start,
                length,
                video=conversion.video,
                audio=conversion.audio,
                until=current().clock.time() + _AHEAD_SECONDS,
            )
        )


def make_ahead(message: MakeSegment) -> None:
    """Makes the segment that a message names; one that comes too late is left to whoever asks for it."""
    if message.until < current().clock.time():
        return
    try:
        file = find_file(message.path)
    except NotFound:
        return
    segment = Segment(message.index, message.start, message.length)
    conversion = Conversion(video=message.video, audio=message.audio)
    key = _key(file, segment, conversion)
    if file.stored is not None and make_once(key, lambda: _make(file, segment, conversion, key)):
        count("segments_made_total")
