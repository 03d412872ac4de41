"""The files that a worker reports, as its parent takes them: a worker that was taken over may report any name."""

from pathlib import Path


def is_own(folder: Path, name: str) -> bool:
    """True if `name` leads to a place below `folder`, and no link on its way leads elsewhere."""
    path = Path(name)
    if path.is_absolute() or ".." in path.parts:
        return False
    return (folder / path).resolve() == folder.resolve() / path
