"""Names that files of the library have for a moment: while they are written, they are nobody's yet.

Imports nothing of ours: a process at the start removes what is left of them.
"""

import contextlib
import os
import re
import secrets
from pathlib import Path

# No film has such a name by its title: files have an extension.
_FORM = re.compile(r"\.incoming-[0-9a-f]{16}")


def new_name() -> str:
    """Makes a name that no other file has."""
    return f".incoming-{secrets.token_hex(8)}"


def is_being_written(name: str) -> bool:
    """True if a file of that name is nobody's yet."""
    return bool(_FORM.fullmatch(name))


def remove_leftovers(folder: Path, before: float) -> None:
    """Removes what killed processes have left below `folder` until `before` (unix seconds). Follows no link."""
    for _, _, names, descriptor in os.fwalk(folder, follow_symlinks=False):
        for name in filter(is_being_written, names):
            with contextlib.suppress(OSError):
                if os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_ctime < before:
                    os.unlink(name, dir_fd=descriptor)
