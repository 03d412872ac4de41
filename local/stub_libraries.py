"""Libraries that PyAV brings and nothing here calls, 32 MB: stubs of the same name take their places.

PyAV probes, copies, and encodes sound; films are encoded by ffmpeg, a program of its own. The loader wants each library
that another was linked with: a stub has the functions that the others name, and all answer that there is nothing
(docs/decisions/installation-size.md).
"""

import re
import struct
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_MAGIC: Final = b"\x7fELF\x02\x01\x01"  # 64 bits, the lowest byte first
_MACHINE: Final = struct.Struct("<H")
_MACHINE_OFFSET: Final = 18
_X86_64, _ARM64 = 62, 183
_CODE: Final = {
    (_X86_64, 0): bytes.fromhex("31c0c3"),  # xor eax, eax; ret
    (_X86_64, -1): bytes.fromhex("b8ffffffffc3"),  # mov eax, -1; ret
    (_ARM64, 0): bytes.fromhex("000080d2c0035fd6"),  # mov x0, 0; ret
    (_ARM64, -1): bytes.fromhex("00008012c0035fd6"),  # mov w0, -1; ret
}
_HEADER: Final = struct.Struct("<16sHHIQQQIHHHHHH")
_SEGMENT: Final = struct.Struct("<IIQQQQQQ")
_SYMBOL: Final = struct.Struct("<IBBHQQ")
_TAG: Final = struct.Struct("<qQ")
_SHARED_OBJECT, _VERSION = 3, 1
_LOAD, _DYNAMIC, _STACK = 1, 2, 0x6474E551
_HASH, _STRINGS, _SYMBOLS, _STRINGS_BYTES, _SYMBOL_BYTES, _NAME = 4, 5, 6, 10, 11, 14
_EXECUTED, _WRITTEN, _READ = 1, 2, 4
_GLOBAL_FUNCTION, _ANY_SECTION = 0x12, 1
_PAGE: Final = 0x10000  # the largest of our processors
_SEGMENTS: Final = 4
_LARGEST_STUB: Final = 64 * 1024
# Loads all libraries, and lets each codec say what it can do, which asks the stubs.
_CHECK: Final = """
import av, av.container, av.device, av.filter, av.audio.resampler
for name in av.codecs_available:
    for mode in "rw":
        try:
            av.codec.Codec(name, mode).video_formats
        except av.codec.codec.UnknownCodecError:
            pass
"""


@dataclass(frozen=True, slots=True)
class Library:
    """A library by the pattern of its file's name, the beginning of its functions' names, and what those of the stub
    answer: 0 (nothing) or -1 (an error).
    """

    pattern: str
    prefix: bytes
    answer: int


LIBRARIES: Final = (
    Library("libx265-*.so.*", b"x265_", 0),
    Library("libx264-*.so.*", b"x264_", 0),
    Library("libSvtAv1Enc-*.so.*", b"svt_", -1),
    Library("libvpx-*.so.*", b"vpx_", 0),  # ffmpeg's libraries decode VP8 and VP9 by themselves
)
_USER: Final = "libavcodec-*.so.*"


def replace_unused(folder: Path) -> int:
    """Replaces those among PyAV's libraries in `folder`; answers how many bytes of the disk that gives back.

    What does not work with a stub (of a later release, perhaps) gets its library back.
    """
    user = b"".join(path.read_bytes() for path in folder.glob(_USER))
    return sum(
        _replace(path, library, user)
        for library in LIBRARIES
        for path in folder.glob(library.pattern)
        if path.stat().st_size > _LARGEST_STUB
    )


def _replace(path: Path, library: Library, user: bytes) -> int:
    data = path.read_bytes()
    (machine,) = _MACHINE.unpack_from(data, _MACHINE_OFFSET)
    if data[: len(_MAGIC)] != _MAGIC or (machine, library.answer) not in _CODE:
        return 0
    text = re.compile(rb"(?<=\0)%s[a-zA-Z0-9_]+(?=\0)" % library.prefix)
    names = sorted(set(text.findall(data)) & set(text.findall(user)))
    before, original = path.stat(), path.with_name(f".{path.name}.original")
    new = path.with_name(f".{path.name}.stub")
    new.write_bytes(stub(machine, library.answer, path.name.encode(), names))
    new.chmod(before.st_mode & 0o777)
    path.rename(original)
    new.rename(path)
    if subprocess.run([sys.executable, "-c", _CHECK], capture_output=True, check=False).returncode:
        original.replace(path)
        return 0
    original.unlink()
    return (before.st_blocks - path.stat().st_blocks) * 512


def stub(machine: int, answer: int, library: bytes, names: Sequence[bytes]) -> bytes:
    """A shared library called `library` for a processor (ELF's number of it), with one function under all `names`."""
    code = _CODE[machine, answer]
    texts, places = _string_table([library, *names])
    code_at = _HEADER.size + _SEGMENT.size * _SEGMENTS
    strings_at = code_at + len(code)
    symbols_at = _aligned(strings_at + len(texts))
    symbols = bytes(_SYMBOL.size) + b"".join(
        _SYMBOL.pack(places[name], _GLOBAL_FUNCTION, 0, _ANY_SECTION, code_at, len(code)) for name in names
    )
    hash_at = symbols_at + len(symbols)
    hashes = _hash_table(len(names))
    tags_at = _aligned(hash_at + len(hashes))
    tags = {
        _NAME: places[library], _HASH: hash_at, _STRINGS: strings_at, _SYMBOLS: symbols_at,
        _STRINGS_BYTES: len(texts), _SYMBOL_BYTES: _SYMBOL.size, 0: 0,
    }  # fmt: skip
    tag_bytes = len(tags) * _TAG.size
    segments = (
        (_LOAD, _READ | _EXECUTED, 0, 0, tags_at, _PAGE),
        # The loader writes into the tags: they lie in pages of their own in memory, and right behind in the file.
        (_LOAD, _READ | _WRITTEN, tags_at, _PAGE + tags_at, tag_bytes, _PAGE),
        (_DYNAMIC, _READ | _WRITTEN, tags_at, _PAGE + tags_at, tag_bytes, 8),
        (_STACK, _READ | _WRITTEN, 0, 0, 0, 16),  # one that holds no code
    )
    header = _HEADER.pack(
        _MAGIC,
        _SHARED_OBJECT,
        machine,
        _VERSION,
        0,
        _HEADER.size,
        0,
        0,
        _HEADER.size,
        _SEGMENT.size,
        _SEGMENTS,
        0,
        0,
        0,
    )
    table = b"".join(
        _SEGMENT.pack(kind, rights, at, address, address, size, size, alignment)
        for kind, rights, at, address, size, alignment in segments
    )
    file = bytearray(tags_at + tag_bytes)
    parts = ((0, header + table), (code_at, code), (strings_at, texts), (symbols_at, symbols), (hash_at, hashes))
    for at, part in (*parts, (tags_at, b"".join(_TAG.pack(*tag) for tag in tags.items()))):
        file[at : at + len(part)] = part
    return bytes(file)


def _string_table(texts: Sequence[bytes]) -> tuple[bytes, dict[bytes, int]]:
    """The texts, each ended by a zero, and where each begins."""
    table, places = b"\0", {}
    for text in texts:
        places[text] = len(table)
        table += text + b"\0"
    return table, places


def _hash_table(count: int) -> bytes:
    """A table of one chain, through all symbols: there are few."""
    chain = [0, *range(2, count + 1), 0]
    return struct.pack(f"<{len(chain) + 3}I", 1, len(chain), min(count, 1), *chain)


def _aligned(at: int) -> int:
    return (at + 7) // 8 * 8
