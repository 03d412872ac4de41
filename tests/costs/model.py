"""What AWS costs, from what was counted: pure. `make costs` counts, and writes docs/costs.md."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

# Dollars in us-east-1, on demand, without the free tier; looked up in November 2026.
PRICES: Final[Mapping[str, float]] = MappingProxyType(
    {
        "Lambda, GB-seconds": 13.33e-6,  # arm64
        "Lambda, requests": 0.20e-6,
        "DynamoDB, write units": 0.625e-6,
        "DynamoDB, read units": 0.125e-6,
        "S3, PUT and LIST": 5e-6,
        "S3, GET": 0.4e-6,
        "HTTP API, requests": 1e-6,
        "SQS, requests": 0.4e-6,
        "CloudWatch, GB of log": 0.50,
    }
)
X86_TIMES: Final = 1.25
"""How much more a GB-second of x86_64 costs."""
EGRESS_PER_GB: Final = 0.09
STORAGE_PER_GB_MONTH: Final = 0.023
ALARM_PER_MONTH, METRIC_PER_MONTH, DASHBOARD_PER_MONTH, SECRET_PER_MONTH = 0.10, 0.30, 3.0, 0.40
_SHARE_OF_MEMORY_SIZE: Final = 1024.0


@dataclass(frozen=True, slots=True)
class Work:
    """How much of each priced thing one piece of work takes."""

    amounts: Mapping[str, float] = field(default_factory=dict)

    def __add__(self, other: "Work") -> "Work":
        names = {*self.amounts, *other.amounts}
        return Work({name: self.amounts.get(name, 0) + other.amounts.get(name, 0) for name in names})

    def times(self, number: float) -> "Work":
        return Work({name: amount * number for name, amount in self.amounts.items()})

    def dollars(self) -> dict[str, float]:
        """By priced thing, the dearest first."""
        costs = {name: amount * PRICES[name] for name, amount in self.amounts.items()}
        return dict(sorted(costs.items(), key=lambda pair: -pair[1]))


def invocation(seconds: float, memory_mb: float) -> Work:
    """One call of a function."""
    return Work({"Lambda, GB-seconds": seconds * memory_mb / _SHARE_OF_MEMORY_SIZE, "Lambda, requests": 1})


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What is not counted here, but depends on sites and users."""

    file_mb: float = 200
    source_mb_per_second: float = 10
    extraction_seconds: float = 4
    api_calls: float = 6  # of a client, for each download
    log_kb: float = 6
    part_mb: float = 16
    segments_an_hour: float = 600
    segment_seconds: float = 0.22  # of a function with 2 GB, for one that is copied
    stream_mbit: float = 5


def download(counted: Mapping[str, float], given: Assumptions, memory: Mapping[str, float]) -> Work:
    """One item from the add to its file.

    `counted`: `write_units`, `read_units` of an item, `lease_units` of each second that it downloads, `messages`.
    `memory`: MB of `OnDownloadFunction`, `OnIntakeFunction`, `HistoryFunction`.
    """
    seconds = given.file_mb / given.source_mb_per_second + 3
    parts = given.file_mb / given.part_mb
    return (
        invocation(seconds, memory["OnDownloadFunction"])
        + invocation(given.extraction_seconds, memory["OnIntakeFunction"])
        + invocation(0.1, memory["HistoryFunction"]).times(given.api_calls)
        + Work(
            {
                "DynamoDB, write units": counted["write_units"] + counted["lease_units"] * seconds,
                "DynamoDB, read units": counted["read_units"],
                "S3, PUT and LIST": 4 + parts,
                "S3, GET": 3,
                "HTTP API, requests": given.api_calls,
                # A message is sent, received and deleted.
                "SQS, requests": 3 * counted["messages"],
                "CloudWatch, GB of log": given.log_kb / 1e6,
            }
        )
    )


def hour_played(given: Assumptions, memory: Mapping[str, float], *, again: bool) -> Work:
    """One hour in the player. `again`: its segments are in the bucket."""
    seconds = 0.03 if again else given.segment_seconds
    segment = invocation(seconds, memory["PlayerFunction"]) + Work(
        {
            "HTTP API, requests": 1,
            "S3, GET": 3,
            "S3, PUT and LIST": 0 if again else 1,
            "DynamoDB, write units": 0 if again else 2,
            "DynamoDB, read units": 0.2,
        }
    )
    return segment.times(given.segments_an_hour)


def flood_month(requests_per_second: float) -> Work:
    """What strangers can ask for in a month, at the rate that the API takes."""
    one = invocation(0.1, _SHARE_OF_MEMORY_SIZE) + Work({"HTTP API, requests": 1})
    return one.times(requests_per_second * 30 * 24 * 3600)


def idle_month(secrets: int, mappings: int) -> dict[str, float]:
    """Dollars a month of a stack that nobody uses."""
    minutes = 30 * 24 * 60
    polls = mappings * 5 * 3 * minutes  # five pollers of a mapping, each with a long poll of 20 s
    rounds = (invocation(0.5, 1024) + Work({"DynamoDB, read units": 16, "DynamoDB, write units": 0.5})).times(minutes)
    return {
        "secrets": secrets * SECRET_PER_MONTH,
        "queues that are asked": polls * PRICES["SQS, requests"],
        "the minute's round": sum(rounds.dollars().values()),
    }


def observed_month(alarms: int, metrics: int) -> dict[str, float]:
    """Dollars a month that `Observability=full` adds."""
    return {
        "metrics": metrics * METRIC_PER_MONTH,
        "dashboard": DASHBOARD_PER_MONTH,
        "alarms": alarms * ALARM_PER_MONTH,
    }
