"""Builds what functions are deployed from, once for all of them, from the locked packages: `make artifacts`.

build/functions.zip          our code, of every function
build/packages.zip           a layer for the functions that are ZIPs: the packages that they import, but for yt-dlp
build/ytdlp.zip              a layer with yt-dlp alone: an update of it uploads 8 MB
build/image-packages/        all packages but yt-dlp, for the functions that are images (infra/image_template.py)
build/image-ytdlp/           yt-dlp, for the same

Everything is compiled for the Python that the template names: a function that would compile at its start would be a
second late. The same lock file makes the same bytes: times are fixed, and `.pyc` files name no time of their source.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from local import template
from local.tools import remove_services

PLATFORMS = {"x86_64": "x86_64-manylinux_2_28", "arm64": "aarch64-manylinux_2_28"}  # Lambda has glibc 2.34
DEFAULT_ARCHITECTURE = "arm64"  # a fifth cheaper
LIMIT_BYTES = 250 * 1024 * 1024
"""Unzipped, a function and its layers together."""
# PyAV cuts and probes media, which is done in images (tests/contract/test_artifacts.py).
IMAGES_ALONE = ("av", "av.libs", "av-*.dist-info", "pyav.libs")
# They change weekly, and everything else does not.
YTDLP = ("yt_dlp", "yt_dlp-*.dist-info", "yt_dlp_ejs", "yt_dlp_ejs-*.dist-info")
# Scripts and manuals, which no function starts or reads.
_UNUSED = ("bin", "share")
_UV = str(Path(sys.executable).parent / "uv")
_EPOCH = (2020, 1, 1, 0, 0, 0)
_TASK_ROOT, _LAYER_ROOT = "/var/task", "/opt/python"


@dataclass(frozen=True, slots=True)
class Artifact:
    """A ZIP that was built; `unzipped` counts bytes."""

    path: Path
    sha256: str
    unzipped: int

    def __str__(self) -> str:
        zipped = self.path.stat().st_size
        sizes = f"{self.unzipped / 2**20:6.1f} MB, zipped {zipped / 2**20:5.1f} MB"
        return f"{self.path.name:14} {sizes}  sha256 {self.sha256[:16]}"


def python_version() -> str:
    """The one of the template's functions: `3.13`."""
    runtime: str = template.load()["Globals"]["Function"]["Runtime"]
    return runtime.removeprefix("python")


def find_python(version: str) -> str:
    """The interpreter that compiles. Ends the program with advice where there is none."""
    if path := interpreter(version):
        return path
    sys.exit(f"Functions are compiled for Python {version}, which is missing: uv python install {version}")


def interpreter(version: str) -> str | None:
    """The path of an interpreter of this version; None without one."""
    folders = [*map(Path, os.environ.get("PATH", "").split(os.pathsep)), *_managed_folders()]
    for path in (folder / f"python{version}" for folder in folders):
        # The first may be a manager's stand-in for a version that is not switched on.
        if path.exists() and subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode == 0:
            return str(path)
    return None


def _managed_folders() -> list[Path]:
    """Where pyenv and uv keep interpreters."""
    roots = (Path.home() / ".pyenv" / "versions", Path.home() / ".local" / "share" / "uv" / "python")
    return sorted(path for root in roots for path in root.glob("*/bin"))


def install(
    target: Path, requirements: Path, python: str, version: str, architecture: str, options: Sequence[str] = ()
) -> None:
    """Puts packages of one architecture into `target`: only wheels whose hashes are in the file `requirements`."""
    shutil.rmtree(target, ignore_errors=True)
    command = [
        _UV, "pip", "install", "--quiet", "--target", str(target),
        "--python", python, "--python-version", version, "--python-platform", PLATFORMS[architecture],
        "--only-binary", ":all:", "--require-hashes", "--link-mode", "copy", *options,
        "-r", str(requirements),
    ]  # fmt: skip
    subprocess.run(command, check=True)


def install_packages(target: Path, python: str, version: str, architecture: str) -> None:
    """Puts the functions' locked packages into `target`, without what no function reads."""
    install(target, template.ROOT / "requirements.txt", python, version, architecture)
    _remove(target, _UNUSED)
    remove_services(target / "botocore" / "data")


def copy_code(target: Path) -> None:
    """Our code as functions get it."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(template.ROOT / "functions", target, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))


def compile_folder(folder: Path, python: str, root: str) -> None:
    """Compiles everything below `folder`, which functions will find at `root`.

    Files that are no Python of this version are left: packages carry some for others.
    """
    for path in sorted(folder.rglob("__pycache__")):
        shutil.rmtree(path)
    command = [
        python, "-m", "compileall", "-qq", "--invalidation-mode", "unchecked-hash",
        "-s", str(folder), "-p", root, str(folder),
    ]  # fmt: skip
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    # A set in a file's constants is written in the order of its hashes.
    subprocess.run(command, env=environ | {"PYTHONHASHSEED": "0"}, check=False)


def pack(folder: Path, target: Path, prefix: str = "") -> Artifact:
    """The ZIP of a folder: names in order, one time for all."""
    unzipped = 0
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(f"{prefix}{path.relative_to(folder).as_posix()}", _EPOCH)
            entry.external_attr = (0o100755 if path.stat().st_mode & 0o111 else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            content = path.read_bytes()
            unzipped += len(content)
            archive.writestr(entry, content)
    return Artifact(target, hashlib.sha256(target.read_bytes()).hexdigest(), unzipped)


def build(target: Path, python: str, version: str, architecture: str) -> list[Artifact]:
    """The ZIPs, in `target`. Beside them stay the folders that they are made of, and those of the image."""
    code, of_image, ytdlp_of_image = target / "code", target / "image-packages", target / "image-ytdlp"
    packages, ytdlp = target / "packages", target / "ytdlp"
    copy_code(code)
    compile_folder(code, python, _TASK_ROOT)
    install_packages(of_image, python, version, architecture)
    _copy(of_image, ytdlp_of_image, YTDLP)
    _copy(of_image, ytdlp, YTDLP)
    _remove(of_image, YTDLP)
    _copy(of_image, packages, ("*",))
    _remove(packages, IMAGES_ALONE)
    for folder, root in (
        (packages, _LAYER_ROOT), (ytdlp, _LAYER_ROOT), (of_image, _TASK_ROOT), (ytdlp_of_image, _TASK_ROOT),
    ):  # fmt: skip
        compile_folder(folder, python, root)
    return [
        pack(code, target / "functions.zip"),
        pack(packages, target / "packages.zip", "python/"),
        pack(ytdlp, target / "ytdlp.zip", "python/"),
    ]


def folder_size(folder: Path) -> int:
    """Bytes of all files below it."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _copy(source: Path, target: Path, patterns: tuple[str, ...]) -> None:
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for path in (path for pattern in patterns for path in source.glob(pattern)):
        if path.is_dir():
            shutil.copytree(path, target / path.name)
        else:
            shutil.copy(path, target)


def _remove(folder: Path, patterns: tuple[str, ...]) -> None:
    for pattern in patterns:
        for path in folder.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.artifacts")
    parser.add_argument("--architecture", choices=PLATFORMS, default=DEFAULT_ARCHITECTURE)
    options = parser.parse_args()
    version, target = python_version(), template.ROOT / "build"
    artifacts = build(target, find_python(version), version, options.architecture)
    print(*artifacts, sep="\n")
    for name in ("image-packages", "image-ytdlp"):
        print(f"{name:14} {folder_size(target / name) / 2**20:6.1f} MB")
    total = sum(artifact.unzipped for artifact in artifacts)
    print(f"{total / 2**20:.1f} MB of the {LIMIT_BYTES / 2**20:.0f} that a function and its layers may have")
    if total > LIMIT_BYTES:
        sys.exit("Too large for a function.")


if __name__ == "__main__":
    main()
