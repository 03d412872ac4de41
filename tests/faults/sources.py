"""Origins that reset connections, stall, and lie about the length of what they send."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from tests.faults.deployments import one_machine
from tests.faults.fault import Fault, Scene
from tests.faults.jobs import Job, JobsOf, Outcome
from tests.origin import Origin

_TIMES = (2, 3)
"""Of a file: its extraction reads its beginning, and so is the first."""
_TIMES_OF_STREAMS = (1,)  # its playlist and each of its parts
_STREAMS = ("hls/high/index.m3u8", "hls/aes/index.m3u8", "dash/manifest.mpd")
_QUICK = {"cli": "--socket-timeout 3 --retries 4"}


@contextlib.contextmanager
def _open(place: Path) -> Iterator[Scene]:
    with one_machine(place, YTP_RETRIES="2") as deployment:
        yield Scene(deployment, lambda _: None)


def _jobs(kind: str, most_bytes: int) -> JobsOf:
    """Jobs whose answers are faulty a few times each, and one whose answers stay so, which must fail."""

    def jobs(origin: Origin, tag: str, random: Random) -> list[Job]:
        def faulty(times: Sequence[int]) -> str:
            return f"{kind}/{random.choice(times)}x{random.randrange(1, most_bytes)}"

        speed = random.randrange(400_000, 900_000)
        plans = [
            (f"{faulty(_TIMES)}/slow/{speed}/clip-{tag}-0.mp4", Outcome.EXACT),
            (f"{faulty(_TIMES)}/no-range/clip-{tag}-1.mp4", Outcome.EXACT),
            (f"{faulty(_TIMES)}/clip-{tag}-2.mp4", Outcome.EXACT),
            (f"{faulty(_TIMES_OF_STREAMS)}/{random.choice(_STREAMS)}?{tag}", Outcome.WHOLE),
            (f"{kind}/999x150000/clip-{tag}-e.mp4", Outcome.FAILED),
            (f"slow/100000/clip-{tag}-c.mp4", Outcome.CANCELLED),
        ]
        return [
            Job(origin.url(path), f"faults/{tag}/{number}", outcome, fields=_QUICK)
            for number, (path, outcome) in enumerate(plans)
        ]

    return jobs


SOURCES = (
    Fault(
        "origin-resets",
        "the origin resets connections in the middle of files, two or three times each, of one for ever",
        _open,
        _jobs("reset", 400_000),
    ),
    Fault(
        "origin-stalls", "the origin stops sending in the middle of files, as often", _open, _jobs("stalls", 400_000)
    ),
    Fault(
        "origin-lies",
        "the origin says that files are longer than they are, as often",
        _open,
        _jobs("claims", 500_000),
    ),
)
