"""The one track of an MP4 file, from its boxes: whole or in fragments, as formats of DASH and HLS are.

Times are in units of the track's timescale.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from dlambda.media.mp4.boxes import NotUnderstood, box, find, find_all, get, words
from dlambda.media.mp4.fragments import read_fragments
from dlambda.media.mp4.sample_tables import read_tables
from dlambda.media.mp4.samples import Samples, is_encrypted

_CODECS = frozenset(
    b"avc1 avc3 hvc1 hev1 dvh1 dvhe av01 vp08 vp09 mp4a Opus fLaC ac-3 ec-3 ac-4 alac .mp3".split()
)  # fmt: skip
_MATRIX_BYTES = 60  # behind the times of a `tkhd`: layer, volume, matrix, width, height


@dataclass
class Track:
    """A track: boxes that are the same in every file which holds it, and its samples.

    `start`: which time of it is shown first. `play_length`: for how long; None up to its end.
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
    play_length: int | None


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
    if words(stsd, 4, 1)[0] != 1 or codec not in _CODECS or is_encrypted(stbl):
        raise NotUnderstood(f"samples as {codec!r}")
    mdhd = get(mdia, b"mdhd")
    timescale, language_at = (words(mdhd, 20, 1)[0], 32) if mdhd[0] else (words(mdhd, 12, 1)[0], 20)
    is_sound = handler == b"soun"
    samples = read_tables(stbl, is_sound=is_sound)
    fragments = [(position, get(content, b"moof")) for position, content in heads if content[4:8] == b"moof"]
    if fragments:
        read_fragments(moov, bytes(get(trak, b"tkhd")), fragments, samples, is_sound=is_sound)
    if not samples or not timescale:
        raise NotUnderstood("no samples")
    edit = _read_edit(trak, get(moov, b"mvhd"), timescale)
    if fragments and edit is not None:
        edit = _edit_of_fragments(samples, edit[0], codec)
    start, play_length = _played_range(samples, edit, is_sound=is_sound)
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
        play_length=play_length,
    )


def _played_range(samples: Samples, edit: tuple[int, int | None] | None, *, is_sound: bool) -> tuple[int, int | None]:
    """The time that is shown first, and for how long (None: to the end). `edit` says so; None: all is shown.

    Raises `NotUnderstood` for pictures that are only decoded.
    """
    first = min(time + offset for time, offset in zip(samples.times, samples.offsets, strict=True))
    if edit is None or edit[0] <= first:
        return first, None if edit is None or edit[1] is None else edit[1] - (first - edit[0])
    if not is_sound:
        raise NotUnderstood("pictures that are not shown")
    return edit


def _edit_of_fragments(samples: Samples, start: int, codec: bytes) -> tuple[int, None] | None:
    """Interprets an edit that was written before the fragments: for AAC, samples that are decoded and not played."""
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
