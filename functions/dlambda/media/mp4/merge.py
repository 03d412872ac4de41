"""Two tracks as one MP4 file, of which every part can be made from ranges of their files, in any order and anywhere.

The layout is the one that starts at once: `ftyp`, `moov`, and behind them the samples of both, half a second of each in
turn. No sample is read to make it.
"""

import struct
from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, groupby
from math import lcm
from typing import Self

from dlambda.media.mp4.boxes import NotUnderstood, box, full_box, table
from dlambda.media.mp4.track import Track

_TURNS_PER_SECOND = 2
_MILLISECONDS = 1000
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_DATA_HERE = box(b"dinf", full_box(b"dref", struct.pack(">I", 1), full_box(b"url ", flags=1)))
_ENABLED = 3
_LONGEST_SHORT = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Run:
    """Bytes that stand in one row: of the file of a track, by its number."""

    track: int
    position: int
    size_bytes: int


class Merge:
    """The file that holds some tracks: what it begins with, and the rows of samples behind that."""

    def __init__(self, tracks: Sequence[Track]) -> None:
        turns = sorted(chain.from_iterable(_turns(number, track) for number, track in enumerate(tracks)))
        self.runs = [run for _, number, first, end in turns for run in _runs(number, tracks[number], first, end)]
        media_bytes = sum(run.size_bytes for run in self.runs)
        is_long = media_bytes + sum(map(_most_head_bytes, tracks)) > _LONGEST_SHORT
        start = len(self._render(tracks, turns, 0, media_bytes, is_long=is_long))
        self.head = self._render(tracks, turns, start, media_bytes, is_long=is_long)
        self.size_bytes = start + media_bytes
        self._ends = [*accumulate((run.size_bytes for run in self.runs), initial=start)]

    @classmethod
    def of(cls, tracks: Sequence[Track], sizes: Sequence[int]) -> Self:
        """The merge of tracks whose files have these sizes.

        Raises `NotUnderstood` for samples behind the ends of their files, and for times and sizes that no box holds.
        """
        try:
            merge = cls(tracks)
        except (struct.error, OverflowError, ValueError) as error:
            raise NotUnderstood(str(error)) from error
        if any(run.position + run.size_bytes > sizes[run.track] for run in merge.runs):
            raise NotUnderstood("samples behind the end")
        return merge

    def _render(
        self, tracks: Sequence[Track], turns: "list[_Turn]", start: int, media_bytes: int, *, is_long: bool
    ) -> bytes:
        """Renders the boxes before the samples, which begin at `start`."""
        positions: list[list[int]] = [[] for _ in tracks]
        counts: list[list[int]] = [[] for _ in tracks]
        for _, number, first, end in turns:
            positions[number].append(start)
            counts[number].append(end - first)
            start += sum(tracks[number].samples.sizes[first:end])
        timescale = _timescale(tracks)
        durations = [_duration_in(timescale, track) for track in tracks]
        header = struct.pack(">IIIIIH10x", 0, 0, timescale, max(durations), 0x10000, 0x100)
        moov = box(
            b"moov",
            full_box(b"mvhd", header, _MATRIX, bytes(24), struct.pack(">I", len(tracks) + 1)),
            *(
                _trak(number, track, durations[number], counts[number], _chunks(positions[number], is_long=is_long))
                for number, track in enumerate(tracks)
            ),
            tracks[0].tags,
        )
        brands = b"".join(_brands({track.codec for track in tracks}))
        mdat = struct.pack(">I4sQ", 1, b"mdat", media_bytes + 16)
        return box(b"ftyp", b"isom", struct.pack(">I", 0x200), brands) + moov + mdat

    def pieces(self, start: int, end: int) -> Iterator[bytes | Run]:
        """Yields the sources of the bytes from `start` up to `end` of the file, in order."""
        if start < len(self.head):
            yield self.head[start:end]
            start = len(self.head)
        number = bisect_right(self._ends, start) - 1
        while start < min(end, self.size_bytes):
            run, skipped = self.runs[number], start - self._ends[number]
            size_bytes = min(run.size_bytes - skipped, end - start)
            yield Run(run.track, run.position + skipped, size_bytes)
            start += size_bytes
            number += 1


def _brands(codecs: Container[bytes]) -> Iterator[bytes]:
    """Yields the brands that ffmpeg writes, in its order."""
    yield b"isom"
    if b"av01" in codecs:
        yield b"av01"
    if b"ac-3" in codecs or b"ec-3" in codecs:
        yield b"dby1"
    yield b"iso2"
    if b"avc1" in codecs:
        yield b"avc1"
    yield b"mp41"


_Turn = tuple[int, int, int, int]  # its number in time, the track, the first sample, the sample behind the last


def _turns(number: int, track: Track) -> Iterator[_Turn]:
    """The samples of each half a second from where the track is shown on."""
    times, step = track.samples.times, track.timescale / _TURNS_PER_SECOND
    first = turn = 0
    while first < len(times):
        turn = max(turn + 1, int((times[first] - track.start) / step) + 1)
        end = bisect_left(times, track.start + turn * step, lo=first)
        if end > first:
            yield turn, number, first, end
        first = end


def _runs(number: int, track: Track, first: int, end: int) -> Iterator[Run]:
    """Samples that lie behind one another in their file, as one."""
    positions, sizes = track.samples.positions, track.samples.sizes
    start = position = positions[first]
    for index in range(first, end):
        if positions[index] != position:
            yield Run(number, start, position - start)
            start = positions[index]
        position = positions[index] + sizes[index]
    yield Run(number, start, position - start)


def _most_head_bytes(track: Track) -> int:
    """A bound for what the file's beginning has of a track."""
    return 64 * len(track.samples) + 65536 + len(track.tags) + len(track.description)


def _media_duration(track: Track) -> int:
    """How long the track is shown."""
    samples = track.samples
    ends = map(sum, zip(samples.times, samples.offsets, samples.durations, strict=True))
    length = max(ends) - track.start
    return length if track.play_length is None else min(length, track.play_length)


def _timescale(tracks: Sequence[Track]) -> int:
    """The file's units of time in a second: those that are exact for all tracks, unless they are too many."""
    exact = lcm(*(track.timescale for track in tracks))
    is_short = all(_duration_in(exact, track) <= _LONGEST_SHORT for track in tracks)
    return exact if is_short and exact <= _LONGEST_SHORT else _MILLISECONDS


def _duration_in(timescale: int, track: Track) -> int:
    return -(-_media_duration(track) * timescale // track.timescale)


def _chunks(positions: Sequence[int], *, is_long: bool) -> bytes:
    """The table of chunks, in 64 bits where it must."""
    return table(b"co64", positions, 1, code="Q") if is_long else table(b"stco", positions, 1)


def _trak(number: int, track: Track, duration: int, counts: Sequence[int], chunks: bytes) -> bytes:
    samples, base = track.samples, track.samples.times[0]
    media = struct.pack(">QQIQ", 0, 0, track.timescale, samples.end - base) + track.language + bytes(2)
    is_key_each = all(samples.keys)
    is_shown_at_once = not any(samples.offsets)
    keys = [index for index, is_key in enumerate(samples.keys, 1) if is_key]
    tables = [
        track.description,
        table(b"stts", _rows(samples.durations), 2),
        b""
        if is_shown_at_once
        else table(b"ctts", _rows(samples.offsets), 2, code="i", version=min(samples.offsets) < 0),
        b"" if is_key_each else table(b"stss", keys, 1),
        table(b"stsc", _chunk_rows(counts), 3),
        table(b"stsz", samples.sizes, 1, before=bytes(4)),
        chunks,
    ]
    return box(
        b"trak",
        full_box(b"tkhd", struct.pack(">IIIII", 0, 0, number + 1, 0, duration), track.shape, flags=_ENABLED),
        box(b"edts", full_box(b"elst", struct.pack(">IQqI", 1, duration, track.start - base, 0x10000), version=1)),
        box(
            b"mdia",
            full_box(b"mdhd", media, version=1),
            track.raw[: _first_box_bytes(track.raw)],
            box(b"minf", track.raw[_first_box_bytes(track.raw) :], _DATA_HERE, box(b"stbl", *tables)),
        ),
    )


def _first_box_bytes(content: bytes) -> int:
    return int(struct.unpack_from(">I", content)[0])


def _rows(values: "Iterator[int] | Sequence[int]") -> Iterator[int]:
    """Numbers of equal values in a row, each followed by the value."""
    for value, group in groupby(values):
        yield from (sum(1 for _ in group), value)


def _chunk_rows(counts: Sequence[int]) -> Iterator[int]:
    """From which chunk on there are so many samples in one."""
    number = 1
    for count, group in groupby(counts):
        yield from (number, count, 1)
        number += sum(1 for _ in group)
