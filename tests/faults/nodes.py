"""Two nodes on shared services: one is killed, or their clocks are apart."""

import contextlib
import struct
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

from tests.e2e.service import Service
from tests.e2e.two_nodes import shared_services
from tests.faults.deployments import SETTINGS, Deployment
from tests.faults.fault import Fault, Scene
from tests.faults.kills import CUT_OFF

_LONGEST_WAIT_SECONDS = 8.0
_START_SECONDS = 240.0
_APART_SECONDS = 120
_ROUND_SECONDS = "10"


@contextlib.contextmanager
def _two_nodes(place: Path, settings_of_first: dict[str, str] | None = None) -> Iterator[Deployment]:
    with shared_services(place) as settings:
        shared = SETTINGS | settings | {"DLAMBDA_TICK_SECONDS": _ROUND_SECONDS}
        first = Service(place / "first", shared | {"DLAMBDA_NODE": "first"} | (settings_of_first or {}))
        second = Service(place / "second", shared | {"DLAMBDA_NODE": "second"})
        with first, second:
            yield Deployment([first, second])


@contextlib.contextmanager
def _node_killed(place: Path) -> Iterator[Scene]:
    with _two_nodes(place) as deployment:
        first = deployment.nodes[0]
        struck = Counter[str]()

        def strike(random: Random) -> None:
            time.sleep(random.uniform(0, _LONGEST_WAIT_SECONDS))
            first.kill()
            struck["nodes"] += 1

        def start_again() -> None:
            first.launch()
            first.wait_ready(_START_SECONDS)

        yield Scene(deployment, strike, start_again, struck)


def _compile(place: Path) -> Path:
    """The library that shifts a process's clock."""
    library = place / "clock.so"
    source = Path(__file__).with_name("clock.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", str(library), str(source), "-ldl"], check=True)
    return library


@contextlib.contextmanager
def _clocks_apart(place: Path) -> Iterator[Scene]:
    clock = place / "clock"

    def shift(seconds: int) -> None:
        with clock.open("r+b") as file:
            file.write(struct.pack("q", seconds * 1_000_000_000))

    clock.touch()
    shift(_APART_SECONDS)
    struck = Counter[str]()
    with _two_nodes(place, {"LD_PRELOAD": str(_compile(place)), "CLOCK_FILE": str(clock)}) as deployment:

        def strike(random: Random) -> None:
            time.sleep(random.uniform(0, _LONGEST_WAIT_SECONDS))
            shift(random.choice([-_APART_SECONDS, _APART_SECONDS]))
            struck["clocks set"] += 1

        yield Scene(deployment, strike, struck=struck)


NODE = Fault(
    "node",
    "SIGKILL of every process of one of two nodes, which starts again when all has ended",
    _node_killed,
    explains=CUT_OFF,
    tells_again=True,
)
CLOCKS = Fault(
    "clocks",
    "two nodes whose clocks are two minutes apart; in each round one of them may jump by four",
    _clocks_apart,
)
