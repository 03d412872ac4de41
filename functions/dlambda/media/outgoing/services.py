"""Notification services behind Apprise-style URLs (`mailto://`, `tgram://` ...), in a process of their own.

Apprise opens connections by many libraries, to hosts that its URLs name. The address guard is an audit hook that cannot
be taken off again, and in the caller's process it would refuse the engines; and a process can be ended when it hangs.
"""

import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dlambda.media.sandbox import programs
from dlambda.media.sandbox.policy import Network
from dlambda.media.sandbox.rights import make_policy

TIMEOUT_SECONDS: Final = 45.0
_MODULE: Final = "dlambda.media.outgoing.services_child"


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
    job = {"urls": list(urls), "title": title, "body": body, "config": config}
    readable = (config,) if config else ()
    with tempfile.TemporaryDirectory() as folder:
        policy = make_policy(reads=readable, writes=(folder,), network=Network.BROKER, allow_internal=allow_internal)
        try:
            process = programs.run_python(_MODULE, policy, input=json.dumps(job).encode(), seconds=timeout_seconds)
        except subprocess.TimeoutExpired:
            return [Outcome(ok=False, error="Timed out")] * len(urls)
    if process.returncode:
        raise RuntimeError(f"The notification process failed: {process.stderr[-500:].decode(errors='replace')}")
    return [_outcome(answer) for answer in json.loads(process.stdout.splitlines()[-1])]


def _outcome(answer: Mapping[str, str | bool | None]) -> Outcome:
    error = answer["error"]
    return Outcome(
        ok=answer["ok"] is True, error=None if error is None else str(error), usable=answer["usable"] is True
    )
