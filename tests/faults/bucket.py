"""A bucket that answers 500 and 503, before or after it has done what it was asked, or in the middle of a file."""

import contextlib
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

from tests.e2e.other_engines import engine_named, environment_of
from tests.faults.deployments import one_machine
from tests.faults.fault import Fault, Scene
from tests.faults.proxy import Answer, Engine, Request, proxy

_SHARES = (0.5, 0.8, 1.0)
_LONGEST_WAIT_SECONDS = 4.0
_SECONDS = (2.0, 8.0)
_EXPLAINED = re.compile(
    r"InternalError|SlowDown|ServiceUnavailable|IncompleteRead|Connection|ResponseStreaming|reached max retries"
    r"|\(50[03]\) when calling"
)


class Bucket:
    """Fails requests at random while `share` is above 0."""

    def __init__(self, random: Random) -> None:
        self.share = 0.0
        self.struck = Counter[str]()
        self._random = random
        self._lock = threading.Lock()

    def answer(self, request: Request, engine: Engine) -> Answer:
        """The engine's answer, or an error in its place."""
        with self._lock:
            is_struck, kind = self._random.random() < self.share, self._random.randrange(4)
        self.struck["failed requests"] += is_struck
        if is_struck and kind < 2:
            return _error(500, "InternalError") if kind else _error(503, "SlowDown")
        answer = engine.ask(request)
        if not is_struck:
            return answer
        is_cut = kind == 3 and request.method == "GET" and len(answer.body) > 1
        return replace(answer, is_cut=True) if is_cut else _error(500, "InternalError")


def _error(status: int, code: str) -> Answer:
    text = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>As you asked</Message></Error>'
    return Answer(status, {"Content-Type": "application/xml"}, text.encode())


@contextlib.contextmanager
def _open(place: Path) -> Iterator[Scene]:
    engine = engine_named("rclone")
    layer = Bucket(Random(place.name))

    def strike(random: Random) -> None:
        time.sleep(random.uniform(0, _LONGEST_WAIT_SECONDS))
        layer.share = random.choice(_SHARES)
        time.sleep(random.uniform(*_SECONDS))
        layer.share = 0.0

    with (
        engine.run(place / "media") as url,
        proxy(url, layer) as address,
        one_machine(place, **environment_of(["S3"], address, engine.keys)) as deployment,
    ):
        yield Scene(deployment, strike, struck=layer.struck)


BUCKET = Fault(
    "bucket",
    "for 2 to 8 s the bucket answers half or all of its requests with 500 or 503, some after doing them, or cuts the file off",
    _open,
    explains=_EXPLAINED,
)
