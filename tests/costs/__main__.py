"""`python -m tests.costs`: counts what a download takes of the tables, on one machine, and writes docs/costs.md.

The service counts the units of its tables itself (`/metrics`); what a table of one machine answers is what DynamoDB would.
"""

import re
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dlambda.usecases.items import download_item, download_run, intake
from local import template
from tests.costs.model import (
    EGRESS_PER_GB,
    METRIC_PER_MONTH,
    SECRET_PER_MONTH,
    STORAGE_PER_GB_MONTH,
    X86_TIMES,
    Assumptions,
    Work,
    download,
    flood_month,
    hour_played,
    idle_month,
    invocation,
    observed_month,
)
from tests.e2e.api import wait_until
from tests.e2e.listener import Listener
from tests.e2e.service import Service
from tests.origin import Origin

_PAGE = template.ROOT / "docs" / "costs.md"
_CLIPS, _SLOW_CLIPS = 20, 2
_SLOW_SECONDS = 20
_FLUSH_SECONDS = 12  # until each process has stored its counters
_IDLE_SECONDS = 60  # one of the minute's rounds
_ONE_PROCESSOR_MB = 1769
_METRICS = 20  # series that a stack in use has
_MESSAGES = 3.0  # intake, download, and the wake of a free slot now and then
_SERIES = re.compile(r"^dlambda_table_(write|read)_units_total\S* ([\d.e+]+)$", re.MULTILINE)


def _units(service: Service) -> dict[str, float]:
    """Read and write units so far."""
    time.sleep(_FLUSH_SECONDS)
    sums = {"read": 0.0, "write": 0.0}
    for kind, number in _SERIES.findall(service.api.get("/metrics").body.decode()):
        sums[kind] += float(number)
    return sums


def _download(service: Service, *urls: str) -> None:
    """Adds them one by one and hears of their ends, as a client does: who asks again and again pays for that."""
    with Listener(service.base) as listener:
        listener.wait("connected")
        for url in urls:
            assert service.api.add(url).status == 200
        wait_until(
            lambda: len(listener.of("item_moved")) >= len(urls), 240, lambda: str(listener.messages[-3:]), pause=0.2
        )


def count() -> dict[str, float]:
    """Units of an item, and of each second that a longer one takes; without what an idle service takes."""
    with (
        tempfile.TemporaryDirectory(prefix="dlambda-costs-") as folder,
        Origin() as origin,
        Service(Path(folder) / "data", {"YTP_ALLOW_INTERNAL_URLS": "true"}) as service,
    ):
        _download(service, origin.url("clip-costs-warm.mp4"))
        before = _units(service)
        began = time.monotonic()
        _download(service, *(origin.url(f"clip-costs-{number}.mp4") for number in range(_CLIPS)))
        busy = time.monotonic() - began
        after = _units(service)
        idle_began = time.monotonic()
        time.sleep(_IDLE_SECONDS - _FLUSH_SECONDS)
        idle = _units(service)
        rate = {kind: (idle[kind] - after[kind]) / (time.monotonic() - idle_began) for kind in idle}
        item = {kind: max(0.0, (after[kind] - before[kind] - rate[kind] * (busy + _FLUSH_SECONDS)) / _CLIPS)
                for kind in idle}  # fmt: skip
        path = f"slow/{origin.media('clip.mp4').stat().st_size // _SLOW_SECONDS}/clip-costs-slow"
        _download(service, *(origin.url(f"{path}-{number}.mp4") for number in range(_SLOW_CLIPS)))
        slow = _units(service)["write"] - idle["write"]
    lease = max(0.0, (slow / _SLOW_CLIPS - item["write"]) / _SLOW_SECONDS)
    return {"write_units": item["write"], "read_units": item["read"], "lease_units": lease, "messages": _MESSAGES}


def _rows(work: Work, number: int) -> str:
    dollars = work.times(number).dollars()
    lines = [f"| {name} | {cost:.2f} |" for name, cost in dollars.items() if cost >= 0.005]
    return "\n".join([*lines, f"| **sum** | **{sum(dollars.values()):.2f}** |"])


def _total(work: Work) -> float:
    return sum(work.dollars().values())


def _sum(work: Work) -> float:
    return _total(work.times(1000))


def page(counted: Mapping[str, float]) -> str:
    """docs/costs.md."""
    document = template.load()
    usual = document["Globals"]["Function"]["MemorySize"]
    resources: Mapping[str, Any] = document["Resources"]
    of_download = document["Parameters"]["DownloadMemory"]["Default"]
    sizes = {name: each["Properties"].get("MemorySize", usual) for name, each in resources.items()
             if each["Type"] == "AWS::Serverless::Function"}  # fmt: skip
    memory = {name: of_download if size == {"Ref": "DownloadMemory"} else size for name, size in sizes.items()}
    less_memory = memory | {"OnDownloadFunction": _ONE_PROCESSOR_MB}
    given = Assumptions()
    usual_work = download(counted, given, memory)
    slow_source = Assumptions(source_mb_per_second=1)
    slow = download(counted, slow_source, memory)
    cheap, slow_cheap = (download(counted, assumed, less_memory) for assumed in (given, slow_source))
    played = hour_played(given, memory, again=False)
    alarms = sum(each["Type"] == "AWS::CloudWatch::Alarm" for each in resources.values())
    secrets = sum(
        each["Type"] == "AWS::SecretsManager::Secret" and "Condition" not in each for each in resources.values()
    )
    idle = idle_month(secrets, len(template.read().consumers))
    observed = observed_month(alarms, _METRICS)
    basic, more = sum(idle.values()), sum(observed.values())
    idle_rows = "\n".join(
        [f"| {name} | {cost:.2f} | {cost:.2f} |" for name, cost in idle.items()]
        + [f"| {name} | | {cost:.2f} |" for name, cost in observed.items()]
    )
    rate = document["Parameters"]["ThrottlingRate"]["Default"]
    played_gb = given.stream_mbit / 8 * 3600 / 1000 * 1000
    return f"""# What AWS costs

Written by `make costs`, which downloads {_CLIPS} clips on one machine and takes the units of the tables from `/metrics`. Prices: us-east-1,
on demand, without the free tier, November 2026 (`tests/costs/model.py`).

Counted: an item takes {counted["write_units"]:.0f} write units and {counted["read_units"]:.0f} read units, and {counted["lease_units"]:.1f} write units
for each second that it downloads. Assumed: files of {given.file_mb:.0f} MB from a source of {given.source_mb_per_second:.0f} MB/s, an extraction of
{given.extraction_seconds:.0f} s, {given.api_calls:.0f} requests of a client and {given.log_kb:.0f} KB of log for each, uploads in parts of {given.part_mb:.0f} MB, and the requests
of S3 and SQS, which are read from the code.

Most read units are for records of the lists' journal that are not folded yet ([list-journal](decisions/list-journal.md)): who reads a list
or its numbers asks for all of them, consistently, a unit each.

## 1,000 downloads

| part | $ |
| --- | ---: |
{_rows(usual_work, 1000)}

From a source of 1 MB/s: **${_sum(slow):.2f}**: a function that waits costs what one costs that works. Keeping the files costs
${given.file_mb * STORAGE_PER_GB_MONTH:.2f} a month, and fetching each once ${given.file_mb * EGRESS_PER_GB:.2f}.

With `DownloadMemory={_ONE_PROCESSOR_MB}` the two are ${_sum(cheap):.2f} and ${_sum(slow_cheap):.2f}. What was measured of a function that downloads
(all its processes together, November 2026, on x86_64; the processor's seconds with its start, on a busy machine):

| work | memory, MB | seconds of a processor |
| --- | ---: | ---: |
| 25 MB at 1 MB/s | 145 | 4.5 |
| 600 MB as fast as the disk | 180 | 7.3 |
| 200 MB of DASH at 10 MB/s, four fragments at once, merged | 300 | 13.8 |
| libx264 alone: a film in 1080p; in 4K | 490; 1,700 | |

So {_ONE_PROCESSOR_MB:,} MB, which is one processor, are enough for all but conversions of films in 4K, for which there are {of_download:,}.

## 1,000 hours in the player

| part | $ |
| --- | ---: |
{_rows(played, 1000)}

Again, from segments that are there: **${_sum(hour_played(given, memory, again=True)):.2f}**. What goes out, at {given.stream_mbit:.0f} Mbit/s: ${played_gb * EGRESS_PER_GB:.0f}. {given.segments_an_hour:.0f} segments an hour, of which one takes
{given.segment_seconds} s to make.

## A month in which nobody does anything

| part | `Observability=basic`, $ | `full`, $ |
| --- | ---: | ---: |
{idle_rows}
| **sum** | **{basic:.2f}** | **{basic + more:.2f}** |

An `AlarmTopic` adds the alarms to `basic`, and {2 * METRIC_PER_MONTH:.2f} for the two metrics that are counted in the log. Each queue is asked by five pollers, each
with a request of 20 seconds: that is the least that AWS does. A provider for signing in adds a secret, {SECRET_PER_MONTH:.2f}.

## What bounds it

| guard | where |
| --- | --- |
| downloads, extractions, tasks at once | `MaxWorkers`, `ExtractInfoConcurrency`, `TaskMaxWorkers`; `make deploy` offers what the account can run |
| requests a second of strangers | `ThrottlingRate`, `ThrottlingBurst`: at {rate} a second, all month, ${_total(flood_month(rate)):.0f} |
| entries of a playlist or feed | `YTP_MAX_PLAYLIST_ENTRIES` (in `Settings`) |
| bytes of a day | `YTP_DAILY_GB`, `YTP_DAILY_GB_PER_USER` (in `Settings`) |
| bytes of the key API | `DefaultQuotaGb`, `AvailableGb` in `QuotaRateMinutes` |
| an item that never ends | a download that gets no further is begun {download_item.MOST_BEGINNINGS} times at most, where one of {download_run.LONG_SECONDS:.0f} s counts as {download_run.LONG_BEGINNINGS}: ${_poison(memory):.2f} at worst; an extraction {intake.MOST_BEGINNINGS} times: ${_poison_intake(memory):.2f} |
| the account | `MonthlyBudget` sends a mail, and stops nothing |

Functions are of arm64; with `ARCH=x86_64` the GB-seconds cost {X86_TIMES:.2f} times as much. What is cheapest to change: a source limited by its site with fewer workers
(`MaxWorkersPerExtractor`), files removed when they were fetched (`YTP_REMOVE_FILES`).
"""


def _poison(memory: Mapping[str, float]) -> float:
    """Of an item whose worker is stopped each time: after a whole invocation, or just before it counts as long."""
    size = memory["OnDownloadFunction"]
    long = invocation(900, size).times(download_item.MOST_BEGINNINGS / download_run.LONG_BEGINNINGS + 1)
    short = invocation(download_run.LONG_SECONDS, size).times(download_item.MOST_BEGINNINGS + 1)
    return max(_total(long), _total(short))


def _poison_intake(memory: Mapping[str, float]) -> float:
    """Of an item whose extraction is stopped with its whole invocation, each time."""
    return _total(invocation(300, memory["OnIntakeFunction"]).times(intake.MOST_BEGINNINGS + 1))


def main() -> int:
    counted = count()
    _PAGE.write_text(page(counted))
    print(counted, f"written to {_PAGE.relative_to(template.ROOT)}", sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
