"""What a round adds: downloads of each kind, with what must come of each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from random import Random

from tests.origin import Origin


class Outcome(Enum):
    """What must come of a job."""

    EXACT = "the bytes of the clip"
    WHOLE = "a file that decodes as the whole clip"
    FAILED = "an error"
    CANCELLED = "its user ends it"
    ENTRIES = "items for its entries, each with the bytes of the clip"


@dataclass(frozen=True)
class Job:
    """One URL that is added. `entries`: the URLs of the items that it becomes. `fields`: more of its request."""

    url: str
    folder: str
    outcome: Outcome = Outcome.EXACT
    entries: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)

    def outcomes(self) -> dict[str, Outcome]:
        """URL of each item that is in a list at the end -> what must have come of it."""
        if self.outcome is Outcome.ENTRIES:
            return dict.fromkeys(self.entries, Outcome.EXACT)
        return {self.url: self.outcome}


JobsOf = Callable[[Origin, str, Random], list[Job]]
"""The jobs of a round: of an origin, with the round's tag in each URL."""


def mixed_jobs(origin: Origin, tag: str, random: Random) -> list[Job]:
    """Downloads that take up to ten seconds when nothing happens: seven items that stay."""
    speed = [random.randrange(300_000, 900_000) for _ in range(2)]
    stream = random.choice(["hls/high/index.m3u8", "hls/aes/index.m3u8", "dash/manifest.mpd"])
    ranges = random.choice(["", "no-range/"])
    plans = [
        (f"slow/{speed[0]}/{ranges}clip-{tag}-0.mp4", Outcome.EXACT),
        (f"slow/{speed[1]}/{stream}?{tag}", Outcome.WHOLE),
        (f"clip-{tag}-x.mp4", Outcome.EXACT),
        (f"status/404/{tag}.mp4", Outcome.FAILED),
        (f"slow/100000/clip-{tag}-c.mp4", Outcome.CANCELLED),
    ]
    jobs = [Job(origin.url(path), f"faults/{tag}/{number}", outcome) for number, (path, outcome) in enumerate(plans)]
    return [*jobs, playlist(origin, tag, 2)]


def playlist(origin: Origin, tag: str, count: int) -> Job:
    """A feed whose entries become items."""
    entries = origin.publish(tag, count)
    return Job(origin.url(f"watched/{tag}.rss"), f"faults/{tag}/feed", Outcome.ENTRIES, tuple(entries))
