"""The media tools of this machine: where they are."""

import os
import shutil
import sys
from functools import lru_cache
from pathlib import Path

from dlambda.deployment import current

_LAYER_DIR = Path("/opt/bin")


def find_tool(name: str) -> str | None:
    """The path of `ffmpeg`, `ffprobe` or `deno`: in the tools folder, on PATH, in the layer ...; None without one."""
    return _find(name, current().settings.tools_dir, os.environ.get("PATH", ""))


@lru_cache(maxsize=16)
def _find(name: str, tools_dir: str, path: str) -> str | None:
    # Wheels that carry a binary put it beside Python, which is on PATH only in an activated environment.
    folders = [tools_dir, path, str(_LAYER_DIR), str(Path(sys.executable).parent)]
    return shutil.which(name, path=os.pathsep.join(folder for folder in folders if folder))
