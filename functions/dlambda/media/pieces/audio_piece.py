"""One piece of a file's sound as AAC, so that pieces made one by one join without a gap or a click.

AAC packets hold 1,024 samples each. All pieces share one grid of packets that begins at the file's beginning; each
piece is encoded from a little before its start, and only the packets that lie in it are kept.
"""

import math
from collections.abc import Iterator
from fractions import Fraction

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

from dlambda.domain.files.segment import Segment
from dlambda.media.pieces.packets import Packet
from dlambda.media.pieces.source import Source

RATE = 48_000
BIT_RATE = 160_000
_FRAME = 1024
_RUN_UP_FRAMES = 3
_SETTLE_SECONDS = Fraction(1, 5)  # read before the run-up: a decoder's first samples may be silence


def _decoded(source: Source, start: Fraction, end: Fraction) -> Iterator[AudioFrame]:
    """Frames from before `start` to after `end` (seconds), as far as the stream goes."""
    stream = source.audio
    assert stream is not None
    source.seek(max(start - _SETTLE_SECONDS, Fraction(0)), sound_alone=True)
    for packet in source.container.demux(stream):
        try:
            frames = packet.decode()
        except av.InvalidDataError:
            continue  # a damaged packet is a moment of silence, not the end
        for frame in frames:
            if frame.pts is None or frame.time_base is None:
                continue
            time = frame.pts * frame.time_base - source.origin
            if time > end:
                return
            frame.pts = round(time / frame.time_base)
            yield frame


def _graph(source: Source, first_sample: int) -> av.filter.Graph:
    """Resamples to the common rate and puts the first sample at `first_sample`; gaps become silence."""
    stream = source.audio
    assert stream is not None
    graph = av.filter.Graph()
    entry = graph.add_abuffer(template=stream)
    steps = [
        graph.add("aresample", f"{RATE}"),
        # Apart from the step above, since `first_pts` counts in samples of what comes in.
        graph.add("aresample", f"{RATE}:async=1:first_pts={first_sample}"),
        graph.add("aformat", f"sample_fmts=fltp:sample_rates={RATE}:channel_layouts=stereo"),
        graph.add("asetnsamples", f"n={_FRAME}:p=1"),
        graph.add("abuffersink"),
    ]
    graph.link_nodes(entry, *steps).configure()
    return graph


def _regular(source: Source, first_sample: int, end: Fraction) -> Iterator[AudioFrame]:
    """The sound from `first_sample` on, in frames of 1,024 samples."""
    graph = _graph(source, first_sample)

    def ready() -> Iterator[AudioFrame]:
        while True:
            try:
                frame = graph.pull()
            except (av.BlockingIOError, av.EOFError):
                return
            assert isinstance(frame, AudioFrame)
            yield frame

    for frame in _decoded(source, Fraction(first_sample, RATE), end):
        graph.push(frame)
        yield from ready()
    graph.push(None)
    yield from ready()


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
