"""A piece of a file's sound as AAC, so that pieces made one by one join without a gap or a click.

AAC packets hold 1,024 samples each. All pieces share one grid of packets that begins at the file's beginning; each
piece is encoded from a little before its start, and only the packets that lie in it are kept.
"""

import math
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import groupby
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

from dlambda.domain.files.segment import Segment
from dlambda.media.av.pieces.packets import Horizon, Packet, packets_from, to_damage
from dlambda.media.av.pieces.source import Source

RATE = 48_000
BIT_RATE = 160_000
_COMMON = f"sample_fmts=fltp:sample_rates={RATE}:channel_layouts=stereo"
_FRAME = 1024
_RUN_UP_FRAMES = 3
_SETTLE_SECONDS = Fraction(1, 5)  # read before the run-up: a decoder's first samples may be silence


def _decode(source: Source, start: Fraction, end: Fraction) -> Iterator[AudioFrame]:
    """Frames from before `start` to after `end` (seconds), as far as the stream goes."""
    horizon = Horizon(source, end)
    aim = max(start - _SETTLE_SECONDS, Fraction(0))
    for packet in to_damage(source, packets_from(source, aim, video=False, audio=True)):
        if horizon.is_passed(packet):
            return
        if packet.stream.type != "audio":
            continue
        try:
            frames: list[Any] = packet.decode()
        except av.FFmpegError:  # each decoder has its own words for it
            continue  # a damaged packet is a moment of silence, not the end
        for frame in frames:
            if not isinstance(frame, AudioFrame) or frame.pts is None or frame.time_base is None:
                continue
            time = frame.pts * frame.time_base - source.origin
            if time > end:
                return
            frame.pts = round(time / frame.time_base)
            yield frame


class _Filter:
    """A chain of filters for frames of one shape: that of the first, which a stream's own description may not be."""

    def __init__(self, frame: AudioFrame, *steps: tuple[str, str]) -> None:
        self._graph = av.filter.Graph()
        entry = self._graph.add_abuffer(
            sample_rate=frame.sample_rate, format=frame.format, layout=frame.layout, time_base=frame.time_base
        )
        chain = [self._graph.add(name, arguments) for name, arguments in steps]
        self._graph.link_nodes(entry, *chain, self._graph.add("abuffersink")).configure()

    def through(self, frame: AudioFrame | None) -> Iterator[AudioFrame]:
        """Encodes `frame`; the rest of the encoder's buffer for None."""
        self._graph.push(frame)
        while True:
            try:
                ready = self._graph.pull()
            except (av.BlockingIOError, av.EOFError):
                return
            assert isinstance(ready, AudioFrame)
            yield ready


def _shape(frame: AudioFrame) -> tuple[int, str, str]:
    return frame.sample_rate, frame.format.name, frame.layout.name


def _stereo(frames: Iterable[AudioFrame]) -> Iterator[AudioFrame]:
    """All frames at the common rate with two channels; what comes may change its shape in the middle."""
    for _, alike in groupby(frames, key=_shape):
        resampler: _Filter | None = None
        for frame in alike:
            resampler = resampler or _Filter(frame, ("aresample", f"{RATE}"), ("aformat", _COMMON))
            yield from resampler.through(frame)
        if resampler is not None:
            yield from resampler.through(None)


def _regular(source: Source, first_sample: int, end: Fraction) -> Iterator[AudioFrame]:
    """The sound from `first_sample` on, in frames of 1,024 samples; gaps become silence."""
    regulator: _Filter | None = None
    for frame in _stereo(_decode(source, Fraction(first_sample, RATE), end)):
        regulator = regulator or _Filter(
            frame, ("aresample", f"{RATE}:async=1:first_pts={first_sample}"), ("asetnsamples", f"n={_FRAME}:p=1")
        )
        yield from regulator.through(frame)
    if regulator is not None:
        yield from regulator.through(None)


def encoded(source: Source, segment: Segment, stream: AudioStream) -> list[Packet]:
    """The piece's packets for `stream` (an AAC stream of the output); times count from the file's beginning."""
    first = math.ceil(Fraction(segment.start) * RATE / _FRAME)
    behind = math.ceil(Fraction(segment.end) * RATE / _FRAME)
    begin = max(first - _RUN_UP_FRAMES, 0) * _FRAME
    packets: list[Packet] = []
    for frame in _regular(source, begin, Fraction((behind + 2) * _FRAME, RATE)):
        frame.pts = round(frame.pts * frame.time_base * RATE) if frame.pts is not None and frame.time_base else None
        frame.time_base = Fraction(1, RATE)
        packets.extend(stream.encode(frame))
    packets.extend(stream.encode(None))
    return [packet for packet in packets if packet.pts is not None and first * _FRAME <= packet.pts < behind * _FRAME]
