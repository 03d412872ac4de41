"""The samples of an MP4 file that is whole, from the tables of its `stbl`."""

from array import array
from itertools import accumulate, chain, repeat

from dlambda.media.mp4.boxes import NotUnderstood, find, get, words
from dlambda.media.mp4.samples import MOST_SAMPLES, Samples


def read_tables(stbl: memoryview, *, is_sound: bool) -> Samples:
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
