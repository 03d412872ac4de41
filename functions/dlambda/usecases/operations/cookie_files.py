"""Cookie files for commands that people run themselves: written privately, removed after an hour (ytdlp.md 4, 9)."""

import hashlib
import os
import stat
from pathlib import Path
from typing import Final

from dlambda.deployment import current

_KEPT_SECONDS: Final = 3600
_PRIVATE: Final = 0o600


def cookie_folder() -> Path:
    return current().settings.scratch / "cookies"


def write_cookie_file(text: str, name: str = "") -> str:
    """Writes `text` as a private cookie file over one of that name, and removes old files; answers the path.

    The file is called `name` (a preset's), else by a hash of the text. The text is not checked.
    """
    folder = cookie_folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    remove_old(folder, current().clock.time())
    path = folder / f"{name or hashlib.sha256(text.encode()).hexdigest()[:24]}.txt"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return str(path)


def copy_cookie_file(path: str, target: Path) -> bool:
    """Copies one of these files; False when it is not there (any more). A link leads elsewhere and is not followed."""
    if Path(path).resolve().parent != cookie_folder().resolve():
        return False
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return False
    with os.fdopen(descriptor, "rb") as file:
        target.touch(mode=_PRIVATE)
        target.write_bytes(file.read())
    return True


def remove_old(folder: Path, now: float) -> None:
    for path in folder.glob("*.txt"):
        if path.stat().st_mtime < now - _KEPT_SECONDS:
            path.unlink(missing_ok=True)
