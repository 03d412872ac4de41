"""The library that imitates browsers' handshakes, `curl_cffi`: 41 MB and 0.1 s, so only who needs it loads it.

yt-dlp looks for it when it is imported. `hide` comes before that, in every module that imports yt-dlp first; `load`
brings the library to a yt-dlp that was imported without it.
"""

import importlib
import importlib.metadata
import sys
from typing import Any, Final

_NAME: Final = "curl_cffi"
MISSING_TEXT: Final = "Imitating a browser needs the package curl_cffi, which is not installed: make install brings it."


def hide() -> None:
    """Makes yt-dlp's import find no such library. Does nothing where it is loaded."""
    sys.modules.setdefault(_NAME, None)  # type: ignore[arg-type] # for the import system: not there


def is_installed() -> bool:
    """True if `load` will find it."""
    try:
        importlib.metadata.version(_NAME)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def load() -> Any:
    """The library. Raises ImportError where it is missing, or of a version that yt-dlp does not know."""
    if sys.modules.get(_NAME) is None:
        sys.modules.pop(_NAME, None)
    try:
        library = importlib.import_module(_NAME)
    except ImportError:
        hide()
        raise
    importlib.import_module("yt_dlp.dependencies").curl_cffi = library  # type: ignore[attr-defined]
    return library
