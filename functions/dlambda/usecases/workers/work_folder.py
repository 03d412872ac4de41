"""Folders that downloads and orders work in, and what stands beside them where no worker can write."""

import shutil
from pathlib import Path


def remove_folder(folder: Path) -> None:
    """Removes a work folder and the files beside it that are named after it."""
    shutil.rmtree(folder, ignore_errors=True)
    for beside in folder.parent.glob(f"{folder.name}.*"):
        beside.unlink(missing_ok=True)
