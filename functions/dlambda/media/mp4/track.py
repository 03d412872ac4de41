"""The one track of an MP4 file, from its boxes: whole or in fragments, as formats of DASH and HLS are.

Times are in units of the track's timescale.
"""

import struct
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain, repeat

from dlambda.media.mp4.boxes import NotUnderstood, box, find, find_all, get, words

MOST_SAMPLES = 4_000_000  # a day of sound; a sample takes 32 bytes here
_CODECS = frozenset(
    b"avc1 avc3 hvc1 hev1 dvh1 dvhe av01 vp08 vp09 mp4a Opus fLaC ac-3 ec-3 ac-4 alac .mp3".split()
)  # fmt: skip
_UNREAD = (b"senc", b"saiz", b"saio")  # what belongs to encrypted samples, and lies apart from them
_MATRIX_BYTES = 60  # behind the times of a `tkhd`: layer, volume, matrix, width, height
_IS_NO_KEY = 0x01010000  # of a sample's flags: it depends on others, it is no sync sample


@dataclass
class Samples:
    """Where samples lie in their file, and when they are decoded and shown; entry by entry."""

    positions: "array[int]" = field(default_factory=lambda: array("Q"))
    sizes: "array[int]" = field(default_factory=lambda: array("I"))
    times: "array[int]" = field(default_factory=lambda: array("q"))
    offsets: "array[int]" = field(default_factory=lambda: array("i"))  # from decoding to showing
    keys: bytearray = field(default_factory=bytearray)
    end: int = 0  # where the last one ends in time

    def __len__(self) -> int:
        return len(self.sizes)

    def place(self, position: int, sizes: Sequence[int]) -> int:
        """Adds samples that lie one behind the other; answers where they end."""
        if len(self.sizes) + len(sizes) > MOST_SAMPLES:
            raise NotUnderstood("too many samples")
        *positions, end = accumulate(sizes, initial=position)
        self.positions.extend(positions)
        self.sizes.extend(sizes)
        return end

    @property
    def durations(self) -> Iterator[int]:
        """How long each lasts: until the next one is decoded."""
        return (after - time for time, after in zip(self.times, chain(self.times[1:], [self.end]), strict=True))


@dataclass
class Track:
    """A track: boxes that are the same in every file which holds it, and its samples.

    `start`: which time of it is shown first. `shown`: for how long; None up to its end.
    """

    handler: bytes  # `vide` or `soun`
    timescale: int
    language: bytes
    shape: bytes  # the end of its `tkhd`
    raw: bytes  # the boxes `hdlr` and `vmhd`, or `smhd`
    description: bytes  # the box `stsd`
    codec: bytes
    tags: bytes  # of its file: the box `udta`, or nothing
    samples: Samples
    start: int
    shown: int | None


def read_track(heads: Sequence[tuple[int, bytes]]) -> Track:
    """The track of a file of which the boxes `moov` and `moof` are given, each with its position.

    Raises `NotUnderstood` for a file with more than a track of pictures or sound, for an encrypted one, and for one
    that shows its samples in another way than from one moment on.
    """
    try:
        return _read_track(heads)
    except (struct.error, ValueError, OverflowError, IndexError, MemoryError) as error:
        raise NotUnderstood(str(error)) from error


def _read_track(heads: Sequence[tuple[int, bytes]]) -> Track:
    [moov] = [get(content, b"moov") for _, content in heads if content[4:8] == b"moov"]
    trak, *others = find_all(moov, b"trak")
    mdia = get(trak, b"mdia")
    handler = bytes(get(mdia, b"hdlr")[8:12])
    if others or handler not in (b"vide", b"soun") or find(trak, b"tref") is not None:
        raise NotUnderstood("another number of tracks than one of pictures or sound")
    minf = get(mdia, b"minf")
    stbl = get(minf, b"stbl")
    stsd = get(stbl, b"stsd")
    codec = bytes(stsd[12:16])
    if words(stsd, 4, 1)[0] != 1 or codec not in _CODECS or any(find(stbl, kind) is not None for kind in _UNREAD):
        raise NotUnderstood(f"samples as {codec!r}")
    mdhd = get(mdia, b"mdhd")
    timescale, language_at = (words(mdhd, 20, 1)[0], 32) if mdhd[0] else (words(mdhd, 12, 1)[0], 20)
    is_sound = handler == b"soun"
    samples = _read_tables(stbl, is_sound=is_sound)
    fragments = [(position, get(content, b"moof")) for position, content in heads if content[4:8] == b"moof"]
    if fragments:
        _read_fragments(moov, bytes(get(trak, b"tkhd")), fragments, samples, is_sound=is_sound)
    if not samples or not timescale:
        raise NotUnderstood("no samples")
    edit = _read_edit(trak, get(moov, b"mvhd"), timescale)
    if fragments and edit is not None:
        edit = _edit_of_fragments(samples, edit[0], codec)
    start, shown = _shown(samples, edit, is_sound=is_sound)
    tags = find(moov, b"udta")
    media_header = b"vmhd" if handler == b"vide" else b"smhd"
    return Track(
        handler=handler,
        timescale=timescale,
        language=bytes(mdhd[language_at : language_at + 2]),
        shape=bytes(get(trak, b"tkhd")[-_MATRIX_BYTES:]),
        raw=box(b"hdlr", get(mdia, b"hdlr")) + box(media_header, get(minf, media_header)),
        description=box(b"stsd", stsd),
        codec=codec,
        tags=b"" if tags is None else box(b"udta", tags),
        samples=samples,
        start=start,
        shown=shown,
    )


def _shown(samples: Samples, edit: tuple[int, int | None] | None, *, is_sound: bool) -> tuple[int, int | None]:
    """Which time is shown first, and for how long (None: to the end). `edit` says so; None: all is shown.

    Raises `NotUnderstood` for pictures that are only decoded.
    """
    first = min(time + offset for time, offset in zip(samples.times, samples.offsets, strict=True))
    if edit is None or edit[0] <= first:
        return first, None if edit is None or edit[1] is None else edit[1] - (first - edit[0])
    if not is_sound:
        raise NotUnderstood("pictures that are not shown")
    return edit


def _edit_of_fragments(samples: Samples, start: int, codec: bytes) -> tuple[int, None] | None:
    """What an edit means that was written before the fragments: of AAC, what its decoder needs and does not play."""
    if codec != b"mp4a" or start == 0:
        return None
    if samples.times[0]:
        raise NotUnderstood("fragments from the middle, and an edit")
    return start, None


def _read_edit(trak: memoryview, mvhd: memoryview, timescale: int) -> tuple[int, int | None] | None:
    """From which time on the track is shown, and for how long. Raises `NotUnderstood` for more than that."""
    elst = find(trak, b"edts", b"elst")
    if elst is None:
        return None
    layout = struct.Struct(">QqI" if elst[0] else ">IiI")
    edits = [layout.unpack_from(elst, 8 + number * layout.size) for number in range(words(elst, 4, 1)[0])]
    # An empty one delays the track: each file of a merge begins at once.
    [(duration, start, rate)] = [edit for edit in edits if edit[1] != -1]
    if rate != 0x10000 or start < 0:
        raise NotUnderstood("another speed")
    movie_timescale = words(mvhd, 20 if mvhd[0] else 12, 1)[0]
    return start, -(-duration * timescale // movie_timescale) or None


def _read_tables(stbl: memoryview, *, is_sound: bool) -> Samples:
    """The samples of a file that is whole; none of one that only begins so."""
    samples = Samples()
    stsz = get(stbl, b"stsz")
    size, count = words(stsz, 4, 2)
    if count > MOST_SAMPLES:
        raise NotUnderstood("too many samples")
    sizes = array("I", [size]) * count if size else words(stsz, 12, count)
    _place_chunks(stbl, sizes, samples)
    lengths = _expand(get(stbl, b"stts"), count, "I")
    *times, samples.end = accumulate(lengths, initial=0)
    samples.times.extend(times)
    ctts = find(stbl, b"ctts")
    samples.offsets.extend(_expand(ctts, count, "i") if ctts is not None else array("i", [0]) * count)
    stss = find(stbl, b"stss")
    samples.keys.extend(bytes(count) if stss is not None and not is_sound else b"\1" * count)
    for number in words(stss, 8) if stss is not None and not is_sound else ():
        samples.keys[number - 1] = 1
    return samples


def _place_chunks(stbl: memoryview, sizes: "array[int]", samples: Samples) -> None:
    stco, co64 = find(stbl, b"stco"), find(stbl, b"co64")
    chunks = words(stco, 8) if stco is not None else words(co64, 8, code="Q") if co64 is not None else array("I")
    stsc = words(get(stbl, b"stsc"), 8)
    firsts, counts = stsc[0::3], stsc[1::3]
    if any(number != 1 for number in stsc[2::3]):
        raise NotUnderstood("more than one description of samples")
    ends = [*firsts[1:], len(chunks) + 1][: len(firsts)]
    per_chunk = chain.from_iterable(
        repeat(count, end - first) for first, end, count in zip(firsts, ends, counts, strict=True)
    )
    at = 0
    for position, count in zip(chunks, per_chunk, strict=True):
        samples.place(position, sizes[at : at + count])
        at += count
    if at != len(sizes) or len(samples) != at:
        raise NotUnderstood("chunks without samples, or samples without chunks")


def _expand(content: memoryview, count: int, code: str) -> "array[int]":
    """The values of a table that has each with the number of samples in a row that it is for."""
    runs, values = words(content, 8)[0::2], words(content, 8, code=code)[1::2]
    if sum(runs) != count:
        raise NotUnderstood("times of another number of samples")
    return array(code, chain.from_iterable(map(repeat, values, runs)))


def _read_fragments(
    moov: memoryview, tkhd: bytes, fragments: Sequence[tuple[int, memoryview]], samples: Samples, *, is_sound: bool
) -> None:
    if len(samples):
        raise NotUnderstood("samples before the fragments")
    track_id = tkhd[20:24] if tkhd[0] else tkhd[12:16]
    [trex] = [entry for entry in find_all(get(moov, b"mvex"), b"trex") if entry[4:8] == track_id]
    defaults = words(trex, 12, 3)
    for position, moof in fragments:
        [traf] = find_all(moof, b"traf")
        if get(traf, b"tfhd")[4:8] != track_id or any(find(traf, kind) is not None for kind in _UNREAD):
            raise NotUnderstood("fragments of another track, or encrypted ones")
        _read_fragment(traf, position, [*defaults], samples, is_sound=is_sound)


def _read_fragment(traf: memoryview, position: int, defaults: list[int], samples: Samples, *, is_sound: bool) -> None:
    """Adds the samples of a fragment. `defaults`: duration, size and flags of a sample that has none of its own."""
    tfhd = get(traf, b"tfhd")
    flags, at = words(tfhd, 0, 1)[0] & 0xFFFFFF, 8
    if flags & 0x1:
        position, at = words(tfhd, at, 1, code="Q")[0], at + 8
    at += 4 * bool(flags & 0x2)
    for number, flag in enumerate((0x8, 0x10, 0x20)):
        if flags & flag:
            defaults[number], at = words(tfhd, at, 1)[0], at + 4
    tfdt = find(traf, b"tfdt")
    if tfdt is not None:
        time = words(tfdt, 4, 1, code="Q" if tfdt[0] else "I")[0]
        if samples.times and time < samples.times[-1]:
            raise NotUnderstood("time goes back")
        samples.end = time
    end = position
    for trun in find_all(traf, b"trun"):
        end = _read_run(trun, position, end, defaults, samples, is_sound=is_sound)


def _read_run(
    trun: memoryview, base: int, position: int, defaults: Sequence[int], samples: Samples, *, is_sound: bool
) -> int:
    """Adds the samples of a run, which lie at `position` unless it says an offset from `base`; answers their end."""
    flags, count = words(trun, 0, 2)
    at = 8
    if flags & 0x1:
        position, at = base + words(trun, at, 1, code="i")[0], at + 4
    first_flags = words(trun, at, 1)[0] if flags & 0x4 else None
    at += 4 * bool(flags & 0x4)
    if len(samples) + count > MOST_SAMPLES:
        raise NotUnderstood("too many samples")
    columns = [flag for flag in (0x100, 0x200, 0x400, 0x800) if flags & flag]
    entries = words(trun, at, count * len(columns))

    def column(flag: int, default: int) -> "array[int]":
        if flag in columns:
            return entries[columns.index(flag) :: len(columns)]
        return array("I", [default]) * count

    *times, samples.end = accumulate(column(0x100, defaults[0]), initial=samples.end)
    samples.times.extend(times)
    offsets = column(0x800, 0)
    samples.offsets.frombytes(offsets.tobytes())  # signed, whatever the version says
    keys = bytearray(is_sound or not number & _IS_NO_KEY for number in column(0x400, defaults[2]))
    if first_flags is not None and keys:
        keys[0] = is_sound or not first_flags & _IS_NO_KEY
    samples.keys.extend(keys)
    return samples.place(position, column(0x200, defaults[1]))
