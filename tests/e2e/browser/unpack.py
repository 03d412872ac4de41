"""Unpacks the browser that npm brought: `python -m tests.e2e.browser.unpack .tools/browser`.

The package holds a Chromium for machines that have nothing: its libraries come with it, and so do its fonts.
"""

import io
import sys
import tarfile
from pathlib import Path

import brotli

_PACKAGE = Path("node_modules/@sparticuz/chromium/bin")
_BLOCK = 1 << 20
_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir prefix="relative">fonts</dir><cachedir prefix="xdg">fonts</cachedir></fontconfig>
"""


def unpack(root: Path) -> None:
    """From `root`/node_modules to `root`/chromium: the program, `lib`, `fonts` and what it draws with."""
    packed, target = root / _PACKAGE, root / "chromium"
    target.mkdir(exist_ok=True)
    _archive(packed / "al2023.tar.br", target)  # lib/
    _archive(packed / "fonts.tar.br", target)
    (target / "fonts.conf").write_text(_FONTS)  # the package's own one looks in other places
    # Drawing without a graphics card: searched for beside the program.
    _archive(packed / "swiftshader.tar.br", target)
    program = target / "chromium"
    with (packed / "chromium.br").open("rb") as source, program.open("wb") as output:
        stream = brotli.Decompressor()
        while block := source.read(_BLOCK):
            output.write(stream.process(block))
    program.chmod(0o755)


def _archive(path: Path, target: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(brotli.decompress(path.read_bytes()))) as archive:
        archive.extractall(target, filter="data")


if __name__ == "__main__":
    unpack(Path(sys.argv[1]))
