"""Packets of one piece of a file, as they are (stream copy)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

import av

from dlambda.domain.files.segment import Segment
from dlambda.media.pieces.source import Source, open_source

# The last digit of a time in a URL, which no boundary may turn on.
ROUNDING = Fraction(1, 2000)
# An index gives a key frame's time to about a frame (see key_frames); the frame itself is found by this.
_NEAR = Fraction(1, 20)
# A request that is farther than this from a key frame was not made by a playlist of ours.
_FAR = Fraction(1, 2)
# Packets of two streams that belong together lie at most this far apart in a file.
LONGEST_LAG = 5


if TYPE_CHECKING:  # PyAV's class is generic for type checkers alone
    Packet: TypeAlias = av.Packet[Any]
else:
    Packet = av.Packet


@dataclass
class Piece:
    """The packets of a piece. `origin` is the time (seconds) that counts as the file's beginning."""

    video: list[Packet] = field(default_factory=list)
    audio: list[Packet] = field(default_factory=list)


def packet_time(packet: Packet, origin: Fraction) -> Fraction | None:
    """When it is shown, in seconds from the file's beginning."""
    if packet.pts is None or packet.time_base is None:
        return None
    return packet.pts * packet.time_base - origin


def lies_behind(packet: Packet, place: Fraction, source: Source) -> bool:
    time = packet_time(packet, source.origin)
    return time is not None and time > place


def _demuxed(source: Source) -> Iterator[Packet]:
    """Of the picture and the sound, whichever is wanted: both tell how far the reading is."""
    return source.container.demux([stream for stream in (source.video, source.audio) if stream is not None])


def _from_beginning(source: Source) -> Iterator[Packet]:
    source.rewind()
    return _demuxed(source)


def packets_from(source: Source, aim: Fraction, *, sound_alone: bool) -> Iterator[Packet]:
    """Packets of picture and sound, in file order, from `aim` (seconds) on or from a little before.

    Where the sound is found by the video's index, that may begin behind it: such a file is read from its beginning.
    """
    has_place = source.seek(aim, sound_alone=sound_alone)
    packets = _demuxed(source)
    first = next(packets, None) if has_place else None
    if not has_place or (first and lies_behind(first, aim, source) and not source.finds_sound):
        with open_source(source.location) as anew:
            yield from _from_beginning(anew)
    elif first:
        yield first
        yield from packets


class _Cut:
    """Takes packets in file order and keeps those of the piece: video from key frame to key frame, audio by time."""

    def __init__(self, source: Source, segment: Segment) -> None:
        self.start, self.end = Fraction(segment.start), Fraction(segment.end)
        self.whole_rest = segment.last or (source.duration is not None and segment.end >= source.duration - 0.02)
        self.piece = Piece()
        self.video_began = self.start == 0
        self.video_ended = False
        self.audio_ended = False

    def add_video(self, packet: Packet, time: Fraction) -> None:
        if packet.is_keyframe and not self.video_began:
            self.video_began = time >= self.start - _NEAR
        if packet.is_keyframe and not self.whole_rest and time >= self.end - _NEAR:
            self.video_ended = True
        if self.video_began and not self.video_ended:
            self.piece.video.append(packet)

    def add_audio(self, packet: Packet, time: Fraction) -> None:
        if not self.whole_rest and time >= self.end - ROUNDING:
            self.audio_ended = True
        elif time >= self.start - ROUNDING:
            self.piece.audio.append(packet)

    def is_done(self, time: Fraction, *, video: bool, audio: bool) -> bool:
        if self.whole_rest:
            return False
        complete = (self.video_ended or not video) and (self.audio_ended or not audio)
        return complete or (time > self.end + LONGEST_LAG and (self.video_ended or not video))


def copied(source: Source, segment: Segment, *, video: bool, audio: bool) -> Piece:
    """The packets of the piece, of the streams asked for. Empty when nothing is there."""
    video, audio = video and source.video is not None, audio and source.audio is not None
    if not (video or audio):
        return Piece()
    aim = Fraction(segment.start) + ROUNDING
    packets = packets_from(source, aim, sound_alone=not video) if segment.start > 0 else _from_beginning(source)
    cut = _Cut(source, segment)
    for packet in packets:
        time = packet_time(packet, source.origin)
        if time is None:
            continue
        if packet.stream.type == "video":
            if video:
                cut.add_video(packet, time)
        elif audio:
            cut.add_audio(packet, time)
        if cut.is_done(time, video=video, audio=audio):
            break
    return cut.piece


def begins_at_key_frame(piece: Piece, segment: Segment, origin: Fraction) -> bool:
    """Whether the video of a copied piece can be decoded by itself and starts where the request says."""
    if not piece.video:
        return False
    time = packet_time(piece.video[0], origin)
    return piece.video[0].is_keyframe and time is not None and abs(time - Fraction(segment.start)) <= _FAR
