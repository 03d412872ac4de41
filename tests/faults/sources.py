"""Origins that reset connections, stall, and lie about the length of what they send."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from tests.faults.deployments import one_machine
from tests.faults.fault import Fault, Scene
from tests.faults.jobs import Job, JobsOf, Outcome
from tests.origin import Origin

_TIMES = (2, 3)
_STREAMS = ("hls/high/index.m3u8", "hls/aes/index.m3u8", "dash/manifest.mpd")
_QUICK = {"cli": "--socket-timeout 3 --retries 4"}


@contextlib.contextmanager
def _open(place: Path) -> Iterator[Scene]:
    with one_machine(place, YTP_RETRIES="2") as deployment:
        yield Scene(deployment, lambda _: None)


def _jobs(prefix: Callable[[Random], str], for_ever: str) -> JobsOf:
    """Jobs whose answers are faulty once or twice each, and one whose answers stay so, which must fail."""

    def jobs(origin: Origin, tag: str, random: Random) -> list[Job]:
        speed = random.randrange(400_000, 900_000)
        plans = [
            (f"{prefix(random)}/slow/{speed}/clip-{tag}-0.mp4", Outcome.EXACT),
            (f"{prefix(random)}/no-range/clip-{tag}-1.mp4", Outcome.EXACT),
            (f"{prefix(random)}/clip-{tag}-2.mp4", Outcome.EXACT),
            (f"{prefix(random)}/{random.choice(_STREAMS)}?{tag}", Outcome.WHOLE),
            (f"{for_ever}/clip-{tag}-e.mp4", Outcome.FAILED),
            (f"slow/100000/clip-{tag}-c.mp4", Outcome.CANCELLED),
        ]
        return [
            Job(origin.url(path), f"faults/{tag}/{number}", outcome, fields=_QUICK)
            for number, (path, outcome) in enumerate(plans)
        ]

    return jobs


def _at(random: Random) -> int:
    """A byte of the clip after which something happens; streams have shorter files, and may be whole by then."""
    return random.randrange(1_000, 400_000)


SOURCES = (
    Fault("origin-resets", "the origin resets connections in the middle of files", _open,
          _jobs(lambda random: f"reset/{random.choice(_TIMES)}x{_at(random)}", "reset/999x150000")),
    Fault("origin-stalls", "the origin sends nothing more in the middle of files", _open,
          _jobs(lambda random: f"stalls/{random.choice(_TIMES)}x{_at(random)}", "stalls/999x150000")),
    Fault("origin-lies", "the origin names lengths that are not those of its answers", _open,
          _jobs(lambda random: f"claims/{random.choice(_TIMES)}x{random.randrange(1, 500_000)}", "claims/999x100000")),
)  # fmt: skip
