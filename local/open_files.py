"""How many files the service may have open: connections are files, and the usual 1024 are soon taken."""

import contextlib
import resource
from typing import Final

_MOST_FILES: Final = 65536


def raise_limit() -> int:
    """Raises the limit of this process, and of those that it starts, as far as the machine allows; answers it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft == resource.RLIM_INFINITY or soft >= highest:
        return soft
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
