"""A film in fragments, as DASH has it: pictures and sound of the clip again and again, made as large as one likes.

Each picture is followed by a filler unit (H.264 7.3.2.7) of numbered noise, which players pass over.
"""

import hashlib
import io
import random
import struct
from functools import cached_property

import av

from tests.origin.media import media_folder

_FOLDER = "dash"
_SEGMENTS = 6
_FRAME_RATE, _FRAME_DURATION = 30, 512  # pictures in a second; units of the track's timescale
_SOUND_RATE, _SOUND_DURATION = 44100, 1024
_LEAST_PICTURE_BYTES = 16 * 1024
_FILLER_BYTES = 4 + 1 + 8 + 1  # length, kind, number, end
_NOISE = random.Random(17).randbytes(1024 * 1024).replace(b"\0", b"\xff")  # zeros would begin units of their own
_KEY, _NO_KEY = 0x02000000, 0x01010000
VIDEO, AUDIO = 0, 1

Sample = tuple[bytes, bool]
"""Its bytes, and whether it is a key frame."""


def _box(kind: bytes, *contents: bytes) -> bytes:
    return struct.pack(">I4s", 8 + sum(map(len, contents)), kind) + b"".join(contents)


def _samples(track: int) -> list[Sample]:
    """What the clip has of a track."""
    folder = media_folder() / _FOLDER
    names = [f"init-{track}.m4s", *(f"{track}-{number + 1:05d}.m4s" for number in range(_SEGMENTS))]
    content = b"".join((folder / name).read_bytes() for name in names if (folder / name).is_file())
    with av.open(io.BytesIO(content), mode="r") as container:
        return [(bytes(packet), packet.is_keyframe) for packet in container.demux() if packet.size]


class DashFilm:
    """The film: `fragments` of about `fragment_bytes` each, and as many of its sound."""

    def __init__(self, fragments: int, fragment_bytes: int) -> None:
        self.fragments = fragments
        self._fragment_bytes = fragment_bytes

    @cached_property
    def _pictures(self) -> list[Sample]:
        return _samples(VIDEO)

    @cached_property
    def _sounds(self) -> list[Sample]:
        return _samples(AUDIO)

    @cached_property
    def _pictures_each(self) -> int:
        """How many of them a fragment has, so that the clip's last one ends one."""
        most = max(1, self._fragment_bytes // _LEAST_PICTURE_BYTES)
        return max(count for count in range(1, most + 1) if len(self._pictures) % count == 0)

    @property
    def manifest(self) -> str:
        """The MPD; media below `dash/`."""
        seconds = (self.fragments - 0.5) * self._pictures_each / _FRAME_RATE  # so that no rounding adds one
        text = (media_folder() / _FOLDER / "manifest.mpd").read_text()
        for before, after in (
            ('Duration="PT10.0S"', f'Duration="PT{seconds:.3f}S"'),
            ('timescale="1000000" duration="2000000"', f'timescale="{_FRAME_RATE}" duration="{self._pictures_each}"'),
            ('media="', f'media="{_FOLDER}/'),
            ('initialization="', f'initialization="{_FOLDER}/'),
        ):
            assert before in text
            text = text.replace(before, after)
        return text

    def init(self, track: int) -> bytes:
        """What stands before the fragments of a track."""
        return (media_folder() / _FOLDER / f"init-{track}.m4s").read_bytes()

    def fragment(self, track: int, number: int) -> bytes:
        """A fragment, numbered from 0."""
        first, samples = self._samples_of(track, number)
        duration = _FRAME_DURATION if track == VIDEO else _SOUND_DURATION
        rows = b"".join(struct.pack(">II", len(content), _KEY if is_key else _NO_KEY) for content, is_key in samples)

        def moof(offset: int) -> bytes:
            run = struct.pack(">IIi", 0x601, len(samples), offset) + rows
            head = _box(b"tfhd", struct.pack(">III", 0x20008, 1, duration))
            time = _box(b"tfdt", struct.pack(">IQ", 1 << 24, first * duration))
            return _box(
                b"moof", _box(b"mfhd", struct.pack(">II", 0, number + 1)), _box(b"traf", head, time, _box(b"trun", run))
            )

        contents = [content for content, _ in samples]
        return moof(len(moof(0)) + 8) + _box(b"mdat", *contents)

    def _samples_of(self, track: int, number: int) -> tuple[int, list[Sample]]:
        """The number of the first sample of a fragment, and its samples."""
        originals = self._pictures if track == VIDEO else self._sounds
        first, end = self._bounds(track, number)
        samples = [originals[index % len(originals)] for index in range(first, end)]
        if track == AUDIO:
            return first, samples
        filler_bytes = (self._fragment_bytes - sum(len(content) for content, _ in samples)) // len(samples)
        return first, [
            (content + self._filler(first + index, filler_bytes), is_key)
            for index, (content, is_key) in enumerate(samples)
        ]

    def _bounds(self, track: int, number: int) -> tuple[int, int]:
        ends = number * self._pictures_each, (number + 1) * self._pictures_each
        if track == VIDEO:
            return ends
        first, end = (index * _SOUND_RATE // (_FRAME_RATE * _SOUND_DURATION) for index in ends)
        return first, max(end, first + 1) if self._pictures_each == 1 else end

    def _filler(self, number: int, size_bytes: int) -> bytes:
        noise_bytes = size_bytes - _FILLER_BYTES
        if noise_bytes < 0:
            return b""
        content = b"\x0c" + f"{number:08x}".encode() + _NOISE[:noise_bytes] + b"\x80"
        return struct.pack(">I", len(content)) + content

    @cached_property
    def size_bytes(self) -> int:
        """Of all fragments."""
        return sum(
            len(self.fragment(track, number)) for track in (VIDEO, AUDIO) for number in range(self.fragments)
        ) + sum(len(self.init(track)) for track in (VIDEO, AUDIO))

    def digests(self) -> list[str]:
        """The SHA-256 of all samples of each track, in order."""
        digests = [hashlib.sha256(), hashlib.sha256()]
        for track, digest in enumerate(digests):
            for number in range(self.fragments):
                for content, _ in self._samples_of(track, number)[1]:
                    digest.update(content)
        return [digest.hexdigest() for digest in digests]


def digests_of(place: str) -> list[str]:
    """The same of a file, by its path or URL."""
    with av.open(place, mode="r") as container:
        digests = [hashlib.sha256() for _ in container.streams]
        for packet in container.demux():
            digests[packet.stream_index].update(bytes(packet))
    return [digest.hexdigest() for digest in digests]
