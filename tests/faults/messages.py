"""Messages that are lost, come twice, or come long after their item has ended."""

import contextlib
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from tests.e2e.other_engines import engine_named, environment_of
from tests.faults.deployments import one_machine
from tests.faults.fault import Fault, Scene
from tests.faults.proxy import Answer, Engine, Request, proxy

_SHARE = 0.5
_LONGEST_DELAY_SECONDS = 3


class Messages:
    """Does something with half of the messages that are received: `lose`, `double` or `delay`."""

    def __init__(self, act: "Callable[[Messages, Engine, Request, Json], bool]", random: Random) -> None:
        self._act, self._random = act, random
        self._lock = threading.Lock()
        self.struck = Counter[str]()
        self._again: set[str] = set()  # bodies that were sent by this layer, and are left alone
        self._delayed: list[tuple[Engine, Request]] = []

    def answer(self, request: Request, engine: Engine) -> Answer:
        """The engine's answer; of messages, those that stay."""
        answer = engine.ask(request)
        if request.operation != "ReceiveMessage" or answer.status != 200:
            return answer
        document = json.loads(answer.body)
        if not document.get("Messages"):
            return answer
        document["Messages"] = [message for message in document["Messages"] if self._stays(engine, request, message)]
        return replace(answer, body=json.dumps(document).encode())

    def _stays(self, engine: Engine, request: Request, message: "Json") -> bool:
        with self._lock:
            is_chosen = message["Body"] not in self._again and self._random.random() < _SHARE
            self._again.discard(message["Body"])
        if not is_chosen:
            return True
        self.struck["messages"] += 1
        return self._act(self, engine, request, message)

    def lose(self, engine: Engine, request: Request, message: "Json") -> bool:
        """The message is gone, as if a function had taken it and died without a word."""
        receipt = {"QueueUrl": json.loads(request.body)["QueueUrl"], "ReceiptHandle": message["ReceiptHandle"]}
        engine.ask(_operation(request, "DeleteMessage", receipt))
        return False

    def double(self, engine: Engine, request: Request, message: "Json") -> bool:
        """Another one of the same text comes at the same time, or a little later."""
        seconds = self._random.randint(0, _LONGEST_DELAY_SECONDS)
        engine.ask(self._copy(request, message, seconds))
        return True

    def delay(self, engine: Engine, request: Request, message: "Json") -> bool:
        """The message comes at `deliver`, when its item has long ended by another."""
        with self._lock:
            self._delayed.append((engine, self._copy(request, message, 0)))
        return self.lose(engine, request, message)

    def deliver(self) -> None:
        """Sends what was delayed."""
        with self._lock:
            delayed, self._delayed = self._delayed, []
        for engine, request in delayed:
            self._again.add(json.loads(request.body)["MessageBody"])
            engine.ask(request)

    def _copy(self, request: Request, message: "Json", seconds: int) -> Request:
        queue_url = json.loads(request.body)["QueueUrl"]
        body = {"QueueUrl": queue_url, "MessageBody": message["Body"], "DelaySeconds": seconds}
        return _operation(request, "SendMessage", body)


Json = dict[str, Any]


def _operation(request: Request, name: str, body: Json) -> Request:
    headers = {**request.headers, "X-Amz-Target": f"AmazonSQS.{name}"}
    return replace(request, headers=headers, body=json.dumps(body).encode())


def _fault(name: str, says: str, act: Callable[[Messages, Engine, Request, Json], bool]) -> Fault:
    @contextlib.contextmanager
    def open_scene(place: Path) -> Iterator[Scene]:
        engine = engine_named("ministack")
        layer = Messages(act, Random(name))
        with (
            engine.run(place / "queues") as url,
            proxy(url, layer) as address,
            one_machine(place, **environment_of(["SQS"], address, engine.keys)) as deployment,
        ):
            yield Scene(deployment, lambda _: None, layer.deliver, layer.struck)

    return Fault(name, says, open_scene)


MESSAGES = (
    _fault("message-lost", "half of all messages are lost", Messages.lose),
    _fault("message-doubled", "half of all messages come twice, at once or up to 3 s later", Messages.double),
    _fault("message-late", "half of all messages come when their items have ended", Messages.delay),
)
