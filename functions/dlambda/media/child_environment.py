"""What processes that handle foreign pages and files know of ours: no credentials, no configuration."""

import os
import sys
from pathlib import Path

from dlambda.media.ffmpeg import TOOL_ENVIRONMENT

_IMPORT_ROOT = Path(__file__).resolve().parents[2]
_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "VIRTUAL_ENV")


def child_environment() -> dict[str, str]:
    """The whole environment of a Python process that imports `dlambda`."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return kept | {
        # Where this process found its modules: a cloud's layers lie in folders that no variable names.
        "PYTHONPATH": os.pathsep.join([str(_IMPORT_ROOT), *(entry for entry in sys.path if entry)]),
        "PYTHONNOUSERSITE": "1",
        "HOME": "/nonexistent",  # no configuration, no .netrc, no cache of whoever runs the service
        **TOOL_ENVIRONMENT,
    }
