"""Runs a user's expressions in a process that can be ended.

Regular expressions stop by themselves (`dlambda.domain.rules.pattern`), but no library stops an XPath such as
`//*[count(//*[count(//*)>0])>0]`, and a JMESPath of 100 characters can ask for 2**25 values. A thread with a deadline
would go on computing behind it, so the extraction runs in a child with limits on processor time and memory, and is
killed at the deadline. A start costs about 0.3 s, little against the fetch before it.
"""

import json
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from dlambda.domain.tasks.recipe import read_recipe
from dlambda.errors import Invalid
from dlambda.media.sandbox import programs
from dlambda.media.sandbox.enter import enter_program
from dlambda.media.sandbox.rights import make_policy

DEADLINE_SECONDS: Final = 20.0
_MEMORY_BYTES: Final = 1024 * 1024 * 1024
_MODULE: Final = "dlambda.media.handlers.expressions"


def extract_safely(
    document: Mapping[str, Any],
    body: bytes,
    content_type: str,
    *,
    limit: int,
    deadline_seconds: float = DEADLINE_SECONDS,
) -> tuple[list[dict[str, str]], str]:
    """The first `limit` rows that `document` (a definition as stored) finds in `body`, and the page's `base` address.

    See `dlambda.media.handlers.extraction.Found`. Raises `Invalid` when the body cannot be read, or when the
    expressions take too much time or memory.
    """
    order = {"document": document, "body": b64encode(body).decode(), "content_type": content_type, "most": limit}
    try:
        process = programs.run_python(
            _MODULE, make_policy(), str(deadline_seconds), input=json.dumps(order).encode(), seconds=deadline_seconds
        )
        answer = json.loads(process.stdout) if process.returncode == 0 else None
    except (subprocess.TimeoutExpired, ValueError):
        answer = None
    if answer is None:
        raise Invalid("The expressions of the task definition need too much time or memory.")
    if "error" in answer:
        raise Invalid(answer["error"])
    return answer["rows"], answer["base"]


def _limit(seconds: float) -> None:
    # Not on every system, and needed by no other process than this one.
    import resource

    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """The child: an order on standard input, rows or an error on standard output."""
    enter_program()
    # Here and not above: the asking process needs neither parsel nor jmespath.
    from dlambda.media.handlers.extraction import extract_rows

    order = json.load(sys.stdin)
    _limit(float(sys.argv[1]))
    try:
        recipe = read_recipe(order["document"])
        rows_found = extract_rows(recipe, b64decode(order["body"]), order["content_type"], order["most"])
    except Invalid as error:
        json.dump({"error": error.message}, sys.stdout)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 last resort of this process: only time and memory end it without a word
        name = type(error).__name__
        json.dump({"error": f"The task definition could not be applied to the page: {name}."}, sys.stdout)
    else:
        json.dump({"rows": rows_found.rows, "base": rows_found.base}, sys.stdout)


if __name__ == "__main__":
    main()
