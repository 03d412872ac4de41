"""Tables that refuse: as DynamoDB does when many write at once, and with an answer that is lost on its way."""

import contextlib
import json
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from tests.dynamodb import engine as dynamodb
from tests.dynamodb.client import new_database
from tests.e2e.other_engines import engine_named, environment_of
from tests.faults.deployments import one_machine
from tests.faults.fault import Fault, Scene
from tests.faults.proxy import Answer, Engine, Request, proxy

_WRITES = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}
_REFUSED_SHARE, _UNSURE_SHARE = 0.6, 0.3
_LONGEST_WAIT_SECONDS = 4.0
_SECONDS = (2.0, 8.0)
_EXPLAINED = re.compile(
    "Throughput|ThrottlingException|InternalServerError|TransactionCanceled|TransactionConflict|ServiceUnavailable"
    "|TransactWriteError"
)


class Tables:
    """DynamoDB's conflicts and limits at any time; refusals at random while `share` is above 0."""

    def __init__(self, random: Random, *, is_unsure: bool) -> None:
        self.share = 0.0
        self.struck = Counter[str]()
        self._random, self._is_unsure = random, is_unsure
        self._lock = threading.Lock()
        self._database = new_database(random=random)

    def answer(self, request: Request, engine: Engine) -> Answer:
        """What DynamoDB would answer."""
        with self._lock:
            is_struck = self._random.random() < self.share
            kind = self._random.random()
        if is_struck and not self._is_unsure and (refusal := _refusal(request.operation, request.body, kind)):
            self.struck["refused requests"] += 1
            return refusal
        answer = self._from_database(request, engine)
        if is_struck and self._is_unsure and request.operation in _WRITES:
            self.struck["writes done and answered with 500"] += 1
            return _error("InternalServerError", "It may have been done.", 500)
        return answer

    def _from_database(self, request: Request, engine: Engine) -> Answer:
        if "Table" in request.operation or "TimeToLive" in request.operation:
            return engine.ask(request)

        def ask(operation: str, body: dict[str, Any]) -> dynamodb.Answer:
            headers = {**request.headers, "X-Amz-Target": f"DynamoDB_20120810.{operation}"}
            answer = engine.ask(replace(request, headers=headers, body=json.dumps(body).encode()))
            return answer.status, json.loads(answer.body)

        status, document = self._database.answer(request.operation, json.loads(request.body), ask)
        return _answer(status, document)


def _refusal(operation: str, body: bytes, kind: float) -> Answer | None:
    """A refusal before the engine is asked; None for requests that are never refused here."""
    if operation == "TransactWriteItems":
        code = "TransactionConflict" if kind < 0.5 else "ThrottlingError"
        count = len(json.loads(body)["TransactItems"])
        reasons = [{"Code": code, "Message": "As you asked"}, *[{"Code": "None"}] * (count - 1)]
        return _error("TransactionCanceledException", f"refused [{code}]", 400, CancellationReasons=reasons)
    if operation in _WRITES or operation in {"GetItem", "BatchGetItem", "Query", "TransactGetItems"}:
        code = "ProvisionedThroughputExceededException" if kind < 0.8 else "InternalServerError"
        return _error(code, "As you asked.", 400 if kind < 0.8 else 500)
    return None


def _error(code: str, message: str, status: int, **more: Any) -> Answer:
    return _answer(status, {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message, **more})


def _answer(status: int, document: dict[str, Any]) -> Answer:
    return Answer(status, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(document).encode())


def _fault(name: str, says: str, share: float, *, is_unsure: bool) -> Fault:
    @contextlib.contextmanager
    def open_scene(place: Path) -> Iterator[Scene]:
        engine = engine_named("dynoxide")
        layer = Tables(Random(name), is_unsure=is_unsure)

        def strike(random: Random) -> None:
            time.sleep(random.uniform(0, _LONGEST_WAIT_SECONDS))
            layer.share = share
            time.sleep(random.uniform(*_SECONDS))
            layer.share = 0.0

        with (
            engine.run(place / "tables") as url,
            proxy(url, layer) as address,
            one_machine(place, **environment_of(["DYNAMODB"], address, engine.keys)) as deployment,
        ):
            yield Scene(deployment, strike, struck=layer.struck)

    return Fault(name, says, open_scene, explains=_EXPLAINED)


TABLES = (
    _fault(
        "tables-refuse",
        "tables with DynamoDB's conflicts and limits; for 2 to 8 s they refuse 60 % of all requests"
        " (conflicts, throttling, status 500)",
        _REFUSED_SHARE,
        is_unsure=False,
    ),
    _fault(
        "tables-unsure",
        "for 2 to 8 s tables answer 30 % of all writes with status 500 after they have done them",
        _UNSURE_SHARE,
        is_unsure=True,
    ),
)
