"""Notification services behind Apprise-style URLs (`mailto://`, `tgram://` ...), in a process of their own.

Apprise opens connections by many libraries, to hosts that its URLs name. The address guard is an audit hook that cannot
be taken off again, and in the caller's process it would refuse the engines; and a process can be ended when it hangs.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

TIMEOUT_SECONDS: Final = 45.0


@dataclass(frozen=True)
class Outcome:
    """How one URL took it. `usable`: it names a service that is known; else no later try helps."""

    ok: bool
    error: str | None = None
    usable: bool = True


def send(
    urls: Sequence[str],
    title: str,
    body: str,
    *,
    config: str = "",
    allow_internal: bool = False,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> list[Outcome]:
    """Tells each of `urls`, and the services of the Apprise file `config` if it is there; answers for the URLs."""
    job = {"urls": list(urls), "title": title, "body": body, "config": config, "allow_internal": allow_internal}
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "dlambda.media.services_child"],
            input=json.dumps(job),
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            check=True,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        return [Outcome(ok=False, error="Timed out")] * len(urls)
    except subprocess.CalledProcessError as error:
        raise RuntimeError(f"The notification process failed: {error.stderr[-500:]}") from None
    return [_outcome(each) for each in json.loads(done.stdout.splitlines()[-1])]


def _outcome(found: Mapping[str, str | bool | None]) -> Outcome:
    error = found["error"]
    return Outcome(ok=found["ok"] is True, error=None if error is None else str(error), usable=found["usable"] is True)
