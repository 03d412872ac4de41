"""A media file opened for reading, as a file or over HTTP ranges, with no way out of that one file.

A file from the internet may pretend to be a video and be a playlist that names other files or addresses; so only
formats that hold their content themselves are opened, and only the protocol that the location needs.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.sidedata.sidedata import Type as SideDataType
from av.video.stream import VideoStream

from dlambda.errors import Invalid, NotFound, OperationFailed
from dlambda.media.av.formats import MATROSKA, MP4
from dlambda.media.av.pieces.opening import open_container

_WAIT_SECONDS = (10.0, 30.0)  # to open, and for one read
# Formats in which a seek guesses the place, or finds it by an index that lacks the first one: it may land behind it.
MPEG = ("mpegts", "mpeg")
_GUESSED = (*MPEG, "flv")
_GUESS_SECONDS = 2
_NEGLIGIBLE_SECONDS = 0.1  # by which a beginning is late: a frame, or a decoder's delay


@dataclass(frozen=True)
class Source:
    """An open file; times that it gives are seconds from its own beginning (`origin`)."""

    location: str
    container: InputContainer
    origin: Fraction
    duration: float | None
    video: VideoStream | None
    audio: AudioStream | None
    is_damaged: bool = False  # reading it failed before: what can be read of it is enough

    @property
    def has_full_index(self) -> bool:
        """True if an index names all of every stream; at most some places in the video are named elsewhere."""
        return self.container.format.name == MP4

    @property
    def finds_sound(self) -> bool:
        """True if a place can be found by its sound."""
        return self.video is None or self.has_full_index

    def before(self, seconds: Fraction) -> Fraction:
        """Where to aim so that a seek does not land behind `seconds`."""
        return max(seconds - _GUESS_SECONDS, Fraction(0)) if self.container.format.name in _GUESSED else seconds

    def rewind(self) -> None:
        """To the beginning of a file that was just opened: MPEG's length was read from its end, where HTTP stays."""
        if self.container.format.name in MPEG:
            with suppress(av.PermissionError):
                self.container.seek(min(self.container.start_time or 0, 0))  # below 0 where time stamps have wrapped

    def seek(self, seconds: Fraction, *, sound_alone: bool = False) -> bool:
        """So that what follows holds everything from `seconds` (of the file's own time) on, and something before it.

        Only mp4 can find a place by its sound; elsewhere the index is that of the video. False where it names none.
        """
        stream: VideoStream | AudioStream | None = self.video
        if stream is None or (sound_alone and self.finds_sound):
            stream = self.audio or self.video
        if stream is None or stream.time_base is None:
            return False
        aim = self.before(seconds) + self.origin
        return _seek(self.container, stream, round(aim / stream.time_base))


def _seek(container: InputContainer, stream: VideoStream | AudioStream, place: int) -> bool:
    """Seeks; True if the container is now before `place`."""
    try:
        container.seek(place, stream=stream)
    except av.PermissionError:  # how the library says that a seek failed
        return False
    except av.EOFError:
        # Behind the last key frame it reads Matroska to the end for another, and over HTTP does not come back.
        earlier = [entry.timestamp for entry in stream.index_entries][-2:-1]
        return bool(earlier) and earlier[0] < place and _seek(container, stream, earlier[0])
    return True


def _first_video(container: InputContainer) -> VideoStream | None:
    """The first real one: a cover picture is a video stream, too."""
    pictures = av.stream.Disposition.attached_pic
    return next((stream for stream in container.streams.video if not stream.disposition & pictures), None)


def is_turned(source: Source) -> bool:
    """True if players must turn or mirror the picture: the container says so, the video itself may not."""
    assert source.video is not None
    try:
        source.container.seek(0)
        first: Any = next(source.container.decode(source.video))
        matrix = first.side_data[SideDataType.DISPLAYMATRIX]
    except (KeyError, StopIteration, av.InvalidDataError, av.PermissionError):
        return False  # none is given, or there is no picture that could be turned
    right, mirrored_down, _, mirrored_right, down, *_ = struct.unpack("9i", bytes(matrix))
    return bool(mirrored_down or mirrored_right) or right < 0 or down < 0


@contextmanager
def open_source(location: str, *, is_damaged: bool = False) -> Iterator[Source]:
    """Opens a path, an http(s) URL or a descriptor (`locations`).

    Raises `NotFound` when it is gone, `Invalid` when it is no media.
    """
    with _open(location) as container:
        yield Source(
            location=location,
            container=container,
            origin=_origin(container),
            duration=_duration(container, location),
            video=_first_video(container),
            audio=container.streams.audio[0] if container.streams.audio else None,
            is_damaged=is_damaged,
        )


def _origin(container: InputContainer) -> Fraction:
    return Fraction(container.start_time or 0, av.time_base)  # formats without time stamps do not say


def _duration(container: InputContainer, location: str) -> float | None:
    """Seconds from the file's own beginning; None when the file does not say."""
    if not container.duration:
        return None
    stated = container.duration / av.time_base
    origin = float(_origin(container))
    if container.format.name != MATROSKA or origin < _NEGLIGIBLE_SECONDS:
        return stated
    # Of Matroska's writers some count from zero, others from the first time stamp: the end itself tells.
    with _open(location) as reopened:
        return max(_end(reopened, origin + stated) - origin, 0.0) or stated


def _end(container: InputContainer, about: float) -> float:
    """When the last packet ends, of those behind the last key frame before `about`; 0 when there is none."""
    stream = _first_video(container) or next(iter(container.streams.audio), None)
    if stream is None or not stream.time_base or not _seek(container, stream, round(about / stream.time_base)):
        return 0.0
    ends = (
        float((packet.pts + (packet.duration or 0)) * packet.time_base)
        for packet in container.demux()
        if packet.pts is not None and packet.time_base is not None
    )
    return max(ends, default=0.0)


def _open(location: str) -> InputContainer:
    try:
        return open_container(location, timeout_seconds=_WAIT_SECONDS)
    except (av.FileNotFoundError, av.HTTPNotFoundError):
        raise NotFound("The media file does not exist.") from None
    except (av.InvalidDataError, av.ArgumentError, av.EOFError):
        raise Invalid("The file is no media that can be read.") from None
    except av.FFmpegError as error:
        # Its text holds the location, which may be a signed URL.
        raise OperationFailed(f"The media file could not be opened ({error.strerror}).") from None
