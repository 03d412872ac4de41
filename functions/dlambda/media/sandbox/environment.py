"""The environment of sandboxed processes: no credentials, no configuration of the service."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

IMPORT_ROOT: Final = Path(__file__).resolve().parents[3]
_KEPT: Final = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "VIRTUAL_ENV")
# Static builds of ffmpeg die in glibc's character conversion (every MPEG-TS names its service) when they find the
# machine's own conversion modules; with none to find they do without.
_TOOL_VARIABLES: Final = {"GCONV_PATH": "/nonexistent"}


def tool_environment() -> dict[str, str]:
    """The whole environment of ffmpeg, ffprobe and deno."""
    return {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ} | _TOOL_VARIABLES


def python_environment(release: str = "", environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The whole environment of a Python process that imports `dlambda`; packages in the folder `release` win over
    installed ones. `environ`: what the process would inherit.
    """
    own, *other_folders = module_folders()
    return {name: environ[name] for name in _KEPT if name in environ} | {
        "PYTHONPATH": os.pathsep.join(filter(None, [own, release, *other_folders])),
        "PYTHONNOUSERSITE": "1",
        "YTDLP_NO_PLUGINS": "1",
        "HOME": "/nonexistent",  # no configuration, no .netrc, no cache of whoever runs the service
        **_TOOL_VARIABLES,
    }


def module_folders() -> list[str]:
    """Where this process finds its modules: a cloud's layers lie in folders that no variable names.

    Without folders that contain `dlambda`'s own root: a checkout's root holds data and settings, too.
    """
    folders = [str(IMPORT_ROOT)]
    for entry in dict.fromkeys(sys.path):
        if entry and entry not in folders and not IMPORT_ROOT.is_relative_to(os.path.realpath(entry)):
            folders.append(entry)
    return folders
