"""ffmpeg and ffprobe: where they are, and what a file holds."""

import os
import shutil
from functools import lru_cache
from pathlib import Path

from dlambda.settings import get_settings

_LAYER_DIR = Path("/opt/bin")


def find_tool(name: str) -> str | None:
    """The path of `ffmpeg`, `ffprobe` or `deno`: in the tools folder, on PATH, in the layer; None when there is none."""
    return _find(name, get_settings().tools_dir, os.environ.get("PATH", ""))


@lru_cache(maxsize=16)
def _find(name: str, tools_dir: str, path: str) -> str | None:
    folders = [tools_dir, path, str(_LAYER_DIR)]
    return shutil.which(name, path=os.pathsep.join(folder for folder in folders if folder))
