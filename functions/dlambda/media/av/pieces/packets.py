"""Packets of one piece of a file, as they are (stream copy)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias

import av

from dlambda.domain.files.segment import Segment
from dlambda.media.av.pieces.source import Source, open_source

# The last digit of a time in a URL, which no boundary may turn on.
ROUNDING = Fraction(1, 2000)
# An index gives a key frame's time to about a frame (see key_frames); the frame itself is found by this.
_NEAR = Fraction(1, 20)
# A request that is farther than this from a key frame was not made by a playlist of ours.
_FAR = Fraction(1, 2)
# Packets of two streams that belong together lie at most this far apart in a file.
_LONGEST_LAG = 5
# No video that is played holds back more pictures, until those are decoded that are shown before them.
_MOST_HELD_BACK = 16
# An encoder that looks ahead takes at most about so many pictures before it gives the first.
_MOST_COLLECTED = 100
# How far (seconds) before a place is looked for its sound, where the index is that of the pictures.
_STEPS_BACK = (1, 10, 60, 600)


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


class Horizon:
    """Tells by packets, taken in file order, when nothing that belongs before `end` (seconds) follows any more.

    A picture lies where it is decoded. With few pictures a second that is long before it is shown, and the sound of the
    time between follows it; only of those that are shown behind the end a certain number is proof. (Decode times would
    tell at once, but some formats hold none, and what the library makes up for them is a guess.)
    """

    def __init__(self, source: Source, end: Fraction) -> None:
        self._source = source
        self._place = end + _LONGEST_LAG
        self._pictures = 0

    def is_passed(self, packet: Packet) -> bool:
        """To be asked of each packet."""
        if not lies_behind(packet, self._place, self._source):
            return False
        if packet.stream.type != "video":
            return True
        self._pictures += 1
        return self._pictures > _MOST_HELD_BACK


def _demux(source: Source) -> Iterator[Packet]:
    """Of the picture and the sound, whichever is wanted: both tell how far the reading is."""
    return source.container.demux([stream for stream in (source.video, source.audio) if stream is not None])


def _from_beginning(source: Source) -> Iterator[Packet]:
    source.rewind()
    return _demux(source)


class _Reading:
    """Packets from a place on: a first look at them tells whether they begin with what is wanted."""

    def __init__(self, source: Source, packets: Iterator[Packet], place: Fraction, *, to_sound: bool) -> None:
        self._source = source
        self._packets = packets
        self._seen: list[Packet] = []
        horizon = Horizon(source, place)
        for packet in packets:
            self._seen.append(packet)
            if not to_sound or packet.stream.type == "audio" or horizon.is_passed(packet):
                break

    def __iter__(self) -> Iterator[Packet]:
        return chain(self._seen, self._packets)

    def begins_behind(self, place: Fraction) -> bool:
        return bool(self._seen) and lies_behind(self._seen[0], place, self._source)

    def has_sound_of(self, place: Fraction) -> bool:
        """True if the sound of `place` follows, as far as the first sound can tell."""
        if not self._seen or self._seen[-1].stream.type != "audio":
            return False
        first = self._seen[-1]
        length = (first.duration or 0) * first.time_base if first.time_base else Fraction(0)
        return not lies_behind(first, place + max(length, _NEAR), self._source)


def _farthest_back(source: Source) -> Fraction:
    """How many seconds before its pictures a file's sound may lie: encoders collect pictures while sound is written."""
    rate = source.video.average_rate if source.video else None
    return max(Fraction(_MOST_COLLECTED) / rate, Fraction(2 * _LONGEST_LAG)) if rate else Fraction(_STEPS_BACK[-1])


def _from_sound_before(source: Source, aim: Fraction) -> Iterator[Packet] | None:
    """From a place before `aim` at which the sound of `aim` has not yet passed; None when none is found."""
    farthest = _farthest_back(source)
    for step in _STEPS_BACK:
        place = aim - step
        if place > 0 and step <= farthest and source.seek(place):
            reading = _Reading(source, _demux(source), place, to_sound=True)
            if reading.has_sound_of(aim):
                return iter(reading)
    return _from_beginning_anew(source) if aim <= farthest else None


def _from_beginning_anew(source: Source) -> Iterator[Packet]:
    with open_source(source.location) as anew:
        yield from _from_beginning(anew)


def _anew(source: Source, aim: Fraction) -> Iterator[Packet]:
    with open_source(source.location) as anew:
        if anew.seek(aim):
            yield from _demux(anew)


def _packets_from(source: Source, aim: Fraction, *, video: bool, audio: bool) -> Iterator[Packet]:
    by_pictures = audio and source.audio is not None and not source.finds_sound
    if not source.seek(aim, sound_alone=not video):
        return _from_beginning_anew(source)
    reading = _Reading(source, _demux(source), aim, to_sound=by_pictures)
    if reading.begins_behind(aim) and not source.finds_sound:
        return _from_beginning_anew(source)
    if not by_pictures or reading.has_sound_of(aim):
        return iter(reading)
    earlier = _from_sound_before(source, aim)
    if earlier is not None:
        return earlier
    return _anew(source, aim)  # there is no sound here


def to_damage(source: Source, packets: Iterator[Packet]) -> Iterator[Packet]:
    """All that can be read. Raises `InvalidDataError` where that ends, unless the source is known to be damaged."""
    try:
        yield from packets
    except av.InvalidDataError:
        if not source.is_damaged:
            raise


def packets_from(source: Source, aim: Fraction, *, video: bool, audio: bool) -> Iterator[Packet]:
    """Packets of picture and sound, in file order, from `aim` (seconds) on or from a little before.

    Where the sound is found by the video's index, that may begin behind it, and the sound may lie far before its
    pictures: such a file is read from an earlier place. Raises what `to_damage` raises.
    """
    yield from _packets_from(source, aim, video=video, audio=audio)


class _Cut:
    """Takes packets in file order and keeps those of the piece: video from key frame to key frame, audio by time."""

    def __init__(self, source: Source, segment: Segment) -> None:
        self.start, self.end = Fraction(segment.start), Fraction(segment.end)
        self.whole_rest = segment.last or (source.duration is not None and segment.end >= source.duration - 0.02)
        self.piece = Piece()
        self.video_began = self.start == 0
        self.video_ended = False
        self.audio_ended = False
        self._horizon = Horizon(source, self.end)

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

    def is_done(self, packet: Packet, *, video: bool, audio: bool) -> bool:
        """To be asked of each packet, when it was added."""
        is_past_end = self._horizon.is_passed(packet)
        if self.whole_rest:
            return False
        return (self.video_ended or not video) and (self.audio_ended or not audio or is_past_end)


def copied(source: Source, segment: Segment, *, video: bool, audio: bool) -> Piece:
    """The packets of the piece, of the streams asked for. Empty when nothing is there."""
    video, audio = video and source.video is not None, audio and source.audio is not None
    if not (video or audio):
        return Piece()
    aim = Fraction(segment.start) + ROUNDING
    packets = _from_beginning(source) if segment.start == 0 else packets_from(source, aim, video=video, audio=audio)
    collector = _Cut(source, segment)
    for packet in to_damage(source, packets):
        time = packet_time(packet, source.origin)
        if time is None:
            continue
        if packet.stream.type == "video":
            if video:
                collector.add_video(packet, time)
        elif audio:
            collector.add_audio(packet, time)
        if collector.is_done(packet, video=video, audio=audio):
            break
    return collector.piece


def begins_at_key_frame(piece: Piece, segment: Segment, origin: Fraction) -> bool:
    """True if the video of a copied piece can be decoded by itself and starts where the request says."""
    if not piece.video:
        return False
    time = packet_time(piece.video[0], origin)
    return piece.video[0].is_keyframe and time is not None and abs(time - Fraction(segment.start)) <= _FAR
