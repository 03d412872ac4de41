"""`python -m tests.scale.fairness [--entries 5000] [--adds 20] [--workers 20]`: what one user's feed costs another user.

Starts the whole service with two users. One of them adds single URLs, one after another: first alone, then while the service
works on a feed of thousands that the other one added. Each page is read and each file fetched, from an origin on this
machine. Writes the part of `docs/scale.md` that says how much later the files were there; ends with 1 when it was too late.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from tests.e2e import credentials
from tests.e2e.api import HISTORY, Api
from tests.e2e.service import Service
from tests.origin import Origin

_PAGE = Path(__file__).parents[2] / "docs" / "scale.md"
_BEGIN, _END = "<!-- fairness -->", "<!-- end of fairness -->"
_MOST_SECONDS = 3.0  # later than alone
_LOOK_SECONDS = 0.05
_PAUSE_SECONDS = 2.0  # between two adds
_PATIENCE_SECONDS = 300.0
_BEGUN_ENTRIES = 20  # of the feed, before the first URL is added beside it


@dataclass(frozen=True)
class Life:
    """Seconds from an add until its answer, until its download began, and until its file was there."""

    answered: float
    begun: float
    finished: float


def _follow(user: Api, url: str) -> Life:
    """Adds a URL, and looks at its item until the file is there."""
    began = time.monotonic()
    item_id = user.add(url).json()[0]["_id"]
    answered = time.monotonic() - began
    begun = 0.0
    while (now := time.monotonic() - began) < _PATIENCE_SECONDS:
        status = user.item(item_id)["status"]
        begun = begun or (0.0 if status == "pending" else now)
        if status in HISTORY:
            assert status == "finished", user.item(item_id)
            return Life(answered, begun, now)
        time.sleep(_LOOK_SECONDS)
    raise AssertionError(f"{url} is {user.item(item_id)}")


def _follow_all(user: Api, origin: Origin, name: str, count: int) -> list[Life]:
    lives = []
    for number in range(count):
        lives.append(_follow(user, origin.url(f"clip-{name}-{number}.mp4")))
        time.sleep(_PAUSE_SECONDS)
    return lives


def _total(user: Api, kind: str) -> int:
    total: int = user.listed(kind, per_page=1)["pagination"]["total"]
    return total


def _sign_in(service: Service, admin: Api, name: str) -> Api:
    member = {"username": name, "password": "a long word"}
    made = admin.post("/api/auth/accounts", member)
    assert made.status in {200, 201}, made.body
    answer = Api(service.base).post("/api/auth/login", member)
    return Api(service.base, {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]})


def _high(seconds: Sequence[float]) -> float:
    """What nine in ten are below."""
    return quantiles(seconds, n=10, method="inclusive")[-1]


def _lateness(lives: Mapping[str, Sequence[Life]]) -> float:
    """How much later files are there beside the feed, as a median or for nine in ten, whichever is more."""
    alone, beside = ([life.finished for life in rows] for rows in lives.values())
    return max(median(beside) - median(alone), _high(beside) - _high(alone))


def _table(lives: Mapping[str, Sequence[Life]]) -> str:
    lines = [
        "| seconds from the add until | | median | nine in ten below | highest |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    for moment, text in [
        ("answered", "its answer"),
        ("begun", "its download begins"),
        ("finished", "its file is there"),
    ]:
        for name, rows in lives.items():
            seconds = [getattr(life, moment) for life in rows]
            figures = f"{median(seconds):.2f} | {_high(seconds):.2f} | {max(seconds):.2f}"
            lines.append(f"| {text} | {name} | {figures} |")
    return "\n".join(lines)


def main() -> int:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.scale.fairness")
    parser.add_argument("--entries", type=int, default=5000, help="of the other user's feed")
    parser.add_argument("--adds", type=int, default=20, help="URLs alone, and as many beside the feed")
    parser.add_argument("--workers", type=int, default=20, help="downloads at once (YTP_MAX_WORKERS)")
    parser.add_argument("--no-page", action="store_true", help="leave docs/scale.md as it is")
    options = parser.parse_args()
    settings = {
        "YTP_AUTH_USERNAME": credentials.USER,
        "YTP_AUTH_PASSWORD": credentials.PASSWORD,
        "YTP_MAX_WORKERS": str(options.workers),
        "YTP_MAX_WORKERS_PER_EXTRACTOR": str(options.workers),
    }
    load = os.getloadavg()[0]
    with (
        tempfile.TemporaryDirectory(prefix="dlambda-fairness-") as folder,
        Origin() as origin,
        Service(Path(folder) / "data", settings) as service,
    ):
        admin = Api(service.base, {"Authorization": credentials.basic()})
        anna, ben = (_sign_in(service, admin, name) for name in ("anna", "ben"))
        lives = {"alone": _follow_all(ben, origin, "alone", options.adds)}
        assert anna.add(origin.url(f"feed/{options.entries}.rss")).status == 200
        while _total(anna, "done") < _BEGUN_ENTRIES:
            time.sleep(_LOOK_SECONDS)
        lives["beside a feed"] = _follow_all(ben, origin, "beside", options.adds)
        left, done = _total(anna, "queue"), _total(anna, "done")
    later = _lateness(lives)
    text = (
        f"{_table(lives)}\n\nBeside the feed a file is there at most {later:.1f} s later, by median and by nine in ten. {done:,} of {options.entries:,} "
        f"entries were done by then; {os.cpu_count()} processors, {options.workers} downloads at once, load before {load:.1f}."
    )
    print(text)
    assert left, "the feed was over before the last URL was added"
    if not options.no_page:
        head, _, rest = _PAGE.read_text().partition(_BEGIN)
        _PAGE.write_text(f"{head}{_BEGIN}\n\n{text}\n\n{_END}{rest.partition(_END)[2]}")
    return 0 if later <= _MOST_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
