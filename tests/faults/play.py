"""Plays the rounds of a fault."""

import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from tests.faults.deployments import Ear
from tests.faults.fault import Fault
from tests.faults.figures import Figures
from tests.faults.leftovers import Logs
from tests.faults.round import Round
from tests.origin import Origin


def play(
    fault: Fault, rounds: int, seed: int, place: Path, on_round: Callable[[Figures, float], object] = lambda *_: None
) -> Figures:
    """Plays rounds on one deployment, with its data in `place`; tells `on_round` the figures and the seconds of each."""
    random = Random(f"{seed}/{fault.name}")
    figures = Figures(fault.name)
    with Origin() as origin, fault.open(place) as scene:
        ears = [Ear(node) for node in scene.deployment.nodes]
        logs = [Logs(node) for node in scene.deployment.nodes]
        for number in range(1, rounds + 1):
            began = time.monotonic()
            jobs = fault.jobs(origin, f"{number}-{random.randrange(1 << 32):08x}", random)
            Round(fault, scene, jobs, random, figures, ears, logs).play()
            figures.struck = scene.struck.copy()
            on_round(figures, time.monotonic() - began)
        for ear in ears:
            ear.close()
    return figures
