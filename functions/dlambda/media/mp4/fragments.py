"""The samples of an MP4 file in fragments, as formats of DASH and HLS are: from its boxes `moof`."""

from array import array
from collections.abc import Sequence
from itertools import accumulate

from dlambda.media.mp4.boxes import NotUnderstood, find, find_all, get, words
from dlambda.media.mp4.samples import MOST_SAMPLES, Samples, is_encrypted

_IS_NO_KEY = 0x01010000  # of a sample's flags: it depends on others, it is no sync sample


def read_fragments(
    moov: memoryview, tkhd: bytes, fragments: Sequence[tuple[int, memoryview]], samples: Samples, *, is_sound: bool
) -> None:
    """Adds the samples of boxes `moof`, each with its position. Raises `NotUnderstood`."""
    if len(samples):
        raise NotUnderstood("samples before the fragments")
    track_id = tkhd[20:24] if tkhd[0] else tkhd[12:16]
    [trex] = [entry for entry in find_all(get(moov, b"mvex"), b"trex") if entry[4:8] == track_id]
    defaults = words(trex, 12, 3)
    for position, moof in fragments:
        [traf] = find_all(moof, b"traf")
        if get(traf, b"tfhd")[4:8] != track_id or is_encrypted(traf):
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
