"""Where a log line comes from, and what was raised there, as values (docs/contract/system.md 6). Pure.

Paths begin at the import root or at the package: no line says where the service lies on its machine.
"""

import re
import traceback
from functools import lru_cache
from typing import Any, Final

_MOST_FRAMES: Final = 30
_ROOT: Final = re.compile(r".*/(?:site-packages|functions|python3\.\d+)/")


@lru_cache(maxsize=512)
def _place(pathname: str) -> dict[str, str]:
    path = _ROOT.sub("", pathname)
    name = path.rpartition("/")[2]
    return {"path": path.lstrip("/"), "file": name, "module": name.removesuffix(".py")}


def source_of(pathname: str, function: str | None, line: int) -> dict[str, Any]:
    """The place in the code: `path`, `file`, `module`, `function`, `line`."""
    return {**_place(pathname), "function": function or "", "line": line}


def failure_of(error: BaseException | None) -> dict[str, Any]:
    """An exception with the last frames of its stack, outermost first: `type`, `message`, `file`, `line`, `stack`."""
    if error is None:
        return {}
    frames = traceback.extract_tb(error.__traceback__)[-_MOST_FRAMES:]
    stack = [source_of(frame.filename, frame.name, frame.lineno or 0) for frame in frames]
    last = stack[-1] if stack else {"path": "", "line": 0}
    return {
        "type": type(error).__name__,
        "message": str(error),
        "file": last["path"],
        "line": last["line"],
        "stack": stack,
    }
