"""Builds what functions are deployed from, once for all of them, from the locked packages: `make artifacts`.

build/functions.zip          our code, of every function
build/packages.zip           a layer for the functions that are ZIPs: the packages that they import
build/image-packages/        all packages, for the functions that are container images (infra/image_template.py)

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
from dataclasses import dataclass
from pathlib import Path

from local import template
from local.tools import AWS_SERVICES

PLATFORMS = {"x86_64": "x86_64-manylinux_2_28", "arm64": "aarch64-manylinux_2_28"}  # Lambda has glibc 2.34
IMAGES_ARCHITECTURE = "x86_64"  # that of ffmpeg and deno (layers/ffmpeg/build.py)
LIMIT_BYTES = 250 * 1024 * 1024
"""Unzipped, a function and its layers together."""
# PyAV cuts and probes media, which is done in images (tests/contract/test_artifacts.py).
IMAGES_ALONE = ("av", "av.libs", "av-*.dist-info", "pyav.libs")
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
    folders = [*map(Path, os.environ.get("PATH", "").split(os.pathsep)), *_managed_folders()]
    for path in (folder / f"python{version}" for folder in folders):
        # The first may be a manager's stand-in for a version that is not switched on.
        if path.exists() and subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode == 0:
            return str(path)
    sys.exit(f"Functions are compiled for Python {version}, which is missing: uv python install {version}")


def _managed_folders() -> list[Path]:
    """Where pyenv and uv keep interpreters."""
    roots = (Path.home() / ".pyenv" / "versions", Path.home() / ".local" / "share" / "uv" / "python")
    return sorted(path for root in roots for path in root.glob("*/bin"))


def install(target: Path, python: str, version: str, architecture: str) -> None:
    """Puts the locked packages of one architecture into `target`; only wheels whose hashes are in the lock file."""
    shutil.rmtree(target, ignore_errors=True)
    command = [
        _UV, "pip", "install", "--quiet", "--target", str(target),
        "--python", python, "--python-version", version, "--python-platform", PLATFORMS[architecture],
        "--only-binary", ":all:", "--require-hashes", "--link-mode", "copy",
        "-r", str(template.ROOT / "requirements.txt"),
    ]  # fmt: skip
    subprocess.run(command, check=True)
    _remove(target, _UNUSED)
    for path in (target / "botocore" / "data").iterdir():
        if path.is_dir() and path.name not in AWS_SERVICES:
            shutil.rmtree(path)


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
    """Both ZIPs, in `target`, and the packages of the image.

    Beside them stay `code/` and `packages/`, what they are made of.
    """
    code, packages, of_image = target / "code", target / "packages", target / "image-packages"
    copy_code(code)
    compile_folder(code, python, _TASK_ROOT)
    install(packages, python, version, architecture)
    _remove(packages, IMAGES_ALONE)
    compile_folder(packages, python, _LAYER_ROOT)
    install(of_image, python, version, IMAGES_ARCHITECTURE)
    compile_folder(of_image, python, _TASK_ROOT)
    return [pack(code, target / "functions.zip"), pack(packages, target / "packages.zip", "python/")]


def _remove(folder: Path, patterns: tuple[str, ...]) -> None:
    for pattern in patterns:
        for path in folder.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.artifacts")
    parser.add_argument("--architecture", choices=PLATFORMS, default=IMAGES_ARCHITECTURE)
    options = parser.parse_args()
    version = python_version()
    artifacts = build(template.ROOT / "build", find_python(version), version, options.architecture)
    print(*artifacts, sep="\n")
    total = sum(artifact.unzipped for artifact in artifacts)
    print(f"{total / 2**20:.1f} MB of the {LIMIT_BYTES / 2**20:.0f} that a function and its layers may have")
    if total > LIMIT_BYTES:
        sys.exit("Too large for a function.")


if __name__ == "__main__":
    main()
