"""Where a video's key frames lie, read from the file's own index: a few range requests, not the whole file."""

from fractions import Fraction

import av

from dlambda.media.av.formats import MATROSKA, MP4
from dlambda.media.av.pieces.locations import is_remote
from dlambda.media.av.pieces.packets import packet_time, to_damage
from dlambda.media.av.pieces.source import Source

# Containers whose index names every key frame. Of the others, only what is near and small is read through.
_INDEXED = (MP4, MATROSKA, "flv")
_INDEX_HAS_DECODE_TIMES = (MP4, "flv")
_SMALL_BYTES = 64 * 1024 * 1024
# An index that ends earlier than this before the video does is that of a first fragment alone.
_LONGEST_GAP_SECONDS = 60.0
# How far before a place its key frame is looked for where no index tells: most lie near.
_STEPS_BACK = (0, 1, 10, 60)
# A frame is shown at most this much earlier than one that lies before it in the file.
_LONGEST_REORDER = 1


def _load_index(source: Source) -> None:
    """Matroska reads its index on the first seek only."""
    video = source.video
    if video is not None and source.container.duration and video.time_base:
        try:
            source.container.seek(source.container.duration)
        except av.FFmpegError:
            return  # a file that cannot seek has no index; the caller sees that


def _reorder(source: Source) -> Fraction:
    """How much later a frame is shown than decoded (seconds): what an index of decode times lacks."""
    assert source.video is not None
    source.container.seek(0)
    for count, packet in enumerate(source.container.demux(source.video)):
        if packet.pts is not None and packet.dts is not None and packet.time_base is not None:
            return (packet.pts - packet.dts) * packet.time_base
        if count > 16:
            break
    return Fraction(0)


def _from_index(source: Source) -> list[float]:
    video = source.video
    assert video is not None
    assert video.time_base is not None
    _load_index(source)
    times = [entry.timestamp * video.time_base for entry in video.index_entries if entry.is_keyframe]
    if source.container.format.name in _INDEX_HAS_DECODE_TIMES:
        later = _reorder(source)
        times = [time + later for time in times]
    return sorted(float(time - source.origin) for time in times)


def _from_packets(source: Source) -> list[float]:
    """By reading everything."""
    source.container.seek(0)
    return sorted(
        float(packet.pts * packet.time_base - source.origin)
        for packet in source.container.demux(source.video)
        if packet.is_keyframe and packet.pts is not None and packet.time_base is not None
    )


def key_frames(source: Source) -> list[float] | None:
    """Seconds of all key frames, ascending; None when they cannot be had without reading a large file."""
    if source.video is None or source.duration is None:
        return None
    if source.container.format.name in _INDEXED:
        times = _from_index(source)
        if times and source.duration - times[-1] <= _LONGEST_GAP_SECONDS:
            return times
    if source.container.size <= _SMALL_BYTES and not is_remote(source.location):
        return _from_packets(source)
    return None


def _can_decode_from(source: Source, place: Fraction, start: Fraction) -> bool:
    """True if a key frame lies between where a seek to `place` lands and `start`."""
    if not source.seek(place):
        return False
    for packet in to_damage(source, source.container.demux(source.video)):
        time = packet_time(packet, source.origin)
        if time is None:
            continue
        if packet.is_keyframe or time > start + _LONGEST_REORDER:
            return packet.is_keyframe and time <= start
    return False


def decodable_from(source: Source, start: Fraction) -> Fraction | None:
    """Where (seconds of the file's own time) a reader must begin, to have the picture at `start`.

    None: at `start`, since the index leads it to the key frame before. Elsewhere pictures would be lost, or not be
    decoded at all: in a format without an index, and before the first picture that an index names.
    """
    if source.has_full_index:
        return None
    places = (start - step for step in _STEPS_BACK if start > step)
    return source.before(next((place for place in places if _can_decode_from(source, place, start)), Fraction(0)))
