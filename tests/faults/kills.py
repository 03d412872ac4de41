"""SIGKILL at a random moment: of one process, of a node, of everything at once."""

import contextlib
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from random import Random

from tests.e2e.processes import Process, kill_all, role_of
from tests.e2e.service import Service
from tests.faults.deployments import one_machine
from tests.faults.fault import Fault, Scene

_LONGEST_WAIT_SECONDS = 6.0
_LOOK_SECONDS = 0.1
CUT_OFF = re.compile(
    "Connect|Connection|BrokenPipe|RemoteDisconnected|Timeout|timed out|EndpointConnectionError|IncompleteRead"
    "|EngineError|does not answer|ServiceUnavailable|InternalServerError|TransactWriteError",
    re.IGNORECASE,
)
Choose = Callable[[list[Process]], list[Process]]
Kill = Callable[[Service, Random], Counter[str]]
"""Answers how many processes of each kind were killed."""


def _roles(*roles: str) -> Choose:
    return lambda processes: [process for process in processes if role_of(process) in roles]


def _media_workers(processes: list[Process]) -> list[Process]:
    """Children of the warm process, and theirs: each works for one invocation of a function."""
    warm = {process.pid for process in processes if role_of(process) == "child.warm"}
    return [process for process in processes if process.parent in warm or role_of(process) == "ffmpeg"]


def _kill_one(choose: Choose) -> Kill:
    """Kills one of the processes that `choose` names; waits a while for one."""

    def kill(service: Service, random: Random) -> Counter[str]:
        end = time.monotonic() + _LONGEST_WAIT_SECONDS
        while not (victims := choose(service.processes())) and time.monotonic() < end:
            time.sleep(_LOOK_SECONDS)
        chosen = [random.choice(victims)] if victims else []
        kill_all(chosen)
        return Counter(map(role_of, chosen))

    return kill


def _kill_everything(service: Service, _random: Random) -> Counter[str]:
    service.kill()
    service.launch()
    return Counter({"everything": 1})


def _kill_supervisor(service: Service, _random: Random) -> Counter[str]:
    kill_all([process for process in service.processes() if process.pid == service.supervisor])
    while not service.restart_if_ended():
        time.sleep(_LOOK_SECONDS)
    return Counter({"supervisor": 1})


def _of_one_machine(kill: Kill) -> Callable[[Path], AbstractContextManager[Scene]]:
    """Strikes once or twice."""

    @contextlib.contextmanager
    def open_scene(place: Path) -> Iterator[Scene]:
        with one_machine(place) as deployment:
            [service] = deployment.nodes

            struck = Counter[str]()

            def strike(random: Random) -> None:
                for _ in range(random.choice([1, 2])):
                    time.sleep(random.uniform(0, _LONGEST_WAIT_SECONDS))
                    struck.update(kill(service, random))

            yield Scene(deployment, strike, struck=struck)

    return open_scene


def _fault(name: str, says: str, kill: Kill) -> Fault:
    return Fault(name, says, _of_one_machine(kill), explains=CUT_OFF)


_WORKER = _kill_one(_roles("local.worker"))
_FUNCTION = _kill_one(_media_workers)
_GATEWAY = _kill_one(_roles("local.gateway"))
_ENGINE = _kill_one(_roles("dynoxide", "queue_engine", "rclone"))


def _kill_anything(service: Service, random: Random) -> Counter[str]:
    """Three kills of different kinds, one soon after another."""
    killed = Counter[str]()
    for kill in random.sample([_WORKER, _FUNCTION, _GATEWAY, _ENGINE, _kill_supervisor, _kill_everything], 3):
        killed += kill(service, random)
        time.sleep(random.uniform(0, _LONGEST_WAIT_SECONDS / 2))
    return killed


KILLS = (
    _fault("worker", "SIGKILL of the process that runs queue functions", _WORKER),
    _fault("function", "SIGKILL of a process of one function: yt-dlp or ffmpeg", _FUNCTION),
    _fault("gateway", "SIGKILL of the gateway", _GATEWAY),
    _fault("engine", "SIGKILL of an engine: tables, queues or media", _ENGINE),
    _fault("supervisor", "SIGKILL of the supervisor alone", _kill_supervisor),
    _fault("everything", "SIGKILL of every process at once, as when the power goes", _kill_everything),
    _fault("kills", "three of the kills above, one soon after another", _kill_anything),
)
