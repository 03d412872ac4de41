"""A fault: where it strikes, how, and what is in the logs because of it."""

import re
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.faults.deployments import Deployment
from tests.faults.jobs import JobsOf, mixed_jobs

_NONE = re.compile(r"(?!)")


@dataclass(frozen=True)
class Scene:
    """A running deployment, and how its fault is brought about and taken away.

    `strike` brings it about at a random moment, and returns when it is over; it runs beside the adds. `relieve` is called
    when every item has ended, and before the lists are looked at. `struck` counts what was done.
    """

    deployment: Deployment
    strike: Callable[[Random], None]
    relieve: Callable[[], object] = lambda: None
    struck: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Fault:
    """One row of the table. `says`: what is done, for people.

    `explains`: last lines of tracebacks that the fault itself causes. `tells_again`: an end may be told twice.
    """

    name: str
    says: str
    open: Callable[[Path], AbstractContextManager[Scene]]
    jobs: JobsOf = mixed_jobs
    explains: re.Pattern[str] = _NONE
    tells_again: bool = False
